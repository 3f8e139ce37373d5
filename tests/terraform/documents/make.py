# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the documents in this folder with a real Terraform: `make.py [FOLDER]`. Only the built-in provider is used.

Drift, deferred changes and deposed objects need other providers: the unit tests write those by hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

FIRST = """
resource "terraform_data" "old" {}
resource "terraform_data" "gone" {}
resource "terraform_data" "replaced" {
  triggers_replace = "1"
}
resource "terraform_data" "before" {
  triggers_replace = "1"
  lifecycle {
    create_before_destroy = true
  }
}
resource "terraform_data" "each" {
  for_each = toset(["ZZ-KEY-1", "a\\"]b"])
  input    = "1"
}
"""
MOVES = """
resource "terraform_data" "new" {}
moved {
  from = terraform_data.old
  to   = terraform_data.new
}
removed {
  from = terraform_data.gone
  lifecycle {
    destroy = false
  }
}
import {
  to = terraform_data.imported
  id = "an-id"
}
resource "terraform_data" "imported" {}
"""
REST = FIRST[FIRST.index('resource "terraform_data" "replaced"') :]
REPLACES = (
    FIRST.replace('triggers_replace = "1"', 'triggers_replace = "2"')
    .replace('input    = "1"', 'input    = "2"')
    .replace('"a\\"]b"', '"c"')
)
SECRET = """
variable "password" {
  sensitive = true
  default   = "ZZ-CANARY-2"
}
resource "terraform_data" "a" {
  input = { password = var.password, nested = { list = [var.password, "x"] } }
}
output "password" {
  value     = var.password
  sensitive = true
}
output "plain" {
  value = "ZZ-CANARY-3"
}
"""
CHECK = """
resource "terraform_data" "a" {}
check "state" {
  data "terraform_remote_state" "r" {
    backend  = "local"
    config   = { path = "${path.module}/nothing.tfstate" }
    defaults = { a = 1 }
  }
  assert {
    condition     = terraform_data.a.id != ""
    error_message = "no id"
  }
}
"""
FAILS = """
resource "terraform_data" "fine" {}
resource "terraform_data" "broken" {
  depends_on = [terraform_data.fine]
  provisioner "local-exec" {
    command = "exit 3"
  }
}
"""
OUTPUT = 'output "a" {\n  value = "ZZ-CANARY-3"\n}\n'


class Project:
    """A configuration in a folder of its own."""

    def __init__(self, root: Path, name: str, program: str = "terraform") -> None:
        self.folder = root / name
        self.folder.mkdir()
        self._program = program

    def write(self, text: str) -> None:
        """Replace the configuration."""
        (self.folder / "main.tf").write_text(text, encoding="utf-8")

    def run(self, *words: str, ok: bool = True) -> bytes:
        """Run Terraform; return what it printed."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        env |= {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_CONFIG_FILE": os.devnull}
        done = subprocess.run([self._program, *words], cwd=self.folder, env=env, capture_output=True, check=False)
        if ok and done.returncode != 0:
            raise RuntimeError(f"terraform {' '.join(words)}: {done.stdout!r} {done.stderr!r}")
        return done.stdout

    def plan(self, *words: str, ok: bool = True) -> bytes:
        """Return the stream of a plan, which is saved."""
        return self.run("plan", "-input=false", "-no-color", "-json", "-out=p", *words, ok=ok)

    def show(self) -> bytes:
        """Return the saved plan as a document."""
        return self.run("show", "-json", "p")

    def apply(self, *, ok: bool = True) -> bytes:
        """Return the stream of applying the saved plan."""
        return self.run("apply", "-input=false", "-no-color", "-json", "p", ok=ok)


def documents(root: Path, program: str = "terraform") -> dict[str, bytes]:
    """Return all documents by their names."""
    made: dict[str, bytes] = {}
    project = Project(root, "actions", program)
    project.write(FIRST)
    project.run("init", "-input=false")
    made["create.stream.json"], made["create.json"], made["create-apply.stream.json"] = (
        project.plan(),
        project.show(),
        project.apply(),
    )
    project.write(MOVES + REST)
    made["moves.stream.json"], made["moves.json"], made["moves-apply.stream.json"] = (
        project.plan(),
        project.show(),
        project.apply(),
    )
    made["moves-again.stream.json"], made["moves-again.json"] = project.plan(), project.show()
    project.write(
        'resource "terraform_data" "new" {}\n' + REPLACES[REPLACES.index('resource "terraform_data" "replaced"') :]
    )
    made["replaces.stream.json"], made["replaces.json"] = project.plan(), project.show()
    made["replaces-apply.stream.json"] = project.apply()
    made["destroy.stream.json"], made["destroy.json"] = project.plan("-destroy"), project.show()
    for name, text in {"secret": SECRET, "check": CHECK, "fails": FAILS, "output": OUTPUT}.items():
        project = Project(root, name, program)
        project.write(text)
        project.run("init", "-input=false")
        made[f"{name}.stream.json"], made[f"{name}.json"] = project.plan(), project.show()
        made[f"{name}-apply.stream.json"] = project.apply(ok=name != "fails")
        if name == "check":
            made["check-again.stream.json"], made["check-again.json"] = project.plan(), project.show()
        if name == "secret":
            made["refresh-only.stream.json"], made["refresh-only.json"] = project.plan("-refresh-only"), project.show()
    project = Project(root, "errored", program)
    project.write('resource "terraform_data" "a" {\n  input = file("${path.module}/nothing")\n}\n')
    project.run("init", "-input=false")
    made["errored.stream.json"] = project.plan(ok=False)
    return made


def main() -> int:
    """Write the documents."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    if shutil.which("terraform") is None:
        raise SystemExit("terraform is missing.")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in documents(Path(folder)).items():
            (target / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
