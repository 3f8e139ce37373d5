# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module `terraform_plan_info` in real playbooks, with each real Terraform."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from terraform.support.provider import Provider
from terraform.support.terraform import Workspace

from .test_drift import FILE

MODULE = "infradispatch.github.terraform_plan_info"
CANARY = "ZZ-CANARY"


class Played(t.NamedTuple):
    """What a play said, and the results of its tasks."""

    status: int
    text: str
    results: list[dict[str, t.Any]]


def play(workspace: Workspace, *tasks: dict[str, t.Any], words: t.Sequence[str] = ("-vvvv",)) -> Played:
    """Run tasks of the module, each with its options only, and return what they returned."""
    book = []
    for number, options in enumerate(tasks):
        arguments = {"project_path": str(workspace.folder), "binary_path": workspace.terraform.program, **options}
        book.append({MODULE: arguments, "register": f"found_{number}", "ignore_errors": True})
        shown = f"{{{{ found_{number} }}}}"
        path = str(workspace.folder / f"found-{number}.json")
        book.append({"ansible.builtin.copy": {"content": shown, "dest": path, "mode": "0600"}})
    file = workspace.folder / "play.yml"
    file.write_text(
        yaml.safe_dump([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": book}]), "utf-8"
    )
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", *words, file],
        env={
            **{name: os.environ[name] for name in ("PYTHONPATH", "ANSIBLE_COLLECTIONS_PATH") if name in os.environ},
            **workspace.env,
            "HOME": str(workspace.folder),
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_LOG_PATH": str(workspace.folder / "ansible.log"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    results = [
        json.loads((workspace.folder / f"found-{number}.json").read_text("utf-8")) for number in range(len(tasks))
    ]
    log = (workspace.folder / "ansible.log").read_text("utf-8")
    return Played(done.returncode, done.stdout + done.stderr + log, results)


@pytest.fixture
def pages(workspace: Workspace, provider: Provider) -> Workspace:
    """Two files, as they should be."""
    assert provider
    workspace.write(FILE.format(folder=workspace.folder, revision=1)).init().apply()
    return workspace


def test_drift_changes_and_nothing(pages: Workspace) -> None:
    """One plan each: what it finds, the same key for the same, and no value in any output or result."""
    (nothing,) = play(pages, {"mode": "refresh_only"}).results
    assert (nothing["kind"], nothing["matched"], nothing["conditions"]) == ("unchanged", False, [])
    (pages.folder / "page-a").write_text(f"{CANARY}-DRIFTED", encoding="utf-8")
    pages.write(FILE.format(folder=pages.folder, revision=2))
    played = play(
        pages,
        {"mode": "refresh_only", "match_on": ["drift"]},
        {"mode": "refresh_only", "addresses": "hash"},
        {},
        {"refresh": False, "match_on": ["drift"]},
        {"mode": "destroy", "match_on": ["destroy"]},
        {"mode": "refresh_only", "match_on": ["drift"]},
    )
    drift, hashed, both, unread, destroyed, again = played.results
    assert (drift["kind"], drift["matched"], drift["event_type"]) == ("drift", True, "terraform-drift")
    assert [change["address"] for change in drift["evidence"]["changes"]] == ['local_file.page["a"]']
    assert drift["evidence"] == again["evidence"]
    assert '["a"]' not in json.dumps(hashed["evidence"]).replace("\\", "")
    assert both["conditions"] == ["change", "drift"]
    assert both["evidence"]["summary"]["change"] == 2
    assert (unread["kind"], unread["matched"]) == ("planned", False)
    assert destroyed["evidence"]["summary"]["destroy"] == 2
    assert destroyed["matched"]
    assert not played.status
    assert CANARY not in played.text + json.dumps(played.results)
    assert (pages.folder / "page-a").read_text(encoding="utf-8") == f"{CANARY}-DRIFTED"
    assert {result["source_details"]["version"] for result in played.results} == {pages.terraform.name}


def test_the_same_is_found_by_module_and_command(pages: Workspace) -> None:
    """The key tells receivers that it is the same, whoever has found it."""
    (pages.folder / "page-a").unlink()
    (found,) = play(pages, {"mode": "refresh_only"}).results
    stream = pages.run("plan", "-json", "-refresh-only").stdout
    launcher = Path(__file__).parents[2] / "terraform" / "github_dispatch.py"
    shown = subprocess.run(
        [sys.executable, launcher, "plan", "-", "--dry-run", "--repository", "acme/site"],
        input=stream, capture_output=True, text=True, check=True, env=pages.env,
    ).stdout  # fmt: skip
    assert json.loads(shown)["client_payload"]["dispatch"]["key"] == found["evidence"]["key"]


def test_variables_of_all_kinds_without_a_value_anywhere(workspace: Workspace) -> None:
    """Types are kept, files and the environment work, and no value is in an argument, a log or a file that stays."""
    workspace.write(
        """
variable "text" { type = string }
variable "any" {}
variable "object" { type = object({ list = list(number), flag = bool }) }
variable "secret" {
  type      = string
  sensitive = true
}
variable "from_file" { type = string }
resource "terraform_data" "one" {
  input = [var.text, var.any.deep, var.object, var.secret, var.from_file]
  lifecycle {
    precondition {
      condition     = var.any.deep == 1 && var.object.list[1] == 2 && var.object.flag && var.from_file == "kept"
      error_message = "A value has changed on its way."
    }
  }
}
"""
    )
    workspace.write('from_file = "kept"\ntext = "lost"\n', "more.tfvars")
    played = play(
        workspace,
        {
            "init": True,
            "variables": {
                "text": "it's \"$(quoted)\" ${x} %{y}",
                "any": {"deep": 1},
                "object": {"list": [1, 2], "flag": True},
            },
            "sensitive_variables": {"secret": f"{CANARY}-SECRET"},
            "variables_files": ["more.tfvars"],
        },
    )  # fmt: skip
    (found,) = played.results
    assert (found["kind"], found["evidence"]["summary"]["add"]) == ("planned", 1), found
    assert CANARY not in played.text
    left = [path for path in workspace.folder.rglob("*") if path.is_file() and path.name != "play.yml"]
    assert not [path for path in left if CANARY.encode() in path.read_bytes()]


def test_a_saved_plan(workspace: Workspace) -> None:
    """Tells the same as when it was made; one of somebody else is refused in a sentence."""
    workspace.write('resource "terraform_data" "one" { input = 1 }').init().run("plan", "-out=mine.tfplan")
    workspace.write("no plan", "other.tfplan")
    made, saved, other, gone = play(
        workspace, {}, {"plan_file": "mine.tfplan"}, {"plan_file": "other.tfplan"}, {"plan_file": "gone.tfplan"}
    ).results
    assert made["evidence"] == saved["evidence"]
    assert (other["error"]["code"], other["kind"]) == ("terraform_failed", "failed")
    assert "terraform show failed" in other["msg"]
    assert gone["error"]["code"] == "invalid_input"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('resource "terraform_data" "one" { input = var.gone }', "Reference to undeclared input variable (main.tf:1)"),
        ('resource "terraform_data" "one" {', "main.tf:1"),
        ('variable "needed" {}', "No value for required variable (main.tf:1)"),
        ('terraform {\n  required_version = "> 99"\n}', "Unsupported Terraform Core version"),
        ('terraform {\n  backend "local" {\n    path = "elsewhere"\n  }\n}', "Backend initialization required"),
    ],
)
def test_a_configuration_that_is_wrong_is_named(workspace: Workspace, text: str, said: str) -> None:
    """With the headline and the place of Terraform's own errors, and the return values of a failure."""
    workspace.write(text)
    (found,) = play(workspace, {"match_on": ["failed"]}).results
    assert found["failed"]
    assert said in found["msg"]
    assert (found["kind"], found["matched"], found["error"]["code"]) == ("failed", True, "terraform_failed")


