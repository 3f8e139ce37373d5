# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of GitHub as a benchmark needs: it answers at once, keeps connections and counts them."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from pathlib import Path

_INSTALLATION = {"id": 7, "account": {"login": "acme"}, "suspended_at": None, "permissions": {"contents": "write"}}
_TOKEN = {"token": "ghs_" + "t" * 36, "expires_at": "2099-01-01T00:00:00Z", "permissions": {"contents": "write"}}


class _Answering(asyncio.Protocol):
    """One connection, spoken just far enough."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections += 1

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _end, rest = self._received.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self._received = rest[length:]
            method, path, _version = lines[0].split(" ")
            self._server.dispatches += path.endswith("/dispatches")
            self._transport.write(_answer(method, path))


def _answer(method: str, path: str) -> bytes:
    """Return a whole answer, by the end of the path."""
    if method == "POST" and path.endswith("/dispatches"):
        return _reply("204 No Content")
    if method == "GET" and path.endswith("/installation"):
        return _reply("200 OK", _INSTALLATION)
    if method == "POST" and path.endswith("/access_tokens"):
        return _reply("201 Created", _TOKEN)
    if method == "DELETE" and path.endswith("/installation/token"):
        return _reply("204 No Content")
    return _reply("404 Not Found", {"message": "Not Found"})


def _reply(status: str, value: object = None) -> bytes:
    """Return status, headers and body."""
    body = b"" if value is None else json.dumps(value).encode("utf-8")
    kind = b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n" % len(body) if body else b""
    head = f"HTTP/1.1 {status}\r\nServer: github.com\r\nX-GitHub-Request-Id: BE7C:1\r\n".encode("latin-1")
    return head + kind + b"\r\n" + body


class Server:
    """A server on a free port of 127.0.0.1, in a thread of this process; its time is not the subjects' time."""

    def __init__(self, certificate: Path | None = None) -> None:
        """Start it; with a certificate (PEM with its key) it speaks TLS."""
        self.connections = 0
        self.dispatches = 0
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        starting = self._loop.create_server(lambda: _Answering(self), "127.0.0.1", 0, ssl=context, backlog=200)
        listening = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        scheme = "http" if certificate is None else "https"
        #: In the form of GitHub Enterprise Server, which can be at any host and port.
        self.api_url = f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}/api/v3"

    def reset(self) -> None:
        """Count from zero."""
        self.connections = self.dispatches = 0
