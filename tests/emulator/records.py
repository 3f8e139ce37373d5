# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked: every request in order, and the transcript of them. No secret is ever kept here."""

from __future__ import annotations

import json
import threading
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

TRANSCRIPT_KEYS = ("method", "path", "status", "credential", "permissions", "repositories")


@dataclass
class Recorded:
    method: str
    path: str
    """Without the prefix /api/v3."""
    query: dict[str, str]
    credential: str
    permissions: dict[str, str]
    repositories: list[str]
    body: t.Any
    """Parsed when it is JSON, else text, None without a body."""
    headers: dict[str, str] = field(repr=False)
    connection: int
    """The client's port: the same number is the same connection."""
    user_agent: str
    at: float
    host: str = ""
    """The Host header."""
    status: int | None = None
    """None: no answer was given (reset, hung, or still at work)."""


class Records:
    def __init__(self, transcript: str | Path | None = None) -> None:
        self.requests: list[Recorded] = []
        self._lock = threading.Lock()
        self._file: t.IO[str] | None = None
        if transcript is not None:
            self._file = Path(transcript).open("w", encoding="utf-8")  # noqa: SIM115  closed by close()

    def arrived(self, recorded: Recorded) -> None:
        with self._lock:
            self.requests.append(recorded)

    def answered(self, recorded: Recorded, status: int | None) -> None:
        recorded.status = status
        with self._lock:
            if self._file is not None:
                self._file.write(_line(recorded))
                self._file.flush()

    def write(self, path: str | Path) -> None:
        with self._lock:
            Path(path).write_text("".join(_line(each) for each in self.requests), encoding="utf-8")

    def clear(self) -> None:
        with self._lock:
            self.requests.clear()

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _line(recorded: Recorded) -> str:
    return json.dumps({name: getattr(recorded, name) for name in TRANSCRIPT_KEYS}) + "\n"


def masked(headers: t.Mapping[str, str], credential: str) -> dict[str, str]:
    """Headers with the kind of credential in place of the credential."""
    kept = dict(headers)
    for name in ("authorization", "cookie", "proxy-authorization"):
        if name in kept:
            scheme = kept[name].partition(" ")[0]
            kept[name] = f"{scheme} <{credential}>"
    return kept


def body_of(body: bytes) -> t.Any:
    if not body:
        return None
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return body.decode("utf-8", errors="replace")
