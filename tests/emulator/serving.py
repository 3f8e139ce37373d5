# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP servers in a background thread."""

from __future__ import annotations

import asyncio
import socket
import threading
import typing as t

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

if t.TYPE_CHECKING:
    from starlette.types import ASGIApp

    from .keys import Authority

START_TIMEOUT = 10.0
STOP_TIMEOUT = 1.0


class Protocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """Hands the connection to the application, which cuts it when a fault says so."""

    def connection_made(self, transport: t.Any) -> None:
        super().connection_made(transport)
        self.app_state: dict[str, t.Any] = {**self.app_state, "transport": transport}


def bind(port: int = 0) -> socket.socket:
    # Named, so that asyncio turns off the delay of small packets: 40 ms for each answer otherwise.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made


class Servers:
    """Several applications, each on a socket of its own, in one event loop."""

    def __init__(self, authority: Authority | None) -> None:
        self._authority = authority
        self._servers: list[tuple[uvicorn.Server, socket.socket]] = []
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def add(self, app: ASGIApp, sock: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
        )
        config.load()
        if self._authority is not None:
            config.ssl = self._authority.context()
        self._servers.append((uvicorn.Server(config), sock))

    def start(self) -> None:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="emulator", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_TIMEOUT):
            raise RuntimeError("the local GitHub did not start")

    async def _serve(self) -> None:
        """Serve until told to stop. ``uvicorn.Server.serve`` would look only ten times a second whether it should."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        for server, sock in self._servers:
            server.lifespan = server.config.lifespan_class(server.config)
            await server.startup(sockets=[sock])
        self._ready.set()
        await self._stop.wait()
        for server, _other in self._servers:
            await _close(server)

    def call_soon(self, function: t.Callable[[], t.Any]) -> None:
        """Run something in the event loop of the servers."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        if self._stop is not None:
            self.call_soon(self._stop.set)
        if self._thread is not None:
            self._thread.join(START_TIMEOUT)
        for _other, sock in self._servers:
            sock.close()


async def _close(server: uvicorn.Server) -> None:
    """Stop listening, cut every connection, and let the requests at work notice it."""
    for listener in server.servers:
        listener.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    if server.server_state.tasks:
        await asyncio.wait(server.server_state.tasks, timeout=STOP_TIMEOUT)
