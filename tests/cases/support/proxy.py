# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real forward proxy that writes down what it is asked for: CONNECT for https, whole URLs for http."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

if t.TYPE_CHECKING:
    from typing_extensions import Self

_Reader, _Writer = asyncio.StreamReader, asyncio.StreamWriter


@dataclass
class Asked:
    """One request to the proxy."""

    method: str
    target: str
    authorization: str | None


class Proxy:
    """Listens on 127.0.0.1. ``refuse``: answer everything with this status. ``login``: demand this ``user:password``.

    ``routes``: where names really are, as ``{"host:port": port}`` on 127.0.0.1.
    """

    def __init__(
        self, *, refuse: int | None = None, login: str | None = None, routes: t.Mapping[str, int] | None = None
    ) -> None:
        self.asked: list[Asked] = []
        self._refuse = refuse
        self._login = None if login is None else "Basic " + base64.b64encode(login.encode()).decode()
        self._routes = dict(routes or {})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self._server = starting.result(10)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_details: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0.01)  # transports close one turn of the loop later

    @property
    def url(self) -> str:
        """What to put into the variables."""
        return f"http://127.0.0.1:{self.port}"

    def targets(self) -> list[str]:
        """Host and port of every request, in order."""
        return [each.target if each.method == "CONNECT" else urlsplit(each.target).netloc for each in self.asked]

    async def _serve(self, reader: _Reader, writer: _Writer) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
            method, target, _version = head[0].split(" ", 2)
            pairs = (line.partition(":") for line in head[1:])
            headers = {name.lower(): value.strip() for name, _colon, value in pairs}
            self.asked.append(Asked(method, target, headers.get("proxy-authorization")))
            if self._login not in (None, headers.get("proxy-authorization")):
                await _answer(writer, "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=corp")
            elif self._refuse is not None:
                await _answer(writer, f"{self._refuse} No")
            else:
                await self._forward(method, target, head, reader, writer)
        writer.close()

    async def _forward(self, method: str, target: str, head: list[str], reader: _Reader, writer: _Writer) -> None:
        where = target if method == "CONNECT" else urlsplit(target).netloc
        host, _colon, port = where.rpartition(":")
        known = self._routes.get(where)
        there, away = await asyncio.open_connection("127.0.0.1" if known else host, known or int(port))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:  # one request for each connection, so that the next one comes here too
            parts = urlsplit(target)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            kept = [line for line in head[1:] if not line.lower().startswith(("connection:", "proxy-"))]
            away.write("\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]).encode("latin-1"))
        try:
            await asyncio.gather(_pipe(reader, away), _pipe(there, writer))
        finally:
            away.close()


async def _answer(writer: _Writer, status: str) -> None:
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode("latin-1"))
    await writer.drain()


async def _pipe(reader: _Reader, writer: _Writer) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