def test_workspaces(workspace: Workspace) -> None:
    """One is planned in, and the selected one stays selected; one that is not there is an error."""
    workspace.write('resource "terraform_data" "one" { input = terraform.workspace }').init()
    workspace.run("workspace", "new", "blue")
    workspace.apply()
    workspace.run("workspace", "new", "green")
    here, blue, gone = play(workspace, {}, {"workspace": "blue"}, {"workspace": "gone"}).results
    assert (here["kind"], here["source_details"]["name"]) == ("planned", "green")
    assert (blue["kind"], blue["source_details"]["name"]) == ("unchanged", "blue")
    assert gone["failed"]
    assert workspace.run("workspace", "show").stdout.strip() == "green"


def test_a_lock_of_somebody_else(workspace: Workspace) -> None:
    """Is waited for, and then named; without locking it is passed by."""
    workspace.write('resource "terraform_data" "one" { input = 1 }').init().apply()
    state = workspace.folder / "terraform.tfstate"
    program = "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, 2); print(flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        locked, passed = play(workspace, {"lock_timeout": 0}, {"lock": False}).results
    finally:
        holder.communicate()
    assert "Error acquiring the state lock" in locked["msg"]
    assert passed["kind"] == "unchanged"


def test_trace_logs_of_terraform_stay_out(pages: Workspace) -> None:
    """They hold everything; the module shows headlines of errors only."""
    pages.env["TF_LOG"] = "TRACE"
    played = play(pages, {"mode": "refresh_only"})
    assert played.results[0]["kind"] == "unchanged"
    assert CANARY not in played.text
    assert "[TRACE]" not in played.text
