# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What makes two requests the same: their repositories, event types and payloads, and nothing about delivery.

JSON is read and written here by the C functions that the standard library's `json` itself uses, where they are there,
and the digest is made by the one that `hashlib` falls back to: to load `json` and `hashlib` takes as long as half a
start of Python, and the preview of a `terraform plan` needs nothing else of them. The tests hold both ways equal.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Callable, Sequence
    from typing import Any


class Unusual(Exception):
    """The text is not JSON, or says something that has to be looked at with care."""


def _refuse(word: object) -> Any:
    """Refuse NaN and its like, and values that have no JSON form."""
    raise Unusual(word)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict of pairs, refusing a key that stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unusual
    return found


class _Reading:
    """How JSON is read: the attributes that the C scanner asks for."""

    def __init__(self) -> None:
        """Keep what the scanner remembers apart."""
        self.memo: dict[str, str] = {}

    strict = True
    object_hook = None
    object_pairs_hook = staticmethod(_no_repeats)
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(_refuse)


def _by_json() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    """Return reader and writer by the public functions of `json`."""
    import json

    def read(text: str) -> Any:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_no_repeats)

    def write(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)

    return read, write


def _by_accelerator() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    """Return reader and writer by what `json` is made of.

    :raises ImportError: (or another error) when this Python does not have it, or has it in another form.
    """
    from _json import encode_basestring, make_encoder, make_scanner

    scan = make_scanner(_Reading())  # type: ignore[arg-type]  # it asks for attributes, not for a type
    encode = make_encoder(None, _refuse, encode_basestring, None, ":", ",", True, False, False)

    def read(text: str) -> Any:
        text = text.strip(" \t\r\n")
        value, end = scan(text, 0)
        if end != len(text):
            raise Unusual
        return value

    def write(value: Any) -> str:
        return "".join(encode(value, 0))

    if write(read('[{"b":1,"a":"\\u00e9"}]')) != '[{"a":"\u00e9","b":1}]':
        raise ImportError("the accelerator of json has another form")
    return read, write


def _sha256(data: bytes) -> Any:
    """Return the digest, with `hashlib` (and OpenSSL, which it loads) only where there is no other way."""
    try:
        sha = __import__("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
    except (ImportError, AttributeError):
        from hashlib import sha256 as sha
    return sha(data)


try:
    _read, _write = _by_accelerator()
except Exception:  # noqa: BLE001 - whatever has changed in a future Python, the public functions do the same
    _read, _write = _by_json()


def read_json(text: str) -> Any:
    """Return the value.

    :raises Unusual: when the text is not JSON, has a key twice, or numbers that JSON does not have.
    """
    try:
        return _read(text)
    except (ValueError, RecursionError, StopIteration):
        raise Unusual from None


def canonical(value: Any) -> bytes:
    """Return compact UTF-8 JSON with sorted keys: the same for equal values, whoever wrote them.

    :raises Unusual: for what has no JSON form.
    """
    try:
        return _write(value).encode("utf-8")
    except (ValueError, RecursionError):
        raise Unusual from None


def fingerprint(events: Sequence[tuple[str, str, dict[str, Any]]]) -> str:
    """Return ``sha256:`` and the digest of events: repository, event type, and the user's part of the payload."""
    said = sorted(canonical([repository.lower(), event_type, payload]) for repository, event_type, payload in events)
    return "sha256:" + str(_sha256(b"\n".join(said)).hexdigest())
