# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""JSON read bit by bit: what is wanted of a large object in batches, the rest passed over without making objects of it.

A container is walked in pieces. For a piece it is enough to know how deep it goes up and down: everything but brackets
and quotes is deleted, then texts, and pairs of brackets until none is left. Methods of ``bytes`` do that, which costs a
fraction of parsing. Only where a piece comes up to the level of the container its tokens are looked at, to cut between
two elements. What is passed over is not checked; what is handed out is parsed.
"""

from __future__ import annotations

import json
import re
import typing as t

from ..errors import InvalidInput

PIECE = 1 << 18
_LONGEST = 1 << 20  # bytes of a single text or number at the top level
_DEEPEST = 64  # rounds of taking out pairs; what is nested deeper is counted byte by byte
_OTHERS = bytes(set(range(256)) - set(b'"{}[]'))
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_IN_TEXT = re.compile(rb'"[^"]*"')
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[{}\[\],]', re.DOTALL)
_REST_OF_TEXT = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SCALAR = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,\]}"{\[]+', re.DOTALL)
_FIRST = b'[{"address":"'
_BEGIN, _NEAR_BEGIN, _GUESSES = b'},{"address":"', b'","mode":"', 3
_SPACE = re.compile(rb"[ \t\r\n]*")


class Members:
    """The members of one JSON object, in their order, from a function that reads up to so many bytes."""

    def __init__(self, read: t.Callable[[int], bytes], check: t.Callable[[bytes], t.Any] | None = None) -> None:
        """Take what reads; the next byte that is no white space must be the object's opening brace.

        ``check``, if there is one, parses an array much faster than a walk passes over it, or raises
        :class:`InvalidInput`.
        """
        self._read = read
        self._check = check
        self._buffer = b""
        self._ended = False

    def __iter__(self) -> t.Iterator[str]:
        """Give the name of each member; its value is passed over unless :meth:`value` or :meth:`items` took it.

        :raises InvalidInput: when the text is no object, or ends too early.
        """
        self._expect(b"{")
        while True:
            if self._peek() == b"}":
                self._buffer = self._buffer[1:]
                return
            name = self._scalar()
            self._expect(b":")
            self._taken = False
            yield str(name)
            if not self._taken:
                self._skip()
            if self._peek() == b",":
                self._buffer = self._buffer[1:]
            elif self._peek() != b"}":
                raise broken()

    def value(self) -> t.Any:
        """Return the value of the member if it is a text, number, boolean or null; else None, and it is passed over."""
        if self._peek() in (b"{", b"["):
            self._skip()
            return None
        self._taken = True
        return self._scalar()

    def items(self, decode: t.Callable[[bytes], t.Any]) -> t.Iterator[t.Any]:
        """Give the elements of the member's array or object in batches, each parsed as an array or object of some.

        A value that is no container has none. ``decode`` raises :class:`InvalidInput` for what is no JSON.
        """
        opening = self._peek()
        if opening not in (b"{", b"["):
            self._skip()
            return
        self._taken = True
        closing = b"}" if opening == b"{" else b"]"
        self._buffer = self._buffer[1:]
        if opening == b"[":
            yield from self._guessed(decode)
        kept: list[bytes] = []
        for part, whole in self._walk():
            kept.append(part)
            if whole:
                batch = b"".join(kept)
                kept = []
                if batch.strip():
                    yield decode(b"%b%b%b" % (opening, batch, closing))

    def rest(self) -> bytes:
        """Return what was read already of that which follows the object."""
        return self._buffer

    def _guessed(self, decode: t.Callable[[bytes], t.Any]) -> t.Iterator[t.Any]:
        """Give batches that are cut where Terraform seems to begin a new element, as long as that goes well.

        A guess can't be wrong unnoticed: what begins with an element and parses as an array is just that many elements.
        This spares walking; it ends near the end of the array at the latest.
        """
        while True:
            if len(self._buffer) < PIECE:
                self._buffer += self._read(PIECE)
            buffer = self._buffer
            end = len(buffer)
            batch = None
            for _guess in range(_GUESSES):
                end = buffer.rfind(_BEGIN, 0, max(buffer.rfind(_NEAR_BEGIN, 0, end), 0))
                if end < 0:
                    return
                try:
                    batch = decode(b"[%b}]" % buffer[:end])
                except InvalidInput:
                    continue
                break
            if batch is None:
                return
            self._buffer = buffer[end + 2 :]
            yield batch

    def _skip(self) -> None:
        """Pass over a value."""
        self._taken = True
        if self._peek() in (b"{", b"["):
            self._buffer = self._buffer[1:]
            for _part in self._walk(cut=False):
                pass
        else:
            self._scalar()

    def _walk(self, *, cut: bool = True) -> t.Iterator[tuple[bytes, bool]]:
        """Give the inside of a container, piece by piece; a piece that is ``whole`` ends between two elements."""
        depth, inside = 0, False
        guesses = _GUESSES if self._check and not cut else 0
        while True:
            piece = self._piece()
            start = piece.find(_FIRST) + 1 if guesses else 0
            if self._check and start:
                closings, openings, after = reduce(piece[:start], inside)
                if not after and closings <= depth:
                    depth, inside = depth + openings - closings, False
                    self._buffer = piece[start:] + self._buffer
                    guesses = _GUESSES if sum(1 for _batch in self._guessed(self._check)) else guesses - 1
                    piece = self._piece()
            closings, openings, after = reduce(piece, inside)
            if closings > depth:
                end = _end(piece, depth, inside=inside)
                self._buffer = piece[end + 1 :] + self._buffer
                yield piece[:end], True
                return
            came_up = cut and closings == depth
            depth += openings - closings
            comma = _last_comma(piece, depth, inside=inside, inside_after=after) if came_up else -1
            inside = after
            if comma >= 0:
                yield piece[:comma], True
                yield piece[comma + 1 :], False
            else:
                yield piece, False

    def _piece(self) -> bytes:
        """Take the next bytes, never so that they end behind a backslash."""
        if not self._buffer:
            self._fill()
        piece, self._buffer = self._buffer, b""
        kept = len(piece.rstrip(b"\\"))
        while kept < len(piece):
            if not self._buffer:
                self._fill()
            piece, self._buffer = piece + self._buffer[:1], self._buffer[1:]
            kept = len(piece.rstrip(b"\\"))
        return piece

    def _peek(self) -> bytes:
        """Return the next byte that is no white space."""
        while True:
            self._buffer = self._buffer[_space(self._buffer) :]
            if self._buffer:
                return self._buffer[:1]
            self._fill()

    def _expect(self, byte: bytes) -> None:
        """Take one byte that must be there."""
        if self._peek() != byte:
            raise broken()
        self._buffer = self._buffer[1:]

    def _scalar(self) -> t.Any:
        """Take a text, number, boolean or null."""
        self._peek()
        while True:
            found = _SCALAR.match(self._buffer)
            if found and (found.end() < len(self._buffer) or self._buffer[:1] == b'"'):
                break
            if len(self._buffer) > _LONGEST or (found is None and self._buffer[:1] != b'"'):
                raise broken()
            self._fill()
        self._buffer = self._buffer[found.end() :]
        return parse(found.group())

    def _fill(self) -> None:
        """Read more."""
        more = self._read(PIECE)
        if not more:
            raise cut_off()
        self._buffer += more


def reduce(piece: bytes, inside: bool) -> tuple[int, int, bool]:
    """Return how many levels a piece goes up, how many down from there, and whether it ends inside of a text.

    ``inside`` tells whether it begins inside of a text; it must not begin or end in the middle of an escape.
    """
    bare = _ESCAPE.sub(b"", piece) if b"\\" in piece else piece
    bare = bare.translate(None, _OTHERS)
    if inside:
        bare = b'"' + bare
    after = bare.count(b'"') % 2 == 1
    bare = bare.replace(b"[]", b"").replace(b'""', b"")  # side by side they are both inside of a text, or both outside
    if b'"' in bare:
        bare = _IN_TEXT.sub(b"", bare + b'"' if after else bare)
    for _round in range(_DEEPEST):
        length = len(bare)
        bare = bare.replace(b"{}", b"").replace(b"[]", b"")
        if len(bare) == length:
            break
    return (*_levels(bare), after)


def _levels(bare: bytes) -> tuple[int, int]:
    """Return how many levels brackets go up, and how many down from there."""
    closings = len(bare) - len(bare.lstrip(b"}]"))
    if not bare[closings:].strip(b"{["):
        return closings, len(bare) - closings
    depth = low = 0
    for byte in bare:
        depth += 1 if byte in b"{[" else -1
        low = min(low, depth)
    return -low, depth - low


def parse(text: bytes) -> t.Any:
    """Return parsed JSON.

    :raises InvalidInput: saying nothing of what it holds.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise broken() from None


