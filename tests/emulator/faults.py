# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted misbehaviour: what the server does instead of, or after, handling a request."""

from __future__ import annotations

import re
import threading
import typing as t
from dataclasses import dataclass, field, fields

from .answers import JSON_TYPE, Answer
from .fault_bodies import Bodies

if t.TYPE_CHECKING:
    from .clock import Clock
    from .records import Recorded

REMOVE = "__remove__"
"""In ``replace``: take this member out of the answer."""


@dataclass
class Fault:
    """Which requests, how often, and what happens. Without ``status`` the real answer follows (after ``delay``)."""

    method: str | None = None
    path: str | None = None
    """Regular expression, searched in the path without prefix and query."""
    credential: str | None = None
    contains: str | None = None
    """Text that the body of the request holds."""
    when: t.Callable[[Recorded], bool] | None = None
    times: int | None = 1
    """None: always."""
    skip: int = 0
    """So many matching requests pass first."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: t.Any = None
    """bytes, text, or a value that is sent as JSON."""
    replace: dict[str, t.Any] | None = None
    """Members put into the real JSON answer; REMOVE takes one out."""
    delay: float = 0.0
    """Real seconds before anything else happens (after the handling, with ``after_commit``)."""
    after_commit: bool = False
    """Handle the request for real, keep its effect, then answer with the fault."""
    reset: bool = False
    hang: bool = False
    truncate: bool = False
    """Half of the body, below a Content-Length for all of it."""
    hits: int = 0

    def matches(self, request: Recorded, raw: bytes) -> bool:
        return (
            (self.method is None or self.method.upper() == request.method)
            and (self.path is None or re.search(self.path, request.path) is not None)
            and (self.credential is None or self.credential == request.credential)
            and (self.contains is None or self.contains.encode("utf-8") in raw)
            and (self.when is None or self.when(request))
        )

    def answer(self, real: Answer | None) -> Answer:
        """The answer to give, with the headers of the real one below its own."""
        if self.status is None:
            answer = real or Answer(200)
            if self.replace is not None and isinstance(answer.body, dict):
                answer.body = _replaced(answer.body, self.replace)
            if self.body is not None:
                answer.body = self._content()
            answer.headers |= self.headers
            return answer
        return Answer(self.status, self._content(), {**self._content_type(), **self.headers})

    def _content(self) -> t.Any:
        return self.body.encode("utf-8") if isinstance(self.body, str) else self.body

    def _content_type(self) -> dict[str, str]:
        if self.body is None:
            return {}
        return {"content-type": "text/html; charset=utf-8" if isinstance(self.body, (str, bytes)) else JSON_TYPE}

    @property
    def needs_real_answer(self) -> bool:
        return self.after_commit or (self.status is None and not self.reset and not self.hang)


def _replaced(body: dict[str, t.Any], changes: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in {**body, **changes}.items() if value != REMOVE}


class Faults(Bodies):
    """The faults that wait for their requests; the first match in the order of adding is used."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, **settings: t.Any) -> Fault:
        """Add a fault; the settings are the fields of Fault."""
        unknown = settings.keys() - {each.name for each in fields(Fault)}
        if unknown:
            raise TypeError(f"a fault has no {', '.join(sorted(unknown))}")
        fault = Fault(**settings)
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, request: Recorded, raw: bytes) -> Fault | None:
        """The fault for this request, counted."""
        with self._lock:
            for fault in self._faults:
                if (fault.times is not None and fault.hits >= fault.times) or not fault.matches(request, raw):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.hits += 1
                return fault
        return None

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
