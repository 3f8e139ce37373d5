# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One session: headers, redirects, certificates."""

from __future__ import annotations

import ssl
import typing as t
from pathlib import Path

import pytest
import trustme
from pytest_httpserver import HTTPServer

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import Rejected
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.connection import Connection
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import Route, find_route
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.transport import TransportFailure
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    RawServer,
    Stub,
    say,
)

DIRECT = Route(None, True, None, None)
OLD, NEW = "/repos/old/site/dispatches", "/repositories/42/dispatches"


@pytest.fixture
def connection(stub: Stub) -> t.Iterator[Connection]:
    """A connection to the stub."""
    made = Connection(stub.api_url, DIRECT, 5)
    yield made
    made.close()


def _post(connection: Connection, path: str = OLD) -> Reply:
    return connection.request("POST", path, authorization=Secret("s3cret"), body=b'{"a":1}')


def test_a_request_has_the_headers_that_github_wants(stub: Stub, connection: Connection) -> None:
    stub.on("POST", NEW, Answer(204))
    reply = connection.request("POST", NEW, authorization=Secret("s3cret"), body=b"{}", headers={"If-None-Match": "x"})
    assert (reply.status, reply.body, reply.moved_to, reply.request_id) == (204, b"", "", "AB12:34CD")
    (sent,) = stub.headers
    assert sent["authorization"] == "Bearer s3cret"
    assert sent["accept"] == "application/vnd.github+json"
    assert sent["user-agent"].startswith("infradispatch.github/")
    assert sent["x-github-api-version"] == "2022-11-28"
    assert sent["content-type"] == "application/json; charset=utf-8"
    assert sent["content-length"] == "2"
    assert sent["if-none-match"] == "x"


def test_a_get_has_no_body_and_needs_no_credential(stub: Stub, connection: Connection) -> None:
    stub.on("GET", "/x", Answer(200, {"a": 1}))
    assert connection.request("GET", "/x").json() == {"a": 1}
    assert "authorization" not in stub.headers[0]
    assert "content-type" not in stub.headers[0]


