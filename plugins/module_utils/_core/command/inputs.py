# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What comes in from files, standard input and the environment, in the forms that Windows and Unix give it."""

from __future__ import annotations

import codecs
import contextlib
import difflib
import json
import typing as t

from ..errors import InvalidInput
from ..secret import shown_path

if t.TYPE_CHECKING:  # pragma: no cover
    from .streams import Streams

REQUEST_VARIABLE = "DISPATCH_REQUEST"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Inputs:
    """Reads texts. Standard input is read once, and never when a person sits at it."""

    def __init__(self, streams: Streams) -> None:
        """Take the streams of the process."""
        self._streams = streams
        self._reader = ""

    def file(self, path: str, source: str) -> str:
        """Return the text of a file; ``-`` is standard input. ``source`` names the option in errors.

        :raises InvalidInput: when it can't be read, or is no text.
        """
        return decode(self.data(path, source), source)

    def data(self, path: str, source: str) -> bytes:
        """Return the bytes of a file or of standard input."""
        with self.stream(path, source) as stream:
            return stream.read()

    def stream(self, path: str, source: str) -> contextlib.AbstractContextManager[t.BinaryIO]:
        """Return a file or standard input, to be read bit by bit."""
        if path == "-":
            return contextlib.nullcontext(self._standard_input(source))
        try:
            return open(path, "rb")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "no path"
            raise InvalidInput(f"{source}: {shown_path(path)} can't be read ({why}).", "Check the path.") from None

    def standard_input(self, source: str) -> bytes:
        """Return all of standard input."""
        return self._standard_input(source).read()

    def _standard_input(self, source: str) -> t.BinaryIO:
        """Return standard input.

        :raises InvalidInput: when it is a terminal, closed, or was read before.
        """
        stream = self._streams.stdin
        if self._reader:
            raise InvalidInput(f"{source} and {self._reader} both read standard input.", "Give one of them as a file.")
        if stream is None or stream.isatty():
            state = "closed" if stream is None else "a terminal"
            raise InvalidInput(f"{source} reads standard input, which is {state}.", "Pipe the text in, or name a file.")
        self._reader = source
        return stream


def decode(data: bytes, source: str) -> str:
    """Return text in UTF-8, or in what its byte order mark or its zeros say: PowerShell writes UTF-16.

    :raises InvalidInput: when it is none of these.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if not encoding:
        encoding = {b"\0": "utf-16-le"}.get(data[1:2], "utf-16-be" if data[:1] == b"\0" else "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise InvalidInput(f"{source} is not text in UTF-8 (or UTF-16).", "Save it in UTF-8.") from None


def read_request(text: str, source: str, known: t.Collection[str], secrets: t.Collection[str]) -> dict[str, t.Any]:
    """Return the options in one JSON object.

    :raises InvalidInput: saying where it is no JSON, which name is not known, or that a secret does not belong there.
    """
    value = parse(text, source)
    if not isinstance(value, dict):
        raise InvalidInput(f"{source} is not a JSON object.", 'Give one such as {"repository": "acme/site", …}.')
    for name in value:
        if name in secrets:
            raise InvalidInput(
                f"{source} holds {name}. Requests end up in files, states and logs, where secrets do not belong.",
                "Give it by the environment, or by a file of its own.",
            )
        if name not in known:
            raise InvalidInput(f"{source} has the unknown name {shown_name(name)}.", closest(name, known))
    return value


def parse(text: str, source: str) -> t.Any:
    """Return the JSON value in a text.

    :raises InvalidInput: with the place where it goes wrong, and nothing of the text.
    """
    if not text.strip("\ufeff \t\r\n"):
        raise InvalidInput(f"{source} is empty.", "Give one JSON object.")
    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_no_repeats, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        escape = " A backslash has to be doubled." if "escape" in error.msg else ""
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput(f"{source} is not JSON: {error.msg.lower()} ({where}).{escape}", _QUOTES) from None
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _Refused) else "it has numbers or levels beyond all measure"
        raise InvalidInput(f"{source} can't be used: {why}.", "Mend it.") from None


_QUOTES = "A shell may have taken the quotes away: give JSON by a file or by standard input."


class _Refused(ValueError):
    """JSON that could be read, in one way or another."""


def _no_repeats(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    """Make a dict of pairs, refusing a key that stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("a key stands twice in one object")
    return found


def _refuse(word: str) -> t.NoReturn:
    """Refuse NaN and Infinity."""
    raise _Refused(f"it holds {word}, which JSON does not have")


def closest(word: str, known: t.Iterable[str]) -> str:
    """Return advice that names what was probably meant."""
    names = sorted(known)
    near = difflib.get_close_matches(word.lower().replace("-", "_"), names, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else f"Possible: {', '.join(names)}."


def shown_name(name: str) -> str:
    """Return a name for messages, unless it is longer than names are, or may be a secret."""
    return (
        name
        if name.replace("_", "a").replace("-", "a").isalnum() and shown_path(name) == name and len(name) <= 40
        else "(not shown)"
    )
