# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible starts it: a process of its own, JSON in, JSON out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from pytest_httpserver import HTTPServer

from ansible_collections.infradispatch.github.plugins.module_utils._module import CONNECTION_SPEC, RUN_INFO_SPEC
from ansible_collections.infradispatch.github.plugins.modules import github_workflow_run_info

NAME = github_workflow_run_info.__name__
ROOT = Path(github_workflow_run_info.__file__).absolute().parents[5]
TOKEN = "ghp_" + "x" * 36
RUNS = "/api/v3/repos/acme/site/actions/runs"
ID = "0123456789abcdef" * 2
Run = t.Callable[..., "dict[str, t.Any]"]


@pytest.fixture
def run(httpserver: HTTPServer, tmp_path: Path) -> Run:
    """Return a function that runs the module with parameters and returns its result."""

    def start(**parameters: t.Any) -> dict[str, t.Any]:
        own = {"token": TOKEN, "api_url": httpserver.url_for("/api/v3"), "repository": "acme/site"}
        file = tmp_path / "arguments.json"
        file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**own, **parameters}}), encoding="utf-8")
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-m", NAME, str(file)], capture_output=True, text=True, env=environment, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        result = json.loads(done.stdout.strip().splitlines()[-1])
        for own_key in ("invocation", "_ansible_new_secrets"):  # ansible-core's, which from 2.22 on masks what it shows
            result.pop(own_key, None)
        assert TOKEN not in json.dumps(result)
        return t.cast("dict[str, t.Any]", result)

    return start


def _known(httpserver: HTTPServer, conclusion: str | None, **more: t.Any) -> None:
    """Have GitHub know one run with one job."""
    status = "completed" if conclusion else "in_progress"
    shown = {
        "id": 7,
        "run_attempt": 1,
        "event": "repository_dispatch",
        "display_title": f"x [{ID}]",
        "name": "Validate",
    }
    whole = {**shown, "status": status, "conclusion": conclusion, "html_url": "https://github.test/runs/7", **more}
    job = {"id": 5, "name": "deploy", "status": status, "conclusion": conclusion, "steps": []}
    httpserver.expect_request(f"{RUNS}/7").respond_with_json(whole)
    httpserver.expect_request(RUNS).respond_with_json({"workflow_runs": [whole]})
    httpserver.expect_request(f"{RUNS}/7/attempts/1/jobs").respond_with_json({"jobs": [job]})
    httpserver.expect_request("/api/v3/repos/acme/site/check-runs/5/annotations").respond_with_json([])
    log = "2026-01-01T00:00:00.1Z one\n2026-01-01T00:00:00.2Z two\n"
    httpserver.expect_request("/api/v3/repos/acme/site/actions/jobs/5/logs").respond_with_data(log)


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("asked", [{"run_id": 7}, {"dispatch_id": ID}, {"event": "repository_dispatch"}])
def test_a_run_is_shown_whatever_became_of_it(
    run: Run, httpserver: HTTPServer, asked: dict[str, t.Any], check_mode: bool
) -> None:
    """It is asked for in one of three ways, and nothing is changed in any mode."""
    _known(httpserver, "failure")
    result = run(**asked, _ansible_check_mode=check_mode)
    assert (result.get("failed", False), result["changed"], result["error"]) == (False, False, None)
    assert (result["completed"], result["conclusion"]) == (True, "failure")
    assert [job["name"] for job in result["runs"][0]["jobs"]] == ["deploy"]
    assert {request.method for request, _response in httpserver.log} == {"GET"}


def test_with_wait_a_bad_end_fails_and_says_why(run: Run, httpserver: HTTPServer) -> None:
    """The facts are there beside the failure, with the end of the log."""
    _known(httpserver, "failure")
    result = run(run_id=7, wait=True, log_lines=1)
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, "run_unsuccessful")
    assert result["error"]["message"] in result["msg"]
    assert result["runs"][0]["jobs"][0]["log_lines"] == ["two"]


def test_time_is_kept(run: Run, httpserver: HTTPServer) -> None:
    """A run that goes on is a failure with wait only."""
    _known(httpserver, None)
    assert run(run_id=7)["completed"] is False
    assert run(run_id=7, wait=True, wait_timeout=1)["error"]["code"] == "wait_timeout"


@pytest.mark.parametrize(
    "parameters",
    [
        {"run_id": 7, "dispatch_id": ID},
        {"dispatch_id": "x"},
        {"run_id": 0},
        {"event": "push", "run_id": 7},
        {"repository": "acme"},
        {"limit": 0},
        {"log_lines": 501},
        {"wait_timeout": -1},
        {"ca_path": "/nowhere"},
        {"app_id": "1"},
    ],
)
def test_wrong_options_fail_before_any_request(run: Run, httpserver: HTTPServer, parameters: dict[str, t.Any]) -> None:
    """The code is stable, the sentence is there, nothing was asked."""
    result = run(**parameters)
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, "invalid_input")
    assert result["error"]["message"] in result["msg"]
    assert httpserver.log == []


def test_what_ansible_refuses_has_no_code(run: Run) -> None:
    """Types and names are its own to check."""
    assert "run_id" in run(run_id="first")["msg"]
    assert "unsupported" in run(status="completed")["msg"].lower()


def test_the_documentation_has_the_options_that_there_are() -> None:
    """Beside those of every module that talks to GitHub."""
    documented = yaml.safe_load(github_workflow_run_info.DOCUMENTATION)["options"]
    assert set(documented) == set(RUN_INFO_SPEC) - set(CONNECTION_SPEC)
    for name, option in documented.items():
        known = {key: RUN_INFO_SPEC[name].get(key) for key in ("type", "default", "required", "elements")}
        assert {key: option.get(key) for key in known} == known