def cut_off() -> InvalidInput:
    """Return the error for JSON that ends in the middle."""
    return InvalidInput("The JSON ends in the middle.", "It was cut off: write it to a file first, and check its size.")


def broken() -> InvalidInput:
    """Return the error for what is no JSON."""
    return InvalidInput("The input is not valid JSON.", "Give what `terraform show -json PLANFILE` prints, unchanged.")


def _space(text: bytes) -> int:
    """Return the length of the white space that a text begins with."""
    found = _SPACE.match(text)
    return found.end() if found else 0


def _end(piece: bytes, depth: int, *, inside: bool) -> int:
    """Return where a container ends that ends in this piece; halves it until little is left to look at."""
    base = 0
    while len(piece) > 1024:
        middle = _safe(piece, len(piece) // 2)
        if middle == 0:
            break
        closings, openings, after = reduce(piece[:middle], inside)
        if closings > depth:
            piece = piece[:middle]
            continue
        base, depth, inside, piece = base + middle, depth + openings - closings, after, piece[middle:]
    for position, token in _tokens(piece, inside=inside):
        if token in b"}]":
            depth -= 1
            if depth < 0:
                return base + position
        elif token in b"{[":
            depth += 1
    raise broken()


def _last_comma(piece: bytes, depth: int, *, inside: bool, inside_after: bool) -> int:
    """Return the last comma between two elements in a piece, or -1. ``depth`` is that of the piece's end."""
    size = 4096
    while True:
        start = _safe(piece, max(len(piece) - size, 0))
        tail = piece[start:] if start else piece
        begins = inside if start == 0 else _odd(tail) != inside_after
        closings, openings, _after = reduce(tail, begins)
        level, last = depth - openings + closings, -1
        for position, token in _tokens(tail, inside=begins):
            if token == b",":
                last = position if level == 0 else last
            else:
                level += 1 if token in b"{[" else -1
        if last >= 0 or start == 0:
            return start + last if last >= 0 else -1
        size *= 8


def _tokens(piece: bytes, *, inside: bool) -> t.Iterator[tuple[int, bytes]]:
    """Give the brackets and commas outside of texts, and where they are."""
    begin = 0
    if inside:
        found = _REST_OF_TEXT.match(piece)
        begin = found.end() if found else len(piece)
    for token in _TOKEN.finditer(piece, begin):
        if not token.group().startswith(b'"'):
            yield token.start(), token.group()


def _odd(piece: bytes) -> bool:
    """Tell whether an odd number of quotes is in a piece."""
    if b"\\" in piece:
        piece = _ESCAPE.sub(b"", piece)
    return piece.count(b'"') % 2 == 1


def _safe(piece: bytes, position: int) -> int:
    """Return a position at or before this one that doesn't stand behind a backslash."""
    while position and piece[position - 1] == 0x5C:
        position -= 1
    return position
