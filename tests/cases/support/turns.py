# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several senders at once, the same way every time: one of them acts at a time, and time passes only in their sleep.

What they ask takes time on its way, so that they meet each other between any two requests. The requests reach the local
GitHub without sockets, which is several times as fast.
"""

from __future__ import annotations

import heapq
import io
import threading
import typing as t
from random import Random
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Clock

if t.TYPE_CHECKING:
    from emulator import Emulator
    from emulator.clock import Clock as ServerClock


class Turns:
    """Who acts next: the one that wakes up first; among equals the dice decide."""

    def __init__(self, server: ServerClock, dice: Random) -> None:
        server.freeze()
        server.advance(1.0 - server.elapsed() % 1.0)
        self.server = server
        self.elapsed = 0.0
        self.errors: list[BaseException] = []
        self._dice = dice
        self._asleep: list[tuple[float, float, threading.Semaphore]] = []

    def run(self, *actors: t.Callable[[], None]) -> None:
        """Let all of them act until each has come to its end."""
        threads = [threading.Thread(target=self._act, args=(actor, self._enter())) for actor in actors]
        for thread in threads:
            thread.start()
        self._wake()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def sleep(self, seconds: float) -> None:
        """Let the others act until it is this one's turn again."""
        bell = self._enter(seconds)
        self._wake()
        bell.acquire()

    def _act(self, actor: t.Callable[[], None], bell: threading.Semaphore) -> None:
        bell.acquire()
        try:
            actor()
        except BaseException as error:  # noqa: BLE001 - raised by run()
            self.errors.append(error)
        self._wake()

    def _enter(self, seconds: float = 0.0) -> threading.Semaphore:
        bell = threading.Semaphore(0)
        heapq.heappush(self._asleep, (self.elapsed + seconds, self._dice.random(), bell))
        return bell

    def _wake(self) -> None:
        if self._asleep:
            moment, _lot, bell = heapq.heappop(self._asleep)
            self.server.advance(moment - self.elapsed)
            self.elapsed = moment
            bell.release()


class OwnClock(Clock):
    """The clock of one sender. ``ahead`` is by how much its wall clock is wrong."""

    def __init__(self, turns: Turns, ahead: float) -> None:
        self._turns = turns
        self._ahead = ahead

    def now(self) -> float:
        return self._turns.server.elapsed() + self._ahead

    def monotonic(self) -> float:
        return self._turns.elapsed + 5000.0

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._turns.sleep(seconds)


class SlowWay(HTTPAdapter):
    """The way of one sender's requests: each takes up to ``longest`` seconds there, and as much back."""

    def __init__(self, github: Emulator, turns: Turns, dice: Random, longest: float = 0.4) -> None:
        super().__init__()
        self._github = github
        self._turns = turns
        self._dice = dice
        self._longest = longest

    def send(self, request: requests.PreparedRequest, **_options: t.Any) -> requests.Response:  # type: ignore[override]
        body = request.body.read() if request.body is not None else b""  # type: ignore[union-attr]
        self._turns.sleep(self._dice.uniform(0.0, self._longest))
        answer = _Exchange(request, body).take(self._github)
        self._turns.sleep(self._dice.uniform(0.0, self._longest))
        if answer is None:
            raise requests.ConnectionError("reset", request=request)
        return self.build_response(request, answer)


class _Exchange:
    """One request and its answer, as a server would hand them to the application."""

    def __init__(self, request: requests.PreparedRequest, body: bytes) -> None:
        parts = urlsplit(str(request.url))
        headers = {"host": parts.netloc, **{name.lower(): value for name, value in request.headers.items()}}
        self._scope = {
            "type": "http", "method": request.method, "scheme": parts.scheme, "path": parts.path, "raw_path": b"",
            "query_string": parts.query.encode(), "root_path": "", "http_version": "1.1", "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), str(value).encode()) for name, value in headers.items()],
            "state": {"transport": self},
        }  # fmt: skip
        self._body = body
        self._asked = False
        self._status = 0
        self._headers: dict[str, str] = {}
        self._answer = b""

    def take(self, github: Emulator) -> HTTPResponse | None:
        """Return the answer; None when the connection ended without one."""
        step = github._gateway(self._scope, self._receive, self._send)
        try:
            step.send(None)
        except StopIteration:
            pass
        else:
            raise AssertionError("the server waits for something")
        if not self._status:
            return None
        return HTTPResponse(io.BytesIO(self._answer), self._headers, self._status, preload_content=False)

    async def _receive(self) -> dict[str, t.Any]:
        if self._asked:
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, message: t.MutableMapping[str, t.Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self._answer += message.get("body", b"")

    # What the server does to a connection that it resets.

    def get_extra_info(self, _name: str) -> _Exchange:
        return self

    def setsockopt(self, *_option: t.Any) -> None:
        pass

    def abort(self) -> None:
        pass
