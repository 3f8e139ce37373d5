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

from ansible_collections.infradispatch.github.plugins.module_utils._module import APP_INFO_SPEC
from ansible_collections.infradispatch.github.plugins.modules import github_app_info

NAME = github_app_info.__name__
ROOT = Path(github_app_info.__file__).absolute().parents[5]
NEEDED = {"contents": "write", "actions": "read", "metadata": "read"}
Run = t.Callable[..., "dict[str, t.Any]"]


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A command that signs as if it had a key."""
    file = tmp_path_factory.mktemp("signer") / "signer.py"
    file.write_text("import sys\nsys.stdin.read()\nsys.stdout.buffer.write(b'x' * 256)\n", encoding="utf-8")
    return [sys.executable, str(file)]


@pytest.fixture
def run(httpserver: HTTPServer, tmp_path: Path, signer: list[str]) -> Run:
    """Return a function that runs the module with parameters and returns its result."""

    def start(**parameters: t.Any) -> dict[str, t.Any]:
        arguments = {"app_id": "1", "signer_command": signer, "api_url": httpserver.url_for("/api/v3"), **parameters}
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


def app(httpserver: HTTPServer, *installations: dict[str, t.Any], **permissions: str) -> None:
    """Have GitHub know the App."""
    found = {"id": 1, "slug": "mine", "permissions": {**NEEDED, **permissions}}
    httpserver.expect_request("/api/v3/app", method="GET").respond_with_json(found)
    httpserver.expect_request("/api/v3/app/installations", method="GET").respond_with_json(list(installations))


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_answer_has_what_is_documented_and_changes_nothing(
    run: Run, httpserver: HTTPServer, check_mode: bool
) -> None:
    """Every key of the result is described, at both levels."""
    app(httpserver, {"id": 7, "permissions": {**NEEDED, "issues": "write"}, "repository_selection": "all"})
    result = run(_ansible_check_mode=check_mode)
    assert result.pop("changed", False) is False
    described = yaml.safe_load(github_app_info.RETURN)
    assert set(result) == set(described) - {"error"}
    assert set(result["app"]) == set(described["app"]["contains"])
    assert set(result["installations"][0]) == set(described["installations"]["contains"])
    assert set(result["findings"][0]) == set(described["findings"]["contains"])
    assert [finding["permission"] for finding in result["findings"]] == [
        "issues",
        "write_permissions",
        "repository_selection",
    ]
    assert {request.method for request, _response in httpserver.log} == {"GET"}


def test_needed_permissions_and_the_number_of_installations_are_options(run: Run, httpserver: HTTPServer) -> None:
    """What is needed on purpose is no finding."""
    needed = {**NEEDED, "actions": "write"}
    app(httpserver, *({"id": number, "permissions": needed} for number in range(3)), actions="write")
    assert run(needed_permissions=needed)["findings"] == []
    many = run(needed_permissions=needed, max_installations=2)["findings"]
    assert [finding["permission"] for finding in many] == ["installations"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"repository": "acme/site", "owner": "acme"}, "invalid_input"),
        ({"needed_permissions": {"contents": "some"}}, "invalid_input"),
        ({"signer_command": None}, "invalid_input"),
        ({"signer_command": None, "private_key": "no"}, "bad_key"),
        ({"deadline": 1, "api_url": "http://127.0.0.1:9"}, "unreachable"),
    ],
)
def test_what_gives_no_answer_fails(run: Run, httpserver: HTTPServer, parameters: dict[str, t.Any], code: str) -> None:
    """Wrong options, keys that are none, a server that is not there."""
    result = run(**parameters)
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, code)
    assert httpserver.log == []


def test_an_app_that_github_does_not_know_fails(run: Run, httpserver: HTTPServer) -> None:
    """There is nothing to show."""
    refusal = {"message": "A JSON web token could not be decoded"}
    httpserver.expect_request("/api/v3/app").respond_with_json(refusal, status=401)
    assert run()["error"]["code"] == "not_authenticated"


def test_there_is_no_option_for_a_token(run: Run) -> None:
    """It would be of no use."""
    result = run(token="ghp_x")
    assert result["failed"] is True
    assert "Unsupported parameters" in result["msg"]
    assert "token" not in APP_INFO_SPEC


def test_defaults_are_those_that_are_documented() -> None:
    """The same in specification and documentation."""
    options = yaml.safe_load(github_app_info.DOCUMENTATION)["options"]
    for name, option in options.items():
        assert APP_INFO_SPEC[name].get("default") == option.get("default")
