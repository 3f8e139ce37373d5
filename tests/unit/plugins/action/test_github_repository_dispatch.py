# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugin keeps between the items of a loop. Its runs as a task are tests of integration."""

from __future__ import annotations

import typing as t

import pytest
from pytest_httpserver import HTTPServer

from ansible_collections.infradispatch.github.plugins.action import github_repository_dispatch as action
from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.credentials import Scope
from ansible_collections.infradispatch.github.plugins.module_utils._module import DISPATCH_SPEC

SCOPE = Scope("acme", ("site",), (("contents", "write"),))


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin as a new worker does."""
    monkeypatch.setattr(action, "_kept", {})


def options(server: HTTPServer, **more: t.Any) -> dict[str, t.Any]:
    """Return a full set of options."""
    defaults = {name: spec.get("default") for name, spec in DISPATCH_SPEC.items()}
    return {**defaults, "api_url": server.url_for("/api/v3"), "token": "ghp_" + "x" * 36, **more}


def test_the_same_connection_serves_all_items(httpserver: HTTPServer) -> None:
    """What differs between items is the event, not the connection."""
    first = action._client(options(httpserver, event_type="a", client_payload={"n": 1}), {}, {})
    assert action._client(options(httpserver, event_type="b", client_payload={"n": 2}), {}, {}) is first


@pytest.mark.parametrize(
    ("more", "env"),
    [
        ({"token": "ghp_" + "y" * 36}, {}),
        ({"timeout": 5}, {}),
        ({"use_proxy": False}, {}),
        ({}, {"HTTPS_PROXY": "http://127.0.0.1:1"}),
    ],
)
def test_another_identity_or_route_is_another_connection(
    httpserver: HTTPServer, more: dict[str, t.Any], env: dict[str, str]
) -> None:
    """Never is an event sent with the credential of another item."""
    first = action._client(options(httpserver), {}, {})
    assert action._client(options(httpserver, **more), env, env) is not first


def test_closing_revokes_every_token(httpserver: HTTPServer) -> None:
    """One DELETE for each token that was made, and nothing is kept."""
    httpserver.expect_request("/api/v3/app/installations/7/access_tokens").respond_with_json(
        {"token": "ghs_" + "z" * 36, "expires_at": "2999-01-01T00:00:00Z"}, status=201
    )
    httpserver.expect_request("/api/v3/installation/token", method="DELETE").respond_with_data(status=204)
    signer = ["sh", "-c", "cat >/dev/null; head -c 256 /dev/zero"]
    given = options(httpserver, token=None, app_id="1", installation_id="7", signer_command=signer)
    client = action._client(given, {}, {})
    client.credential.grant(SCOPE, Deadline.after(client.clock, 10))
    action._close_all()
    assert [request.method for request, _response in httpserver.log] == ["POST", "DELETE"]
    assert httpserver.log[1][0].headers["Authorization"] == "Bearer ghs_" + "z" * 36
    assert action._kept == {}
