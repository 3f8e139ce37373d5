# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which failures there are on the way, and whether anything was sent."""

from __future__ import annotations

import socket
import sys
import typing as t
from pathlib import Path

import pytest
import requests

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput, MissingLibrary
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.connection import Connection
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import Route, find_route
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.transport import (
    Body,
    Http,
    TransportFailure,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    RawServer,
    closed_port,
    hang_up,
    reset,
    say,
    stay_silent,
)

DIRECT = Route(None, True, None, None)
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
CUT = b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"workflow_runs": ['
CUT_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
Serve = t.Callable[..., RawServer]


def _fail(url: str, route: Route = DIRECT, method: str = "POST", timeout: float = 5.0) -> TransportFailure:
    connection = Connection(url, route, timeout)
    with pytest.raises(TransportFailure) as caught:
        connection.request(method, "/x", body=b"{}" if method == "POST" else None)
    connection.close()
    return caught.value


def test_a_body_knows_whether_any_of_it_was_taken() -> None:
    body = Body(b"abcdef")
    assert (len(body), body.started) == (6, False)
    assert (body.read(4), body.started) == (b"abcd", True)
    assert (body.read(4), body.read(4), body.read()) == (b"ef", b"", b"")
    assert Body(b"abc").read() == b"abc"


def test_a_refused_connection_sent_nothing() -> None:
    failure = _fail(f"http://127.0.0.1:{closed_port()}")
    assert (failure.kind, failure.sent, failure.lasting) == ("connect", False, False)
    assert "127.0.0.1" in failure.message


def test_an_unknown_name_sent_nothing() -> None:
    failure = _fail("http://name.invalid")
    assert (failure.kind, failure.sent) == ("dns", False)
    assert "name.invalid" in failure.message


@pytest.mark.parametrize(
    ("action", "kind"),
    [(hang_up, "broken"), (reset, "broken"), (stay_silent, "timeout"), (say(CUT), "broken"), (say(CUT_CHUNK), "broken"),
     (say(b"nonsense\r\n\r\n"), "broken"), (say(b"HTTP/1.1 2"), "broken")],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_whatever_breaks_after_the_body_may_have_had_an_effect(
    raw_server: Serve, action: object, kind: str, method: str
) -> None:
    server = raw_server(action)
    failure = _fail(server.url, method=method, timeout=0.3)
    assert (failure.kind, failure.sent) == (kind, method == "POST")
    assert len(server.received) == 1


def test_a_handshake_that_fails_sent_nothing(raw_server: Serve) -> None:
    failure = _fail(raw_server(say(b"this is no TLS"), listens=False).url.replace("http:", "https:"))
    assert (failure.sent, failure.lasting) == (False, True)
    assert failure.kind == "tls"


def test_a_server_that_never_ends_the_handshake_got_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failure = _fail(f"https://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
    assert failure.sent is False
    assert failure.kind in ("timeout", "connect")


def test_a_proxy_that_wants_a_login_for_plain_http_is_named_too(raw_server: Serve) -> None:
    proxy = raw_server(say(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
    failure = _fail("http://ghes.test", Route(f"http://user:hunter2@127.0.0.1:{proxy.port}", True, None, None))
    assert (failure.kind, failure.sent) == ("proxy", False)
    assert f"127.0.0.1:{proxy.port} does not lead to ghes.test" in failure.message
    assert "hunter2" not in failure.message


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden"])
def test_a_proxy_that_refuses_is_named_without_its_password(raw_server: Serve, status: str) -> None:
    proxy = raw_server(say(f"HTTP/1.1 {status}\r\n\r\n".encode()))
    route = find_route("https://ghes.test", {}, {"https_proxy": f"http://user:hunter2@127.0.0.1:{proxy.port}"})
    failure = _fail("https://ghes.test", route)
    assert (failure.kind, failure.sent, failure.lasting) == ("proxy", False, True)
    assert f"127.0.0.1:{proxy.port}" in failure.message
    assert status[:3] in failure.message
    assert "hunter2" not in failure.message + failure.hint
    assert proxy.received[0].startswith(b"CONNECT ghes.test:443")
    assert b"Authorization: Bearer" not in proxy.received[0]


@pytest.mark.parametrize(
    "proxy",
    [
        "ftp://proxy:21",
        "http://",
        "http://proxy:port",
        "http://[::1",
        "http://u:hunter2@proxy:99999",
        "http://u:hun/ter2@p",
    ],
)
def test_an_unusable_proxy_is_a_clean_failure(proxy: str) -> None:
    failure = _fail("https://ghes.test", Route(proxy, True, None, None))
    assert (failure.kind, failure.sent) == ("proxy", False)
    assert "hunter2" not in failure.message
    assert "proxy" in failure.message


@pytest.mark.parametrize("host", ["ghes..example", "a" * 70 + ".example", "ghes\\x"])
def test_an_unusable_host_is_a_clean_failure(host: str) -> None:
    assert _fail(f"https://{host}").sent is False


def test_socks_without_its_library_is_a_missing_library() -> None:
    connection = Connection("https://ghes.test", Route("socks5://127.0.0.1:1", True, None, None))
    with pytest.raises(MissingLibrary) as caught:
        connection.request("GET", "/x")
    assert caught.value.library == "PySocks"


def test_requests_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    with pytest.raises(MissingLibrary) as caught:
        Http(DIRECT, 1)
    assert caught.value.library == "requests"


def test_a_session_takes_nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch, raw_server: Serve) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    server = raw_server(say(OK))
    connection = Connection(server.url, DIRECT)
    assert connection.request("GET", "/x").status == 204
    connection.close()


@pytest.mark.parametrize(
    "content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_an_authority_that_can_not_be_read_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(content)
    with pytest.raises(InvalidInput, match="ca_path"):
        Http(Route(None, True, str(path), None), 1)


def test_a_store_that_can_not_be_read_is_refused_where_there_is_tls(tmp_path: Path) -> None:
    path = tmp_path / "store.pem"
    path.write_text("no certificate")
    with pytest.raises(InvalidInput, match=r"store\.pem"):
        Http(Route(None, str(path), None, None), 1)
    Http(Route(None, str(path), None, None), 1, tls=False).close()


@pytest.mark.parametrize("proxy", [None, "https://proxy.test", "http://proxy.test"])
def test_the_store_is_loaded_once_for_all_connections(proxy: str | None) -> None:
    """The library would load it again for each of them."""
    store = requests.certs.where()
    adapter = Http(Route(proxy, store, None, None), 1)._adapter
    manager = adapter.proxy_manager_for(proxy) if proxy else adapter.poolmanager
    assert len(manager.connection_pool_kw["ssl_context"].get_ca_certs()) > 50
    pool = manager.connection_from_url("https://ghes.test")
    adapter.cert_verify(pool, "https://ghes.test", store, None)
    assert (pool.cert_reqs, pool.ca_certs, pool.ca_cert_dir) == ("CERT_REQUIRED", None, None)
