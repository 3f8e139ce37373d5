# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of GitHub's expression language that titles of runs use."""

from __future__ import annotations

import json
import re
import typing as t

_PLACEHOLDER = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKENS = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>\|\||&&|==|!=|[!().,\[\]]))"
)
_WORDS: dict[str, t.Any] = {"true": True, "false": False, "null": None}


def render(template: str, contexts: t.Mapping[str, t.Any]) -> str:
    """Replace each ``${{ … }}``. What cannot be understood becomes empty text."""

    def value_of(match: re.Match[str]) -> str:
        try:
            return as_text(evaluate(match.group(1), contexts))
        except ValueError:
            return ""

    return _PLACEHOLDER.sub(value_of, template)


def as_text(value: t.Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return "Object" if isinstance(value, dict) else "Array"
    return str(value)


def evaluate(expression: str, contexts: t.Mapping[str, t.Any]) -> t.Any:
    """Value of one expression; raises ValueError when it is not in this subset of the language."""
    reader = _Reader(_split(expression), contexts)
    value = reader.either()
    if reader.rest:
        raise ValueError(f"unexpected {reader.rest[0]}")
    return value


def _split(expression: str) -> list[str]:
    words, position, expression = [], 0, expression.strip()
    while position < len(expression):
        match = _TOKENS.match(expression, position)
        if match is None:
            raise ValueError(f"cannot read {expression[position:]}")
        words.append(match.group().strip())
        position = match.end()
    return words


class _Reader:
    """Recursive descent over the words of an expression."""

    def __init__(self, words: list[str], contexts: t.Mapping[str, t.Any]) -> None:
        self.rest = words
        self._contexts = contexts

    def _accept(self, *wanted: str) -> str | None:
        return self.rest.pop(0) if self.rest and self.rest[0] in wanted else None

    def _expect(self, wanted: str) -> None:
        if self._accept(wanted) is None:
            raise ValueError(f"{wanted} is missing")

    def either(self) -> t.Any:
        value = self._both()
        while self._accept("||"):
            other = self._both()
            value = value or other
        return value

    def _both(self) -> t.Any:
        value = self._equal()
        while self._accept("&&"):
            other = self._equal()
            value = value and other
        return value

    def _equal(self) -> t.Any:
        value = self._single()
        while sign := self._accept("==", "!="):
            value = (value == self._single()) is (sign == "==")
        return value

    def _single(self) -> t.Any:
        if self._accept("!"):
            return not self._single()
        if self._accept("("):
            value = self.either()
            self._expect(")")
            return value
        if not self.rest:
            raise ValueError("the expression ends early")
        return self._named(self.rest.pop(0))

    def _named(self, word: str) -> t.Any:
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        if word[0].isdigit() or word[0] == "-":
            return json.loads(word)
        if word in _WORDS:
            return _WORDS[word]
        if self._accept("("):
            return _call(word, self._arguments())
        return self._path(self._contexts.get(word))

    def _arguments(self) -> list[t.Any]:
        values: list[t.Any] = []
        while not self._accept(")"):
            values.append(self.either())
            if self.rest[:1] != [")"]:
                self._expect(",")
        return values

    def _path(self, value: t.Any) -> t.Any:
        while sign := self._accept(".", "["):
            if not self.rest:
                raise ValueError("the path ends early")
            if sign == ".":
                value = _member(value, self.rest.pop(0))
            else:
                value = _member(value, self.either())
                self._expect("]")
        return value


def _member(value: t.Any, key: t.Any) -> t.Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return None


def _call(name: str, arguments: list[t.Any]) -> t.Any:
    if name.lower() == "tojson" and len(arguments) == 1:
        return json.dumps(arguments[0], indent=2)
    if name == "format" and arguments:
        texts = [as_text(value) for value in arguments[1:]]
        return re.sub(r"\{(\d+)\}", lambda match: texts[int(match.group(1))], str(arguments[0]))
    raise ValueError(f"unknown function {name}")
