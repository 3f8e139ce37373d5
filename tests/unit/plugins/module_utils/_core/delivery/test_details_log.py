# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last lines of a job's log, which is at another host."""

from __future__ import annotations

import json
import typing as t

import pytest
import trustme
from pytest_httpserver import HTTPServer

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.details import log_tail
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.reading import RunReader
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.connection import RedirectedAway
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import SCOPE, SITE
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    TOKEN,
    Answer,
    RawServer,
    Stub,
    closed_port,
    hang_up,
    say,
)

LOGS = "/repos/acme/site/actions/jobs/5/logs"
SIGNED = "/jobs/5.txt?sig=U2lnbmVk"
MISSING = b"<?xml version='1.0'?><Error><Code>BlobNotFound</Code></Error>"
Servers = t.Callable[..., RawServer]


@pytest.fixture
def reader(github: GitHub) -> RunReader:
    """What reads the runs of one repository."""
    return RunReader(github, SITE, SCOPE)


def _http(body: bytes, status: str = "200 OK", head: str = "") -> t.Any:
    return say(f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def _leading_to(stub: Stub, url: str) -> None:
    stub.on("GET", LOGS, Answer(302, None, {"Location": url}))


def test_the_end_of_the_log_comes_from_another_host_that_sees_no_credential(
    stub: Stub, reader: RunReader, raw_server: Servers
) -> None:
    text = "\ufeff2026-11-25T03:00:00.1234567Z one\r\n2026-11-25T03:00:01.1234567Z   two \r\nthree\x1b[0m\n"
    host = raw_server(_http(text.encode("utf-8")))
    _leading_to(stub, host.url + SIGNED)
    assert log_tail(reader, 5, 20) == ["one", "two", "three?[0m"]
    assert log_tail(reader, 5, 1) == ["three?[0m"]
    (first, _second) = host.received
    assert first.startswith(f"GET {SIGNED} HTTP/1.1".encode())
    assert b"authorization" not in first.lower()
    assert TOKEN.encode() not in first
    assert stub.headers_of("GET", LOGS)[0]["authorization"] == f"Bearer {TOKEN}"


def test_secrets_and_endless_lines_are_cut(stub: Stub, reader: RunReader, raw_server: Servers) -> None:
    leak = "ghs_" + "Leak" * 9
    host = raw_server(_http(f"token {leak}\n{'x' * 5000}\n".encode()))
    _leading_to(stub, host.url + SIGNED)
    first, second = log_tail(reader, 5, 2)
    assert leak not in first
    assert len(second) == 1000


def test_of_a_long_log_only_the_end_is_looked_at(stub: Stub, reader: RunReader, raw_server: Servers) -> None:
    host = raw_server(_http(b"\xff\xfe start\n" + b"x" * 100 * 20000 + b"\nlast\n"))
    _leading_to(stub, host.url + SIGNED)
    lines = log_tail(reader, 5, 500)
    assert len(lines) == 2
    assert lines[1] == "last"


def test_a_server_that_has_the_log_itself_is_fine_too(stub: Stub, reader: RunReader) -> None:
    stub.on("GET", LOGS, Answer(200, "one\ntwo\n"))
    assert log_tail(reader, 5, 1) == ["two"]


HELD = Answer(429, None, {"Retry-After": "3600"})


@pytest.mark.parametrize("answer", [Answer(404), Answer(410, {"message": "Gone"}), Answer(403), Answer(502), HELD])
def test_a_log_that_is_not_there_is_empty(stub: Stub, reader: RunReader, answer: Answer) -> None:
    stub.on("GET", LOGS, answer)
    assert log_tail(reader, 5, 20) == []


@pytest.mark.parametrize(
    "action",
    [
        _http(MISSING, "404 The specified blob does not exist."),
        _http(b"expired", "403 Forbidden"),
        _http(b"", "302 Found", "Location: http://127.0.0.1:9/\r\n"),
        hang_up,
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\ncut off"),
    ],
)
def test_a_host_that_does_not_hand_it_out_is_no_failure(
    stub: Stub, reader: RunReader, raw_server: Servers, action: t.Any
) -> None:
    _leading_to(stub, raw_server(action).url + SIGNED)
    assert log_tail(reader, 5, 20) == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/x", "ftp://127.0.0.1/x", "http://[::1/x", "//:x/", "https://"]
)
def test_addresses_that_lead_nowhere_are_no_failure(stub: Stub, reader: RunReader, url: str) -> None:
    _leading_to(stub, url.format(port=closed_port()))
    assert log_tail(reader, 5, 20) == []


def test_from_https_nobody_is_led_to_a_plain_address(
    opened: t.Callable[..., GitHub], raw_server: Servers, tmp_path: t.Any
) -> None:
    authority = trustme.CA()
    plain = raw_server(_http(b"stolen"))
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    with HTTPServer(ssl_context=_context(authority)) as server:
        server.expect_request("/api/v3" + LOGS).respond_with_data(b"", 302, headers={"Location": plain.url + SIGNED})
        reader = RunReader(opened(api_url=server.url_for(""), ca_path=str(file)), SITE, SCOPE)
        assert log_tail(reader, 5, 20) == []
        assert len(server.log) == 1
    assert plain.received == []


def _context(authority: trustme.CA) -> t.Any:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


def test_the_signed_address_is_a_secret(stub: Stub, reader: RunReader) -> None:
    _leading_to(stub, "https://logs.test" + SIGNED)
    with pytest.raises(RedirectedAway) as caught:
        reader.github.read(LOGS, SCOPE, Deadline.after(reader.clock, 60))
    assert caught.value.target == Secret("https://logs.test" + SIGNED)
    assert "sig=" not in json.dumps(caught.value.as_dict()) + str(caught.value) + repr(caught.value.target)
    assert "https://logs.test" in caught.value.message
