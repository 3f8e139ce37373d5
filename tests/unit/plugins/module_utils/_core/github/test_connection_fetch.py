# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is at an address that GitHub leads to: fetched without any credential."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.github.connection import (
    Connection,
    RedirectedAway,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import Route
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.transport import TransportFailure
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    RawServer,
    Stub,
    closed_port,
    say,
    stay_silent,
)

DIRECT = Route(None, True, None, None)
OK = say(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nlog")
Servers = t.Callable[..., RawServer]


@pytest.fixture
def connection(stub: Stub) -> t.Iterator[Connection]:
    """A connection to the stub."""
    made = Connection(stub.api_url, DIRECT, 5)
    yield made
    made.close()


def test_the_other_host_sees_nothing_of_ours(stub: Stub, connection: Connection, raw_server: Servers) -> None:
    host = raw_server(OK)
    stub.on("GET", "/logs", Answer(302, None, {"Location": f"{host.url}/log?sig=S1gned"}))
    with pytest.raises(RedirectedAway) as caught:
        connection.request("GET", "/logs", authorization=Secret("s3cret-t0ken"))
    assert host.received == []
    assert "S1gned" not in str(caught.value)
    assert connection.fetch(caught.value.target, 5).body == b"log"
    (received,) = host.received
    assert received.startswith(b"GET /log?sig=S1gned HTTP/1.1\r\n")
    for ours in (b"authorization", b"s3cret", b"cookie", b"x-github", b"referer"):
        assert ours not in received.lower()


def test_what_it_answers_is_the_answer(connection: Connection, raw_server: Servers) -> None:
    gone = raw_server(say(b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"))
    assert connection.fetch(Secret(gone.url), 5).status == 404
    onward = raw_server(say(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"))
    assert connection.fetch(Secret(onward.url), 5).status == 302


def test_a_plain_address_is_fetched_only_from_a_plain_one(raw_server: Servers) -> None:
    host = raw_server(OK)
    safe = Connection("https://api.github.test", DIRECT, 5)
    for scheme in ("http", "HTTP", "ftp", ""):
        with pytest.raises(TransportFailure, match="from https to a plain address") as caught:
            safe.fetch(Secret(host.url.replace("http", scheme, 1)), 5)
        assert (caught.value.kind, caught.value.sent) == ("tls", False)
    safe.close()
    assert host.received == []


@pytest.mark.parametrize("seconds", [0.2, -3])
def test_time_is_kept(connection: Connection, raw_server: Servers, seconds: float) -> None:
    with pytest.raises(TransportFailure) as caught:
        connection.fetch(Secret(raw_server(stay_silent).url), seconds)
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/S1gned", "ftp://x.test/S1gned", "http://x:y/S1gned", "S1gned"]
)
def test_an_address_without_an_answer_is_not_shown(connection: Connection, url: str) -> None:
    with pytest.raises(TransportFailure) as caught:
        connection.fetch(Secret(url.format(port=closed_port())), 5)
    assert caught.value.sent is False


def test_a_credential_that_a_refusal_repeats_is_masked(stub: Stub, connection: Connection) -> None:
    secret = Secret("0123456789abcdef")
    stub.on("GET", "/x", Answer(403, {"message": f"Bearer {secret.reveal()} is not enough"}))
    assert b"0123456789abcdef" not in connection.request("GET", "/x", authorization=secret).body
    stub.on("GET", "/x", Answer(200, {"sha": secret.reveal()}))
    assert b"0123456789abcdef" in connection.request("GET", "/x", authorization=secret).body
    stub.on("GET", "/x", Answer(403, {"message": "a repository"}))
    assert b"a repository" in connection.request("GET", "/x", authorization=Secret("repo")).body


def test_a_proxy_that_wants_a_login_is_told_from_the_other_host(raw_server: Servers) -> None:
    proxy = raw_server(say(b"HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n"))
    through = Connection("http://api.github.test", DIRECT._replace(proxy=proxy.url), 5)
    with pytest.raises(TransportFailure, match=r"does not lead to logs\.test") as caught:
        through.fetch(Secret("http://logs.test/S1gned"), 5)
    through.close()
    assert caught.value.kind == "proxy"
    assert "S1gned" not in caught.value.message
