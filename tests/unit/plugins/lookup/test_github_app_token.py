# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup, loaded by Ansible's own loader in a process of its own, against a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from ansible_collections.infradispatch.github.plugins.lookup import github_app_token

ROOT = Path(github_app_token.__file__).absolute().parents[5]
TOKEN = "ghs_" + "t" * 36
SIGNER = ["sh", "-c", "cat >/dev/null; head -c 256 /dev/zero"]
PROGRAM = """
import json, sys
from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import init_plugin_loader, lookup_loader
init_plugin_loader([sys.argv[1]])
terms, options = json.loads(sys.argv[2])
plugin = lookup_loader.get("infradispatch.github.github_app_token")
try:
    print(json.dumps(plugin.run(terms, variables={}, **options)))
except AnsibleLookupError as error:
    sys.exit(str(error))
"""


def look_up(server: HTTPServer, *terms: str, env: t.Mapping[str, str] | None = None, **options: t.Any) -> t.Any:
    """Evaluate the lookup as a template would; return its tokens, or the text of its error."""
    given = {"app_id": "1", "signer_command": SIGNER, "api_url": server.url_for("/api/v3"), **options}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT), json.dumps([terms, given])],
        capture_output=True,
        text=True,
        env={**{name: os.environ.get(name, "") for name in ("PATH", "HOME", "PYTHONPATH")}, **(env or {})},
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr.strip()


def test_a_token_is_narrowed_to_the_repository(httpserver: HTTPServer) -> None:
    """Installation by repository, token for its bare name, and the permission that sending needs."""
    httpserver.expect_request("/api/v3/repos/acme/site/installation").respond_with_json({"id": 7})
    httpserver.expect_request("/api/v3/app/installations/7/access_tokens").respond_with_json(
        {"token": TOKEN, "expires_at": "2999-01-01T00:00:00Z"}, status=201
    )
    assert look_up(httpserver, "acme/site") == [TOKEN]
    asked = json.loads(httpserver.log[-1][0].get_data())
    assert asked == {"permissions": {"contents": "write"}, "repositories": ["site"]}


def test_an_owner_with_repositories_gets_one_token(httpserver: HTTPServer) -> None:
    """The options narrow it."""
    httpserver.expect_request("/api/v3/app/installations/7/access_tokens").respond_with_json(
        {"token": TOKEN, "expires_at": "2999-01-01T00:00:00Z"}, status=201
    )
    tokens = look_up(
        httpserver, "acme", repositories=["site", "audit"], permissions={"actions": "read"}, installation_id="7"
    )
    assert tokens == [TOKEN]
    asked = json.loads(httpserver.log[-1][0].get_data())
    assert asked == {"permissions": {"actions": "read"}, "repositories": ["audit", "site"]}
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("terms", "options"),
    [
        (["acme/site/more"], {}),
        ([""], {}),
        (["acme/site"], {"repositories": ["site"]}),
        (["acme/site"], {"permissions": {"pull-requests": "read"}}),
        (["acme/site"], {"permissions": {"contents": "all"}}),
        (["acme/site"], {"app_id": "0"}),
        (["acme"], {"repositories": ["acme/site"]}),
    ],
)
def test_what_can_t_be_understood_is_refused_before_any_request(
    httpserver: HTTPServer, terms: list[str], options: dict[str, t.Any]
) -> None:
    """The code is part of the message, as a lookup has no other place for it."""
    assert "[invalid_input]" in look_up(httpserver, *terms, **options)
    assert httpserver.log == []


def test_a_token_in_the_environment_is_of_no_use(httpserver: HTTPServer) -> None:
    """The lookup makes tokens; it never hands out one that is there."""
    environment = {"GITHUB_TOKEN": "ghp_" + "x" * 36}
    said = look_up(httpserver, "acme/site", env=environment, app_id=None, signer_command=None)
    assert "app_id" in said
    assert "[invalid_input]" in said
    assert httpserver.log == []


def test_a_refusal_keeps_github_s_words(httpserver: HTTPServer) -> None:
    """The user sees what GitHub says and which App it was."""
    httpserver.expect_request("/api/v3/repos/acme/site/installation").respond_with_json(
        {"message": "A JSON web token could not be decoded"}, status=401
    )
    said = look_up(httpserver, "acme/site")
    assert "App 1 " in said
    assert "A JSON web token could not be decoded" in said
    assert "[not_authenticated]" in said
