# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP servers in a background thread."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import typing as t

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

if t.TYPE_CHECKING:
    from starlette.types import ASGIApp

    from .keys import Authority

START_TIMEOUT = 10.0


class Protocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """Hands the connection to the application, which cuts it when a fault says so."""

    def connection_made(self, transport: t.Any) -> None:
        super().connection_made(transport)
        self.app_state: dict[str, t.Any] = {**self.app_state, "transport": transport}


def bind(port: int = 0) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made


class Servers:
    """Several applications, each on a socket of its own, in one event loop."""

    def __init__(self, authority: Authority | None) -> None:
        self._authority = authority
        self._servers: list[tuple[uvicorn.Server, socket.socket]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
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
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)
        self._thread.start()
        limit = time.monotonic() + START_TIMEOUT
        while not all(server.started for server, _ in self._servers):
            if time.monotonic() > limit or not self._thread.is_alive():
                raise RuntimeError("the local GitHub did not start")
            time.sleep(0.005)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await asyncio.gather(*(server.serve(sockets=[sock]) for server, sock in self._servers))

    def call_soon(self, function: t.Callable[[], t.Any]) -> None:
        """Run something in the event loop of the servers."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        for server, _ in self._servers:
            server.should_exit = server.force_exit = True
        if self._thread is not None:
            self._thread.join(START_TIMEOUT)
        for _, sock in self._servers:
            sock.close()
