# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible starts it. With real Terraform: tests/terraform/test_plan_info.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.infradispatch.github.plugins.module_utils._terraform import PLAN_INFO_SPEC
from ansible_collections.infradispatch.github.plugins.modules import terraform_plan_info

NAME = terraform_plan_info.__name__
ROOT = Path(terraform_plan_info.__file__).absolute().parents[5]


def start(folder: Path, program: str, **parameters: t.Any) -> subprocess.Popen[str]:
    """Start the module on a folder, with a stand-in for Terraform."""
    file = folder / "terraform"
    file.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{program}\n", encoding="utf-8")
    file.chmod(0o755)
    arguments = {"project_path": str(folder), "binary_path": str(file), **parameters}
    given = folder / "arguments.json"
    given.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-m", NAME, str(given)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "TMPDIR": str(folder)},
    )


def finish(process: subprocess.Popen[str]) -> dict[str, t.Any]:
    """Return the result."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    result = json.loads(out.strip().splitlines()[-1])
    result.pop("invocation", None)
    return t.cast("dict[str, t.Any]", result)


def test_what_a_plan_finds_is_returned(tmp_path: Path) -> None:
    event = {"@level": "info", "type": "change_summary", "changes": {"add": 0, "operation": "plan"}}
    result = finish(start(tmp_path, f"print({json.dumps(event)!r})"))
    assert (result["changed"], result.get("failed", False), result["error"]) == (
        False,
        False,
        None,
    )
    assert (result["kind"], result["event_type"], result["matched"]) == ("unchanged", "terraform-unchanged", False)
    assert result["evidence"]["summary"]["add"] == 0


def test_a_plan_that_fails_fails_the_task_with_all_values(tmp_path: Path) -> None:
    result = finish(start(tmp_path, "print('Error: Broken', file=sys.stderr); sys.exit(1)", match_on=["failed"]))
    assert result["failed"] is True
    assert result["error"]["code"] == "terraform_failed"
    assert result["msg"] == "terraform plan failed: Broken. Run terraform plan in the folder to see all of it."
    assert (result["kind"], result["matched"]) == ("failed", True)


def test_what_is_wrong_is_a_sentence_before_anything_runs(tmp_path: Path) -> None:
    result = finish(start(tmp_path, "open('ran', 'w')", deadline=0))
    assert (result["failed"], result["error"]["code"]) == (True, "invalid_input")
    assert not (tmp_path / "ran").exists()


def test_asked_to_end_it_asks_terraform_and_leaves_nothing_behind(tmp_path: Path) -> None:
    program = """
def stop(*_unused):
    open("stopped", "w").close(); sys.exit(1)
signal.signal(signal.SIGINT, stop)
open("started", "w").close()
time.sleep(600)
"""
    process = start(tmp_path, program, variables={"name": "value"})
    while not (tmp_path / "started").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert (tmp_path / "stopped").exists()
    assert not list(tmp_path.rglob("*.tfvars.json"))


def test_documented_and_accepted_options_are_the_same() -> None:
    documented = yaml.safe_load(terraform_plan_info.DOCUMENTATION)["options"]
    assert set(documented) == set(PLAN_INFO_SPEC)
    for name, option in documented.items():
        spec = PLAN_INFO_SPEC[name]
        for part in ("type", "elements", "choices", "default", "required"):
            assert option.get(part) == spec.get(part), (name, part)


@pytest.mark.parametrize("task", yaml.safe_load(terraform_plan_info.EXAMPLES), ids=lambda task: task["name"])
def test_examples_use_options_that_are_there(task: dict[str, t.Any]) -> None:
    given = task.get("infradispatch.github.terraform_plan_info", {})
    assert set(given) <= set(PLAN_INFO_SPEC)
