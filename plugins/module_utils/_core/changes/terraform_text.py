# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The input as UTF-8, whatever wrote it: with a mark of byte order, in UTF-16 (PowerShell), among other lines."""

from __future__ import annotations

import codecs
import typing as t

from ..errors import InvalidInput

HEAD = 1 << 16
_PIECE = 1 << 18
LONGEST_LINE = 1 << 22
_UTF16 = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)


class Text:
    """Reads bytes of UTF-8, or lines of it, in constant memory. What wrappers print around the JSON is passed over."""

    def __init__(self, data: t.BinaryIO) -> None:
        """Take an open binary file."""
        self._data = data
        self._buffer = b""
        self._ended = False
        self._decoder: codecs.IncrementalDecoder | None = None
        self.not_understood = 0
        self._begin()

    def read(self, size: int) -> bytes:
        """Return up to so many bytes; nothing at the end."""
        if not self._buffer:
            self._fill()
        part, self._buffer = self._buffer[:size], self._buffer[size:]
        return part

    def head(self, size: int = HEAD) -> bytes:
        """Return the bytes to come, as many as asked for if there are, without taking them."""
        while len(self._buffer) < size and not self._ended:
            self._fill()
        return self._buffer[:size]

    def skip_to_object(self) -> bool:
        """Pass over the lines before the first one that begins with a brace; tell whether there is one."""
        while True:
            line = self.head().lstrip(b" \t\r\n")
            if line.startswith(b"{"):
                return True
            if not line:
                if self._ended:
                    return False
                self._buffer = b""
                continue
            if b"\n" not in line and not self._ended:
                raise InvalidInput("The input is no JSON.", "Give what `terraform show -json PLANFILE` prints.")
            self.pass_over(line.partition(b"\n")[0])
            self._buffer = self._buffer.lstrip(b" \t\r\n").partition(b"\n")[2]

    def pass_over(self, line: bytes) -> None:
        """Count a line that isn't understood, unless it is one that wrappers on GitHub are known to print."""
        text = line.strip()
        if text and not text.startswith((b"[command]", b"::", b"##[")):
            self.not_understood += 1

    def pass_over_rest(self, begun: bytes) -> None:
        """Count what follows the JSON, up to a bound: some lines of a wrapper are normal."""
        for line in (begun + self.head()).splitlines():
            self.pass_over(line)

    def lines(self) -> t.Iterator[bytes]:
        """Give each line; of one that is longer than any that matters only the beginning, which is no JSON then."""
        while True:
            end = self._buffer.rfind(b"\n")
            if end >= 0:
                block, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
                yield from block.split(b"\n")
            elif self._ended:
                if self._buffer:
                    yield self._buffer
                return
            elif len(self._buffer) > LONGEST_LINE:
                yield self._buffer[:HEAD]
                self._drop_line()
            else:
                self._fill()

    def _drop_line(self) -> None:
        """Pass over the rest of a line."""
        while b"\n" not in self._buffer and not self._ended:
            self._buffer = b""
            self._fill()
        self._buffer = self._buffer.partition(b"\n")[2]

    def _begin(self) -> None:
        """Look at the first bytes for what they say of the encoding."""
        self._fill()
        while len(self._buffer) < 4 and not self._ended:
            self._fill()
        self._buffer = self._buffer.removeprefix(codecs.BOM_UTF8)
        for mark, name in _UTF16:
            if self._buffer.startswith(mark):
                self._decoder = codecs.getincrementaldecoder(name)()
                begun = self._buffer[2:] if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else self._buffer
                self._buffer = self._decoded(begun)
                break

    def _fill(self) -> None:
        """Read more."""
        try:
            more = self._data.read(_PIECE)
        except OSError as error:
            why = error.strerror or "error"
            raise InvalidInput(f"The input can't be read ({why}).", "Check the path.") from None
        self._ended = not more
        self._buffer += self._decoded(more) if self._decoder else more

    def _decoded(self, more: bytes) -> bytes:
        """Return UTF-16 as UTF-8."""
        if self._decoder is None:
            return more
        try:
            text: str = self._decoder.decode(more, final=self._ended)
            return text.encode("utf-8")
        except UnicodeError:
            raise InvalidInput(
                "The input is no valid UTF-16.", "Write it as UTF-8: `Out-File -Encoding utf8`."
            ) from None
