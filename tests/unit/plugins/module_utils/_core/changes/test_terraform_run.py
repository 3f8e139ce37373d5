# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which commands are run for which options, and what their output becomes. Real Terraform: tests/terraform."""

from __future__ import annotations

import json
import os
import stat
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform_run import (
    Found,
    find_changes,
    read_options,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "resource_changes": [
        {"address": "a.b", "mode": "managed", "type": "a", "name": "b", "change": {"actions": ["create"]}}
    ],
}
STREAM = [
    {"@level": "info", "type": "version", "terraform": "1.11.4", "ui": "1.2"},
    {"@level": "info", "type": "change_summary", "changes": {"add": 0, "operation": "plan"}},
]
#: Answers as the real one does, by files of its folder, and notes how it was called.
PROGRAM = """
import json, os, sys
command = sys.argv[1]
with open("calls", "a") as calls:
    json.dump([sys.argv[1:], {k: v for k, v in os.environ.items() if k.startswith("TF_")}], calls); calls.write("\\n")
for word in sys.argv:
    if word.startswith("-var-file=") and word.endswith("infradispatch.tfvars.json"):
        path = word.partition("=")[2]
        with open("variables", "w") as file:
            json.dump([oct(os.stat(path).st_mode & 0o777), json.load(open(path))], file)
    if word.startswith("-out=") and os.path.exists("plan.json"):
        open(word.partition("=")[2], "w").close()
for stream, name in ((sys.stdout, command + ".json"), (sys.stderr, command + ".err")):
    if os.path.exists(name):
        stream.write(open(name).read())
sys.exit(int(open(command + ".status").read()) if os.path.exists(command + ".status") else 0)
"""


class Site:
    """A folder with a stand-in for Terraform."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.room = folder / "room"
        self.room.mkdir(mode=0o700)
        self.program = folder / "terraform"
        self.program.write_text(f"#!{sys.executable}\n{PROGRAM}", encoding="utf-8")
        self.program.chmod(0o755)
        self.say("plan.json", "\n".join(map(json.dumps, STREAM)))
        self.say("show.json", json.dumps(PLAN))

    def say(self, name: str, text: str) -> None:
        """Have a command say something, or end with something."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def find(self, env: t.Mapping[str, str] | None = None, **options: t.Any) -> Found:
        """Run it all."""
        given = {"project_path": str(self.folder), "binary_path": str(self.program), **options}
        return find_changes(read_options(given), room=str(self.room), env=dict(os.environ, **(env or {})))

    def calls(self) -> list[list[str]]:
        """Return the commands."""
        return [json.loads(line)[0] for line in (self.folder / "calls").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """One with a plan that creates something."""
    return Site(tmp_path)


def test_a_plan_is_made_and_shown(site: Site) -> None:
    found = site.find()
    assert found.error is None
    assert (found.changes.kind, found.changes.matched) == ("planned", True)
    assert [change["address"] for change in found.changes.evidence.changes] == ["a.b"]
    assert [call[0] for call in site.calls()] == ["plan", "show"]


def test_where_no_plan_can_be_saved_the_stream_tells(site: Site) -> None:
    """As with a remote run of some platforms."""
    site.program.write_text(
        site.program.read_text(encoding="utf-8").replace('os.path.exists("plan.json")', "False"), encoding="utf-8"
    )
    found = site.find()
    assert (found.changes.kind, found.error) == ("unchanged", None)
    assert [call[0] for call in site.calls()] == ["plan"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "refresh_only"}, ["-refresh-only"]),
        ({"mode": "destroy"}, ["-destroy"]),
        ({"refresh": False}, ["-refresh=false"]),
        ({"targets": ["a.b", 'c["d e"]']}, ["-target=a.b", '-target=c["d e"]']),
        ({"variables_files": ["x.tfvars", "y.tfvars"]}, ["-var-file=x.tfvars", "-var-file=y.tfvars"]),
        ({"parallelism": 3}, ["-parallelism=3"]),
        ({"lock": False}, ["-lock=false"]),
        ({"lock_timeout": 7}, ["-lock-timeout=7s"]),
    ],
)
def test_options_become_arguments(site: Site, options: dict[str, t.Any], words: list[str]) -> None:
    site.find(**options)
    plan = site.calls()[0]
    assert [word for word in plan if word in words] == words
    site.find()
    assert not set(words) & set(site.calls()[-2])


def test_values_of_variables_are_in_no_argument_and_keep_their_types(site: Site) -> None:
    values: dict[str, t.Any] = {"text": "ZZ-CANARY", "number": 3, "flag": True, "list": [1, {"a": None}]}
    site.find(variables=values, sensitive_variables={"secret": "ZZ-CANARY-SECRET"}, variables_files=["x.tfvars"])
    assert "ZZ-CANARY" not in str(site.calls())
    mode, written = json.loads((site.folder / "variables").read_text(encoding="utf-8"))
    assert written == {**values, "secret": "ZZ-CANARY-SECRET"}
    assert mode == "0o600"
    files = [word for word in site.calls()[0] if word.startswith("-var-file=")]
    assert files[0] == "-var-file=x.tfvars"  # the last one wins
    assert stat.S_IMODE(site.room.stat().st_mode) == 0o700


