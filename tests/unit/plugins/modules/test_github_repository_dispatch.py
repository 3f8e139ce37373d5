# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible starts it on another host: a process of its own, JSON in, JSON out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from ansible_collections.infradispatch.github.plugins.modules import github_repository_dispatch

NAME = github_repository_dispatch.__name__
ROOT = Path(github_repository_dispatch.__file__).absolute().parents[5]
TOKEN = "ghp_" + "x" * 36
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
        assert TOKEN not in json.dumps(result)
        return result

    return start


def test_an_accepted_event_is_a_change(run: Run, httpserver: HTTPServer) -> None:
    """The result has what the public contract promises, and the event arrived once."""
    httpserver.expect_request("/api/v3/repos/acme/site/dispatches", method="POST").respond_with_data(status=204)
    result = run(repository="acme/site", event_type="infra-changed", client_payload={"replicas": 3, "dry": False})
    assert (result["changed"], result["outcome"], result["attempts"]) == (True, "accepted", 1)
    request, _response = httpserver.log[0]
    sent = json.loads(request.get_data())
    assert sent["client_payload"]["dispatch"]["id"] == result["dispatch_id"]
    assert sent["client_payload"]["replicas"] == 3
    assert sent["client_payload"]["dry"] is False
    assert len(httpserver.log) == 1


def test_check_mode_sends_nothing_and_shows_the_request(run: Run, httpserver: HTTPServer) -> None:
    """The difference is the exact request. Who would hear it is looked up."""
    httpserver.expect_request(re.compile(".*"), method="GET").respond_with_json({"message": "Not Found"}, status=404)
    result = run(repository="acme/site", event_type="infra-changed", _ansible_check_mode=True)
    assert (result["changed"], result["outcome"]) == (True, "planned")
    assert result["diff"][0]["after"]["body"]["event_type"] == "infra-changed"
    assert result["diff"][0]["after"]["url"] == httpserver.url_for("/api/v3/repos/acme/site/dispatches")
    assert {request.method for request, _response in httpserver.log} == {"GET"}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"event_type": "x"}, "invalid_input"),
        ({"repository": "acme/site"}, "invalid_input"),
        ({"repository": "acme", "event_type": "x"}, "invalid_input"),
        ({"repository": "acme/site", "event_type": "x", "app_id": "1", "private_key": "no key"}, "invalid_input"),
        ({"repository": "acme/site", "event_type": "x", "token": None, "app_id": "1", "private_key": "no"}, "bad_key"),
        ({"repository": "acme/site", "event_type": "x", "ca_path": "/nowhere"}, "invalid_input"),
    ],
)
def test_wrong_options_fail_before_any_request(
    run: Run, httpserver: HTTPServer, parameters: dict[str, t.Any], code: str
) -> None:
    """The code is stable, the sentence is there, nothing was asked."""
    result = run(**parameters)
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, code)
    assert result["error"]["message"] in result["msg"]
    assert httpserver.log == []


def test_a_refusal_fails_with_github_s_words(run: Run, httpserver: HTTPServer) -> None:
    """Nothing was accepted, so nothing changed."""
    httpserver.expect_request("/api/v3/repos/acme/site/dispatches").respond_with_json({"message": "Nope"}, status=404)
    result = run(repository="acme/site", event_type="x")
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, False, "not_found")
    assert "Nope" in result["msg"]


def test_a_signer_command_signs_in_the_module_too(run: Run, httpserver: HTTPServer, tmp_path: Path) -> None:
    """The command gets the signing input and its output becomes the signature of the App."""
    signer = tmp_path / "signer.py"
    signer.write_text(
        "import sys\nassert sys.stdin.read().count('.') == 1\nsys.stdout.buffer.write(b'x' * 256)\n", encoding="utf-8"
    )
    httpserver.expect_request("/api/v3/app/installations/7/access_tokens").respond_with_json(
        {"token": "ghs_" + "y" * 36, "expires_at": "2999-01-01T00:00:00Z"}, status=201
    )
    httpserver.expect_request("/api/v3/repos/acme/site/dispatches").respond_with_data(status=204)
    httpserver.expect_request("/api/v3/installation/token", method="DELETE").respond_with_data(status=204)
    result = run(
        token=None,
        repository="acme/site",
        event_type="x",
        app_id="12345",
        installation_id="7",
        signer_command=[sys.executable, str(signer)],
    )
    assert result["outcome"] == "accepted", result
    assert [request.method for request, _response in httpserver.log] == ["POST", "POST", "DELETE"]
    assert "ghs_" not in json.dumps(result)