def test_netrc_never_replaces_the_credential(
    stub: Stub, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text(f"machine {stub.server.host} login u password p\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    stub.on("POST", OLD, Answer(204))
    _post(connection)
    assert stub.headers[0]["authorization"] == "Bearer s3cret"


def test_a_server_that_repeats_the_credential_is_not_quoted(stub: Stub, connection: Connection) -> None:
    token = Secret("0123456789abcdef0123456789abcdef01234567")
    stub.on("GET", "/x", Answer(403, {"message": f"No access with {token.reveal()}"}))
    reply = connection.request("GET", "/x", authorization=token)
    assert reply.message == "No access with ********"
    stub.on("GET", "/y", Answer(403, {"message": "a short one"}))
    assert connection.request("GET", "/y", authorization=Secret("s")).message == "a short one"


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_moved_repository_gets_the_same_post_once(
    stub: Stub, connection: Connection, status: int, absolute: bool
) -> None:
    location = (stub.api_url if absolute else "/api/v3") + NEW
    stub.on("POST", OLD, Answer(status, {"message": "Moved Permanently"}, {"Location": location}))
    stub.on("POST", NEW, Answer(204))
    reply = _post(connection)
    assert (reply.status, reply.moved_to) == (204, stub.api_url + NEW)
    assert stub.sent("POST", NEW) == stub.sent("POST", OLD) == [{"a": 1}]
    assert stub.headers[1]["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_get_follows_every_redirect_at_the_same_place(stub: Stub, connection: Connection, status: int) -> None:
    stub.on("GET", "/a", Answer(status, None, {"Location": "b"}))
    stub.on("GET", "/b", Answer(200, {}))
    reply = connection.request("GET", "/a", authorization=Secret("s3cret"))
    assert (reply.status, reply.moved_to) == (200, stub.api_url + "/b")
    assert stub.headers[1]["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_never_becomes_a_get(stub: Stub, connection: Connection, status: int) -> None:
    stub.on("POST", OLD, Answer(status, None, {"Location": stub.api_url + NEW}))
    with pytest.raises(Rejected, match=f"redirect {status}"):
        _post(connection)
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/x",
        "https://{host}:{port}/x",
        "http://{host}:1/x",
        "http://u:hunter2@elsewhere.test/x",
        "//elsewhere.test/x",
        "ftp://{host}:{port}/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_credential_never_leaves_the_host(stub: Stub, connection: Connection, location: str, method: str) -> None:
    target = location.format(host=stub.server.host, port=stub.server.port)
    stub.on(method, OLD, Answer(307, None, {"Location": target}))
    with pytest.raises(Rejected) as caught:
        connection.request(method, OLD, authorization=Secret("s3cret"), body=b"{}" if method == "POST" else None)
    assert caught.value.facts["status"] == 307
    assert "hunter2" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert len(stub.requests) == 1


@pytest.mark.parametrize("location", ["http://[::1", "http://127.0.0.1:port/x", "//[x]/"])
def test_an_address_that_nobody_can_read_is_refused(raw_server: t.Callable[..., RawServer], location: str) -> None:
    head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    connection = Connection(raw_server(say(head.encode())).url, DIRECT, 5)
    with pytest.raises(Rejected, match="redirects to"):
        _post(connection)
    connection.close()


def test_a_circle_ends(stub: Stub, connection: Connection) -> None:
    stub.on("POST", OLD, Answer(307, None, {"Location": "/api/v3" + OLD}))
    with pytest.raises(Rejected, match="more than 5 times"):
        _post(connection)
    assert len(stub.requests) == 6


def test_a_redirect_to_nowhere_is_an_answer(stub: Stub, connection: Connection) -> None:
    stub.on("POST", OLD, Answer(307))
    assert _post(connection).status == 307


def test_what_is_shorter_than_announced_is_cut_off(raw_server: t.Callable[..., RawServer]) -> None:
    server = raw_server(say(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 50\r\n\r\n{}"))
    connection = Connection(server.url, DIRECT, 5)
    with pytest.raises(TransportFailure) as caught:
        _post(connection)
    assert caught.value.sent
    connection.close()


@pytest.mark.parametrize("head", ["", "Content-Length: 0\r\n", "Content-Length: 7\r\n"])
def test_an_accepted_event_has_no_body_whatever_is_announced(raw_server: t.Callable[..., RawServer], head: str) -> None:
    connection = Connection(raw_server(say(f"HTTP/1.1 204 No Content\r\n{head}\r\n".encode())).url, DIRECT, 5)
    assert _post(connection).status == 204
    connection.close()


def test_a_compressed_answer_is_read(raw_server: t.Callable[..., RawServer]) -> None:
    import gzip

    packed = gzip.compress(b'{"a": 1}' + b" " * 1000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    connection = Connection(raw_server(say(head.encode() + packed)).url, DIRECT, 5)
    assert connection.request("GET", "/x").json() == {"a": 1}
    connection.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A private authority."""
    return trustme.CA()


@pytest.fixture(scope="module")
def tls_server(authority: trustme.CA) -> t.Iterator[HTTPServer]:
    """A server whose certificate is for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with HTTPServer(host="localhost", ssl_context=context) as server:
        server.expect_request("/x").respond_with_json({"a": 1})
        yield server


def _ask(server: HTTPServer, host: str = "localhost", env: dict[str, str] | None = None, **options: t.Any) -> Reply:
    url = f"https://{host}:{server.port}"
    connection = Connection(url, find_route(url, options, env or {}), 5)
    try:
        return connection.request("GET", "/x")
    finally:
        connection.close()


def test_a_private_authority_is_trusted_when_named(
    tls_server: HTTPServer, authority: trustme.CA, tmp_path: Path
) -> None:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    assert _ask(tls_server, ca_path=str(path)).json() == {"a": 1}
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        assert _ask(tls_server, env={name: str(path)}).json() == {"a": 1}


def test_a_private_authority_is_trusted_without_a_store_of_the_platform(
    tls_server: HTTPServer, authority: trustme.CA, tmp_path: Path
) -> None:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    connection = Connection(f"https://localhost:{tls_server.port}", Route(None, True, str(path), None), 5)
    assert connection.request("GET", "/x").json() == {"a": 1}
    connection.close()


def test_without_it_the_option_is_named(tls_server: HTTPServer) -> None:
    with pytest.raises(TransportFailure) as caught:
        _ask(tls_server)
    assert (caught.value.kind, caught.value.sent, caught.value.lasting) == ("tls", False, True)
    assert "localhost" in caught.value.message
    assert "ca_path" in caught.value.hint


def test_another_name_is_not_accepted_by_the_right_authority(
    tls_server: HTTPServer, authority: trustme.CA, tmp_path: Path
) -> None:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    for more in ({"ca_path": str(path)}, {"env": {"SSL_CERT_FILE": str(path)}}):
        with pytest.raises(TransportFailure) as caught:
            _ask(tls_server, host="127.0.0.1", **more)
        assert caught.value.kind == "tls"


def test_validation_can_be_switched_off_for_good(tls_server: HTTPServer) -> None:
    assert _ask(tls_server, validate_certs=False).json() == {"a": 1}
