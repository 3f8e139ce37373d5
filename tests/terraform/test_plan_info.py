# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module `terraform_plan_info` in real playbooks, with each real Terraform."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

import pytest
from cases.support import play as playbook
from cases.support.play import Played, on_localhost
from terraform.support.provider import Provider
from terraform.support.terraform import Workspace

from .test_drift import FILE

MODULE = "infradispatch.github.terraform_plan_info"
CANARY = "ZZ-CANARY"


def play(workspace: Workspace, *tasks: dict[str, t.Any]) -> Played:
    """Run tasks of the module, each with its options only."""
    usual = {"project_path": str(workspace.folder), "binary_path": workspace.terraform.program}
    book = [
        {"name": str(number), MODULE: {**usual, **options}, "ignore_errors": True}
        for number, options in enumerate(tasks)
    ]
    own = {name: value for name, value in workspace.env.items() if name not in ("PATH", "HOME")}
    log = {"ANSIBLE_LOG_PATH": str(workspace.folder / "ansible.log")}
    return playbook.play(workspace.folder, on_localhost(book), "-vvvv", env={**own, **log}, timeout=180)


def results(played: Played) -> list[dict[str, t.Any]]:
    """Return what the tasks returned, in order."""
    return [played.of(name) for name in dict.fromkeys(line["task"] for line in played.results)]


@pytest.fixture
def pages(workspace: Workspace, provider: Provider) -> Workspace:
    """Two files, as they should be."""
    assert provider
    workspace.write(FILE.format(folder=workspace.folder, revision=1)).init().apply()
    return workspace


def test_drift_changes_and_nothing(pages: Workspace) -> None:
    """One plan each: what it finds, the same key for the same, and no value in any output or result."""
    (nothing,) = results(play(pages, {"mode": "refresh_only"}))
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
    drift, hashed, both, unread, destroyed, again = results(played)
    assert (drift["kind"], drift["matched"], drift["event_type"]) == ("drift", True, "terraform-drift")
    assert [change["address"] for change in drift["evidence"]["changes"]] == ['local_file.page["a"]']
    assert drift["evidence"] == again["evidence"]
    assert '["a"]' not in json.dumps(hashed["evidence"]).replace("\\", "")
    assert both["conditions"] == ["change", "destroy", "drift"]
    assert (both["evidence"]["summary"]["add"], both["evidence"]["summary"]["replace"]) == (
        2,
        1,
    )  # one of the two replaces
    assert (unread["kind"], unread["matched"]) == ("planned", False)
    assert destroyed["evidence"]["summary"]["destroy"] == 1  # the other one counts as gone
    assert destroyed["matched"]
    assert not played.code
    assert CANARY not in played.text + json.dumps(results(played))
    assert (pages.folder / "page-a").read_text(encoding="utf-8") == f"{CANARY}-DRIFTED"
    assert {result["source_details"]["version"] for result in results(played)} == {pages.terraform.name}


def test_the_same_is_found_by_module_and_command(pages: Workspace) -> None:
    """The key tells receivers that it is the same, whoever has found it."""
    (pages.folder / "page-a").unlink()
    (found,) = results(play(pages, {"mode": "refresh_only"}))
    stream = pages.run("plan", "-json", "-refresh-only").stdout
    shown = pages.infradispatch("plan", "-", "--dry-run", "--repository", "acme/site", given=stream).stdout
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
    (found,) = results(played)
    assert (found["kind"], found["evidence"]["summary"]["add"]) == ("planned", 1), found
    assert CANARY not in played.text
    left = [path for path in workspace.folder.rglob("*") if path.is_file() and path.name != "play.yml"]
    assert not [path for path in left if CANARY.encode() in path.read_bytes()]


def test_a_saved_plan(workspace: Workspace) -> None:
    """Tells the same as when it was made; one of somebody else is refused in a sentence."""
    workspace.write('resource "terraform_data" "one" { input = 1 }').init().run("plan", "-out=mine.tfplan")
    workspace.write("no plan", "other.tfplan")
    made, saved, other, gone = results(
        play(workspace, {}, {"plan_file": "mine.tfplan"}, {"plan_file": "other.tfplan"}, {"plan_file": "gone.tfplan"})
    )
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
    (found,) = results(play(workspace, {"match_on": ["failed"]}))
    assert found["failed"]
    assert said in found["msg"]
    assert (found["kind"], found["matched"], found["error"]["code"]) == ("failed", True, "terraform_failed")


def test_workspaces(workspace: Workspace) -> None:
    """One is planned in, and the selected one stays selected; one that is not there is an error."""
    workspace.write('resource "terraform_data" "one" { input = terraform.workspace }').init()
    workspace.run("workspace", "new", "blue")
    workspace.apply()
    workspace.run("workspace", "new", "green")
    here, blue, gone = results(play(workspace, {}, {"workspace": "blue"}, {"workspace": "gone"}))
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
        locked, passed = results(play(workspace, {"lock_timeout": 0}, {"lock": False}))
    finally:
        holder.communicate()
    assert "Error acquiring the state lock" in locked["msg"]
    assert passed["kind"] == "unchanged"


def test_trace_logs_of_terraform_stay_out(pages: Workspace) -> None:
    """They hold everything; the module shows headlines of errors only."""
    pages.env["TF_LOG"] = "TRACE"
    played = play(pages, {"mode": "refresh_only"})
    assert results(played)[0]["kind"] == "unchanged"
    assert CANARY not in played.text
    assert "[TRACE]" not in played.text
