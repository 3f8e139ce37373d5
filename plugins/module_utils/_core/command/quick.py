# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""`external` in a hurry: Terraform asks at each plan, so an ordinary query is answered without loading the core.

Whatever is not plainly in order is left to :mod:`_core.command.external`, which says what is wrong with it. Whatever is
answered here, is answered there in the same bytes; the tests hold both equal.
"""

from __future__ import annotations

import os
import sys

from .fingerprint import Unusual, canonical, fingerprint, read_json

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Iterator
    from typing import Any, BinaryIO

_PARTS = ("repository", "event_type", "client_payload")
_LIMIT = 65_535
_DEPTH = 50
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_NUMBERS = ("deadline", "find_timeout", "wait_timeout")
_FLAGS = ("wait", "cancel_on_timeout")
#: Any of these may be the beginning of a credential; the careful way knows better.
_SUSPICIOUS = (
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "eyj",
    "-----begin",
    "://",
    "authorization",
    "bearer",
)


def run_external() -> int:
    """Answer the query on standard input; return the status to exit with."""
    data = None
    if sys.stdin is not None and sys.stdout is not None and not sys.stdin.isatty():
        data = b"".join(read_query(sys.stdin.buffer))
        unusual = any(name.startswith("INFRADISPATCH_") for name in os.environ)
        answer = None if unusual else preview(data)
        if answer is not None:
            from .answer import put

            return put(sys.stdout.buffer, answer)
    from .external import run_with

    return run_with(data)


def read_query(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what comes, until the end or a whole object: whoever holds the other end open does not hold us up."""
    seen: list[bytes] = []
    while True:
        chunk: bytes = stream.read1(65_536)  # type: ignore[attr-defined]  # all that is there, without waiting for more
        if not chunk:
            return
        yield chunk
        seen.append(chunk)
        if chunk.rstrip().endswith(b"}"):
            try:
                read_json(b"".join(seen).decode("utf-8"))
            except (Unusual, UnicodeDecodeError):
                continue
            return


def preview(data: bytes) -> bytes | None:
    """Return the answer to a query, or None when it takes more care."""
    try:
        text = data.decode("utf-8")
        query = read_json(text)
        lowered = text.lower()
        if not isinstance(query, dict) or any(word in lowered for word in _SUSPICIOUS):
            return None
        if set(query) == {"request"}:
            return _answer(read_json(query["request"]))
        if not all(isinstance(value, str) and value.strip() for value in query.values()) or set(query) - {*_PARTS}:
            return None
        return _answer(query)
    except (Unusual, UnicodeDecodeError, AttributeError, KeyError, TypeError):
        return None


def _answer(request: Any) -> bytes | None:
    """Return the answer to a request."""
    given = {name: value for name, value in request.items() if value is not None}
    repository, event_type = given.pop("repository"), given.pop("event_type")
    payload = given.pop("client_payload", {})
    if isinstance(payload, str):
        payload = read_json(payload)
    if not (_is_repository(repository) and _is_event_type(event_type) and _are_plain(given)):
        return None
    if not isinstance(payload, dict) or len(payload) > 9 or "dispatch" in payload or not _is_flat(payload, 0):
        return None
    key = fingerprint([(repository, event_type, payload)])
    envelope = {"schema": 1, "id": "0" * 32, "kind": "custom", "source": {"tool": "terraform"}, "key": key}
    size = len(canonical({**payload, "dispatch": envelope}))
    if size > _LIMIT:
        return None
    from .answer import preview_of

    return preview_of([(repository, event_type, size)], key)


def _is_repository(text: Any) -> bool:
    """Tell whether the text is plainly ``owner/name``."""
    if not isinstance(text, str) or len(text) > 150 or text.endswith(".git"):
        return False
    owner, _slash, name = text.partition("/")
    return (
        bool(owner and name)
        and name not in (".", "..")
        and owner[0] in _LETTERS
        and not owner.strip(_LETTERS + "-_")
        and not name.strip(_LETTERS + "-_.")
        and all(letter in _LETTERS + "-_./" for letter in text)
        and text.count("/") == 1
    )


def _is_event_type(text: Any) -> bool:
    """Tell whether the text is plainly an event type."""
    return isinstance(text, str) and 0 < len(text) <= 100 and text.isprintable() and text == text.strip()


def _are_plain(options: dict[str, Any]) -> bool:
    """Tell whether the options about delivery are plainly in order."""
    for name, value in options.items():
        if name in _FLAGS and isinstance(value, bool):
            continue
        if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 86_400:
            continue
        return False
    return True


def _is_flat(value: Any, depth: int) -> bool:
    """Tell whether a value is nested no deeper than any reader can follow."""
    if depth > _DEPTH:
        return False
    if isinstance(value, dict):
        return all(_is_flat(item, depth + 1) for item in value.values())
    return not isinstance(value, list) or all(_is_flat(item, depth + 1) for item in value)