def test_init_comes_first_when_asked(site: Site) -> None:
    site.find(init=True, backend_config_files=["a.hcl"])
    assert [call[0] for call in site.calls()] == ["init", "plan", "show"]
    assert "-backend-config=a.hcl" in site.calls()[0]


def test_a_saved_plan_is_only_shown(site: Site) -> None:
    site.say("mine.tfplan", "")
    assert site.find(plan_file="mine.tfplan").changes.kind == "planned"
    assert [call[:2] for call in site.calls()] == [["show", "-json"]]
    assert site.calls()[0][-1] == "mine.tfplan"


def test_a_workspace_that_is_not_there_is_refused(site: Site) -> None:
    """Terraform would make it, and nothing in it would have drifted."""
    site.say("workspace.json", "* default\n  blue\n")
    for how in ({"workspace": "glue"}, {"env": {"TF_WORKSPACE": "lue"}}):
        found = site.find(**how)
        assert found.error is not None
        assert "There is no workspace of that name: " in found.error.message
    assert [call[:2] for call in site.calls()] == [["workspace", "list"]] * 2
    assert site.find(workspace="blue").error is None


@pytest.mark.parametrize(
    ("how", "named"),
    [({"workspace": "blue"}, "blue"), ({"env": {"TF_WORKSPACE": "green"}}, "green"), ({}, "red"), (None, "")],
)
def test_the_workspace_is_told(site: Site, how: dict[str, t.Any] | None, named: str) -> None:
    (site.folder / ".terraform").mkdir()
    site.say("workspace.json", "  default\n  blue\n* green\n")
    site.say(".terraform/environment", "red" if how is not None else "default")
    found = site.find(**(how or {}))
    assert found.changes.facts.get("name", "") == named
    (_words, env), *_more = map(json.loads, (site.folder / "calls").read_text(encoding="utf-8").splitlines())
    assert env.get("TF_WORKSPACE") == (named if how else None)


def failing(site: Site, command: str, said: str) -> Found:
    """Have a command fail with an error on standard error."""
    site.say(f"{command}.json", "")
    site.say(f"{command}.err", said)
    site.say(f"{command}.status", "1")
    return site.find(init=True, match_on=["failed"])


@pytest.mark.parametrize("command", ["init", "plan", "show"])
def test_a_command_that_fails_is_told_with_its_headlines(site: Site, command: str) -> None:
    found = failing(site, command, "│ Error: Bad thing\n│ \n│   on line 3: ZZ-CANARY\nError: Other\nError: 3\nError: 4")
    assert found.error is not None
    assert f"terraform {command} failed: Bad thing; Other; 3 (and 1 more)." in found.error.message
    assert "ZZ-CANARY" not in str(found)
    assert (found.changes.kind, found.changes.conditions, found.changes.matched) == ("failed", ("failed",), True)


def test_a_command_that_fails_without_a_word_is_told_too(site: Site) -> None:
    found = failing(site, "init", "")
    assert found.error is not None
    assert found.error.message == "terraform init failed, and does not say why."


def test_a_plan_with_errors_names_them_and_what_it_had_found(site: Site) -> None:
    change = {"resource": {"addr": "a.b", "resource_type": "a"}, "action": "create"}
    place = {"filename": "main.tf", "start": {"line": 7}}
    diagnostic = {"severity": "error", "summary": "Invalid index", "detail": "ZZ-CANARY", "range": place}
    events: list[dict[str, t.Any]] = [
        STREAM[0],
        {"@level": "info", "type": "planned_change", "change": change},
        {"@level": "warn", "type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Old"}},
        {"@level": "error", "type": "diagnostic", "diagnostic": diagnostic},
        {"@level": "error", "type": "diagnostic", "diagnostic": {"severity": "error", "summary": "Other"}},
        {"@level": "error", "type": "diagnostic", "diagnostic": None},
    ]
    site.say("plan.json", "\n".join([*map(json.dumps, events), 'no "diagnostic"']))
    found = site.find()
    assert found.error is not None
    assert found.error.message == "terraform plan failed: Invalid index (main.tf:7); Other."
    assert "ZZ-CANARY" not in str(found)
    assert found.changes.evidence.summary["add"] == 1
    assert [call[0] for call in site.calls()] == ["plan"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"mode": "apply"}, "mode is none of"),
        ({"mode": "refresh_only", "refresh": False}, "does not go with refresh false"),
        ({"plan_file": "x", "variables": {"a": 1}}, "plan_file does not go with variables"),
        ({"plan_file": "x", "mode": "destroy"}, "plan_file does not go with mode"),
        ({"plan_file": "x"}, "There is no saved plan x"),
        ({"deadline": 0}, "deadline is too small"),
        ({"lock_timeout": -1}, "lock_timeout is too small"),
        ({"parallelism": 0}, "parallelism is too small"),
        ({"variables": {"a b": 1}}, "variables has a key that is no name"),
        ({"variables": {"a": 1}, "sensitive_variables": {"a": 1}}, "a is given in variables and sensitive_variables"),
        ({"variables": {"a": {1, 2}}}, r"variables\.a"),
        ({"match_on": ["drifted"]}, "drifted"),
        ({"addresses": "none"}, "addresses can't be"),
    ],
)
def test_options_that_do_not_go_together_are_refused_first(site: Site, options: dict[str, t.Any], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        site.find(**options)
    assert not (site.folder / "calls").exists()
