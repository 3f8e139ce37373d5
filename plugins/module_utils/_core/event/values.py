# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Values of a payload as JSON, with their types kept: the one place where a tool's own types become plain ones.

The same value gives the same JSON from every face. Nothing is guessed: a text stays a text, whatever it looks like.
"""

from __future__ import annotations

import json
import math
import typing as t
from datetime import date, datetime

from ..errors import InvalidInput

_DEPTH = 60
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def read_payload(value: object, option: str = "client_payload") -> dict[str, t.Any]:
    """Return the payload as a plain dict: from a mapping, or from the text of a JSON object; None gives an empty one.

    :raises InvalidInput: naming what was seen instead of an object.
    """
    if value is None:
        return {}
    if isinstance(value, (str, bytes)):
        value = _parsed(value, option)
    if not isinstance(value, t.Mapping):
        raise InvalidInput(
            f"{option} is {_kind(value)}, not an object.", "Give a mapping, or the text of one JSON object."
        )
    return t.cast("dict[str, t.Any]", plain(value, option))


def plain(value: object, path: str) -> t.Any:
    """Return ``value`` in JSON's own types. ``path`` names it in errors.

    Dates become ``YYYY-MM-DD``; times ISO 8601 with the offset they have, or none; bytes their UTF-8 text.

    :raises InvalidInput: for anything that has no JSON form, naming the key path.
    """
    return _plain(value, path, 0)


def compact(value: object) -> bytes:
    """Return compact UTF-8 JSON: the bytes that are sent, and the ones that limits are counted on.

    :raises InvalidInput: for text that is no Unicode (lone surrogates), and for integers of thousands of digits.
    """
    try:
        return _ENCODER.encode(value).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInput("The payload holds text that is not valid Unicode.", "Remove the lone surrogates.") from None
    except ValueError:
        raise InvalidInput("The payload holds a number that is too long to write.", "Give it as text.") from None


def _plain(value: object, path: str, depth: int) -> t.Any:
    """Do the work of :func:`plain`, to a depth that any reader of JSON can follow."""
    if value is None or isinstance(value, (str, int, float)):  # most values, and the question about mappings is slow
        return _scalar(value, path)
    if depth > _DEPTH:
        raise InvalidInput(f"{path} is nested more than {_DEPTH} levels deep.", "Flatten it.")
    if isinstance(value, t.Mapping):
        result = {_key(key, path): _plain(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
        if len(result) != len(value):
            raise InvalidInput(f"{path} has a key twice: as a number and as a text.", "Rename one of them.")
        return result
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
    return _scalar(value, path)


def _scalar(value: object, path: str) -> t.Any:
    """Return a single value in one of JSON's own types, free of the tool's subclasses."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput(f"{path} is {value}, which JSON does not have.", "Give a number or null.")
        return float(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        try:
            return bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidInput(f"{path} holds bytes that are not UTF-8 text.", "Encode them (b64encode).") from None
    raise InvalidInput(f"{path} is of type {type(value).__name__}, which has no JSON form.", "Convert it to text.")


def _key(key: object, path: str) -> str:
    """Return the key of a mapping as text. YAML makes numbers of unquoted digits; JSON writes them as text."""
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, int) and not isinstance(key, bool):
        return str(int(key))
    raise InvalidInput(f"{path} has a key of type {type(key).__name__}.", "Quote it: keys of JSON objects are texts.")


def _parsed(text: str | bytes, option: str) -> object:
    """Parse the text of a JSON object."""

    def refuse(word: str) -> t.NoReturn:
        raise ValueError(word)

    try:
        plain_text = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        value = json.loads(plain_text, parse_constant=refuse, object_pairs_hook=_no_repeats)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _RepeatedKey) else "the text is not JSON"
        raise InvalidInput(f"{option} is a text of {len(text)} characters, and {why}.", _AS_OBJECT) from None
    if not isinstance(value, dict):
        raise InvalidInput(f"{option} is a text that holds {_kind(value)}, not an object.", _AS_OBJECT)
    return value


_AS_OBJECT = 'Give a mapping, or the text of one JSON object such as {"service": "web"}.'


class _RepeatedKey(ValueError):
    """A key stands twice in one object; which one counts would be a guess."""


def _no_repeats(pairs: list[tuple[str, t.Any]]) -> dict[str, t.Any]:
    """Make a dict of pairs, refusing a key that stands twice."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _RepeatedKey("a key stands twice in one object")
    return result


def _kind(value: object) -> str:
    """Name the kind of a value in JSON's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, (list, tuple)) else f"of type {type(value).__name__}"
