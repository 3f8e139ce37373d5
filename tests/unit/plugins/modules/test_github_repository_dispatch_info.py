# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible starts it: a process of its own, JSON in, JSON out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from pytest_httpserver import HTTPServer

from ansible_collections.infradispatch.github.plugins.module_utils._module import PREFLIGHT_SPEC
from ansible_collections.infradispatch.github.plugins.modules import github_repository_dispatch_info

NAME = github_repository_dispatch_info.__name__
ROOT = Path(github_repository_dispatch_info.__file__).absolute().parents[5]
TOKEN = "ghp_" + "x" * 36
SITE = "/api/v3/repos/acme/site"
FOLDER = ".github/workflows"
RECEIVER = (
    'run-name: "${{ github.event.client_payload.dispatch.id }}"\non: {repository_dispatch: {types: [infra-changed]}}'
)
Run = t.Callable[..., "dict[str, t.Any]"]


@pytest.fixture
def run(httpserver: HTTPServer, tmp_path: Path) -> Run:
    """Return a function that runs the module with parameters and returns its result."""

    def start(**parameters: t.Any) -> dict[str, t.Any]:
        arguments = {"token": TOKEN, "api_url": httpserver.url_for("/api/v3"), **parameters}
        file = tmp_path / "arguments.json"
        file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), encoding="utf-8")
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-m", NAME, str(file)], capture_output=True, text=True, env=environment, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        result = json.loads(done.stdout.strip().splitlines()[-1])
        for own in ("invocation", "_ansible_new_secrets"):  # ansible-core's, which from 2.22 on masks what it shows
            result.pop(own, None)
        return t.cast("dict[str, t.Any]", result)

    return start


@pytest.fixture
def repository(httpserver: HTTPServer) -> None:
    """Lay out a repository with a receiver, and a token that GitHub knows."""
    found = {
        "id": 5,
        "full_name": "acme/site",
        "default_branch": "main",
        "private": True,
        "permissions": {"push": True},
    }
    answers: dict[str, t.Any] = {
        "/api/v3/user": {"login": "octocat"},
        SITE: found,
        f"{SITE}/contents/{FOLDER}": [{"path": f"{FOLDER}/a.yml"}],
        f"{SITE}/actions/workflows": {"workflows": []},
        f"{SITE}/actions/permissions": {"enabled": True},
        f"{SITE}/actions/runs": {"workflow_runs": []},
        "/api/v3/meta": {"installed_version": "3.19.1"},
    }
    for path, body in answers.items():
        httpserver.expect_request(path, method="GET").respond_with_json(body, headers={"X-OAuth-Scopes": "repo"})
    httpserver.expect_request(f"{SITE}/contents/{FOLDER}/a.yml").respond_with_data(RECEIVER)


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("check_mode", [True, False])
def test_the_answer_has_what_is_documented_and_changes_nothing(
    run: Run, httpserver: HTTPServer, check_mode: bool
) -> None:
    """Every key of the result is described, at both levels."""
    result = run(repository="acme/site", event_type="infra-changed", _ansible_check_mode=check_mode)
    assert result.pop("changed", False) is False
    assert (result["may_send"], result["heard_by"], result["problems"]) == (True, [f"{FOLDER}/a.yml"], [])
    assert result["api"]["server_version"] == "3.19.1"
    described = yaml.safe_load(github_repository_dispatch_info.RETURN)
    assert set(result) == set(described) - {"error"}
    for name in ("repository", "credential", "rate_limit", "api"):
        assert set(result[name]) == set(described[name]["contains"])
    assert set(result["receivers"][0]) == set(described["receivers"]["contains"])
    assert {request.method for request, _response in httpserver.log} == {"GET"}
    assert TOKEN not in json.dumps(result)


@pytest.mark.usefixtures("repository")
def test_a_finding_is_data_and_no_failure(run: Run) -> None:
    """Its keys are described too."""
    result = run(repository="acme/site", event_type="infra-change")
    assert "failed" not in result
    described = yaml.safe_load(github_repository_dispatch_info.RETURN)
    assert [set(problem) for problem in result["problems"]] == [set(described["problems"]["contains"])]
    assert [set(near) for near in result["closest"]] == [set(described["closest"]["contains"])]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"repository": "acme"}, "invalid_input"),
        ({"repository": "acme/site", "event_type": "x" * 101}, "invalid_input"),
        ({"repository": "acme/site", "token": None}, "invalid_input"),
        ({"repository": "acme/site", "token": None, "app_id": "1", "private_key": "no"}, "bad_key"),
        ({"repository": "acme/site", "ca_path": "/nowhere"}, "invalid_input"),
        ({"repository": "acme/site", "deadline": 1, "api_url": "http://127.0.0.1:9"}, "unreachable"),
    ],
)
def test_what_gives_no_answer_fails(run: Run, httpserver: HTTPServer, parameters: dict[str, t.Any], code: str) -> None:
    """Wrong options, keys that are none, a server that is not there."""
    result = run(**parameters)
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, code)
    assert result["error"]["message"] in result["msg"]
    assert httpserver.log == []


def test_a_missing_library_fails_with_its_name(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that can't be imported hides PyYAML."""
    (tmp_path / "yaml.py").write_text("raise ImportError", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    result = run(repository="acme/site")
    assert (result["error"]["code"], result["error"]["library"]) == ("missing_library", "PyYAML")
    assert re.search(r"\(PyYAML\)", result["msg"])


def test_the_options_are_those_that_are_documented() -> None:
    """The fragment adds those of the connection."""
    own = set(yaml.safe_load(github_repository_dispatch_info.DOCUMENTATION)["options"])
    assert own == {"repository", "event_type", "deadline"}
    assert own <= set(PREFLIGHT_SPEC)
