# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: records each request, applies faults, and lets the service answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import typing as t

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from .answers import Answer
from .identity import identify
from .records import Recorded, body_of, masked
from .registry import PREFIX, Call
from .render import Links
from .service import DEFAULT_VERSION, new_request_id

if t.TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .faults import Fault, Faults
    from .records import Records
    from .service import Service

ADMIN_PREFIX = "/_emulator/"
_RESET = struct.pack("ii", 1, 0)


class Gateway:
    def __init__(self, service: Service, records: Records, faults: Faults, admin: ASGIApp, logs_url: str) -> None:
        self.stopping = asyncio.Event()
        self._service = service
        self._records = records
        self._faults = faults
        self._admin = admin
        self._logs_url = logs_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(ADMIN_PREFIX):
            await self._admin(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        with self._service.world.lock:
            call = self._call(request, body)
            recorded = self._recorded(request, call)
        self._records.arrived(recorded)
        fault = self._faults.take(recorded, body)
        answer = await self._answer(call, fault)
        if fault is not None and fault.hang:
            self._records.answered(recorded, None)
            await self._hang(receive)
        elif answer is None:
            self._records.answered(recorded, None)
            await self._reset(request, receive)
        elif fault is not None and fault.truncate:
            self._records.answered(recorded, answer.status)
            await self._truncate(request, receive, answer)
        else:
            self._records.answered(recorded, answer.status)
            await Response(answer.encoded(), answer.status, answer.headers)(scope, receive, send)

    def _call(self, request: Request, body: bytes) -> Call:
        path = request.scope["path"]
        prefixed = path == PREFIX or path.startswith(f"{PREFIX}/")
        web = f"{request.url.scheme}://{request.headers.get('host', '127.0.0.1')}"
        links = Links(web + PREFIX if prefixed else web, web, self._service.world.clock, self._logs_url)
        return Call(
            self._service,
            request.method,
            (path[len(PREFIX) :] or "/") if prefixed else path,
            dict(request.query_params),
            request.headers,
            body,
            identify(self._service.world, request.headers.get("authorization")),
            links,
            request.headers.get("x-github-api-version", DEFAULT_VERSION),
        )

    def _recorded(self, request: Request, call: Call) -> Recorded:
        kind, permissions, repositories = self._service.describe(call.credential)
        return Recorded(
            call.method,
            call.path,
            call.query,
            kind,
            permissions,
            repositories,
            body_of(call.body),
            masked(call.headers, kind),
            request.client.port if request.client else 0,
            request.headers.get("user-agent", ""),
            self._service.world.clock.now(),
            request.headers.get("host", ""),
        )

    async def _answer(self, call: Call, fault: Fault | None) -> Answer | None:
        """The answer to send; None when the connection ends without one."""
        request_id = new_request_id()
        if fault is None:
            return self._handle(call, request_id)
        real = self._handle(call, request_id) if fault.needs_real_answer and fault.after_commit else None
        if fault.delay:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), fault.delay)
        if fault.reset or fault.hang:
            return None
        if fault.needs_real_answer and real is None:
            real = self._handle(call, request_id)
        answer = fault.answer(real)
        answer.headers = {**self._service.common_headers(call, request_id), **answer.headers}
        return answer

    def _handle(self, call: Call, request_id: str) -> Answer:
        with self._service.world.lock:
            return self._service.answer(call, request_id)

    async def _hang(self, receive: Receive) -> None:
        """Say nothing until the client goes away or the server stops."""
        tasks = {asyncio.ensure_future(self.stopping.wait()), asyncio.ensure_future(_disconnected(receive))}
        _other, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()

    @staticmethod
    async def _reset(request: Request, receive: Receive) -> None:
        """Close the TCP connection at once: the client sees a reset."""
        transport = request.scope["state"]["transport"]
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
        await _disconnected(receive)

    @staticmethod
    async def _truncate(request: Request, receive: Receive, answer: Answer) -> None:
        """Send half of what Content-Length promises, then close."""
        body = answer.encoded()
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        status = f"HTTP/1.1 {answer.status} Cut\r\nconnection: close\r\ncontent-length: {max(len(body), 2)}\r\n"
        transport = request.scope["state"]["transport"]
        transport.write(f"{status}{head}\r\n".encode("latin-1") + body[: len(body) // 2])
        transport.close()
        await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
