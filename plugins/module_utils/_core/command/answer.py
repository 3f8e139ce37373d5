# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The answer of `external`, in the words of its protocol: one JSON object of texts, the same for the same question."""

from __future__ import annotations

from .fingerprint import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO


def preview_of(
    events: Sequence[tuple[str, str, int]],
    key: str,
    *,
    would_send: bool = True,
    more: Mapping[str, str] | None = None,
) -> bytes:
    """Return the answer for events: repository, event type and size of the whole payload in bytes."""
    names = [repository for repository, _event_type, _size in events]
    types = sorted({event_type for _repository, event_type, _size in events})
    answer = {
        "outcome": "planned",
        "would_send": "true" if would_send else "false",
        "fingerprint": key,
        "kind": "custom",
        "repository": ",".join(names),
        "event_type": ",".join(types),
        "payload_bytes": str(max(size for _repository, _event_type, size in events)),
        **(more or {}),
    }
    return in_ascii(canonical(answer))


def in_ascii(text: bytes) -> bytes:
    """Return JSON with everything beyond ASCII escaped: right whatever the console's encoding is."""
    if text.isascii():
        return text + b"\n"
    escaped = []
    for letter in text.decode("utf-8"):
        point = ord(letter)
        if point < 128:
            escaped.append(letter)
        elif point < 0x10000:
            escaped.append(f"\\u{point:04x}")
        else:
            high, low = divmod(point - 0x10000, 0x400)
            escaped.append(f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}")
    return "".join(escaped).encode("ascii") + b"\n"


def put(sink: BinaryIO, data: bytes) -> int:
    """Write an answer whole; return the status to exit with: 1 when nobody reads it."""
    try:
        sink.write(data)
        sink.flush()
    except OSError:
        return 1
    return 0
