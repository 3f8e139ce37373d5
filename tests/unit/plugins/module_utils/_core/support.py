# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock whose hours pass at once, and GitHubs that answer from a script, over real HTTP."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import threading
import typing as t
from email.utils import formatdate

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Clock

BASE = "/api/v3"
TOKEN = "ghp_" + "Fake" * 9
START = 1_700_000_000.0


class FakeClock(Clock):
    """Sleeping moves both clocks on; ``skew`` is how far the local time of day is ahead of the servers'."""

    def __init__(self, skew: float = 0.0) -> None:
        self.skew = skew
        self.elapsed = 0.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.server_time() + self.skew

    def server_time(self) -> float:
        return START + self.elapsed

    def monotonic(self) -> float:
        return 5000.0 + self.elapsed

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        if len(self.sleeps) > 5000:
            raise RuntimeError("this never ends")
        self.elapsed += max(0.0, seconds)


class Answer(t.NamedTuple):
    """One answer of a scripted server. ``takes`` are seconds that pass on the fake clock before it."""

    status: int = 200
    body: t.Any = None
    headers: t.Mapping[str, str] = {}
    takes: float = 0.0

    def raw(self) -> bytes:
        if isinstance(self.body, (bytes, str)):
            return self.body if isinstance(self.body, bytes) else self.body.encode("utf-8")
        return b"" if self.body is None else json.dumps(self.body).encode("utf-8")


#: Decides about a request by what it holds.
Script = t.Callable[[Request], Answer]


class Stub:
    """A GitHub that answers each method and path from a list, whose last entry repeats, and keeps every request."""

    def __init__(self, server: HTTPServer, clock: FakeClock) -> None:
        self.server = server
        self.clock = clock
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.date = ""  # in place of the clock's
        self._scripts: dict[tuple[str, str], list[Answer | Script]] = {}
        self._lock = threading.Lock()
        self._set_the_clock()
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    def _set_the_clock(self) -> None:
        """Have the header `Date` tell the time of the fake clock: werkzeug adds one of its own to every answer."""
        running = t.cast(t.Any, self.server.server)
        plain = running.__dict__.setdefault("plain_handler", running.RequestHandlerClass)
        stub = self

        class Dated(plain):  # type: ignore[misc]
            def date_time_string(self, timestamp: float | None = None) -> str:
                return stub.date or formatdate(stub.clock.server_time(), usegmt=True)

        running.RequestHandlerClass = Dated

    @property
    def url(self) -> str:
        return self.server.url_for("").rstrip("/")

    @property
    def api_url(self) -> str:
        return self.url + BASE

    def on(self, method: str, path: str, *answers: Answer | Script) -> None:
        """Answer a path below the API's base, whatever its query."""
        self._scripts[method, BASE + path] = list(answers)

    def count(self, method: str, path: str) -> int:
        return self.requests.count((method, BASE + path))

    def sent(self, method: str, path: str) -> list[t.Any]:
        """Return the JSON bodies that came to a path."""
        wanted = (method, BASE + path)
        return [json.loads(body) for request, body in zip(self.requests, self.bodies) if request == wanted]

    def headers_of(self, method: str, path: str) -> list[dict[str, str]]:
        """Return the headers (names in lower case) of the requests to a path."""
        wanted = (method, BASE + path)
        return [headers for request, headers in zip(self.requests, self.headers) if request == wanted]

    def _answer(self, request: Request) -> Response:
        with self._lock:
            key = (request.method, request.path)
            self.requests.append(key)
            self.bodies.append(request.get_data())
            self.headers.append({name.lower(): value for name, value in request.headers.items()})
            script = self._scripts.get(key, [Answer(404, {"message": "Not Found"})])
            step = script.pop(0) if len(script) > 1 else script[0]
        answer = step if isinstance(step, Answer) else step(request)
        self.clock.elapsed += answer.takes
        kind = "application/json" if not isinstance(answer.body, str) else "text/plain"
        headers = {"Content-Type": kind, "X-GitHub-Request-Id": "AB12:34CD"}
        return Response(answer.raw(), answer.status, headers={**headers, **answer.headers})


class RawServer:
    """A server on 127.0.0.1 that reads each request and then does what a plain function of its socket says.

    With ``listens=False`` it reads no more than the first bytes, such as those of a TLS handshake.
    """

    def __init__(self, *actions: t.Callable[[socket.socket], None], listens: bool = True) -> None:
        self._actions = list(actions)
        self._listens = listens
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.port = self._listener.getsockname()[1]
        self.received: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(20)

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            with client:
                client.settimeout(20)
                action = self._actions.pop(0) if len(self._actions) > 1 else self._actions[0]
                with contextlib.suppress(OSError):
                    self.received.append(_read_request(client) if self._listens else client.recv(65536))
                    action(client)


def _read_request(client: socket.socket) -> bytes:
    """Read one request with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            return data
        data += more
    head, _blank, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length.group(1)):
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


def say(data: bytes) -> t.Callable[[socket.socket], None]:
    """Answer with these bytes and hang up."""
    return lambda client: client.sendall(data)


def hang_up(client: socket.socket) -> None:
    """Close without an answer."""


def reset(client: socket.socket) -> None:
    """Reset the connection."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stay_silent(client: socket.socket) -> None:
    """Wait until the other side gives up."""
    client.recv(1)


def closed_port() -> int:
    """Return a port of 127.0.0.1 where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
