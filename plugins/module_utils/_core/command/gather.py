# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a command is asked for: arguments first, then the request, then the environment."""

from __future__ import annotations

import json
import re
import typing as t

from ..errors import InvalidInput
from ..github.settings import ENVIRONMENT
from .inputs import Inputs
from .options import Option

_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class Asked(t.NamedTuple):
    """Options by the names of the public contract, and the environment that stands in for connection options."""

    options: dict[str, t.Any]
    env: dict[str, str]


def gather(
    known: t.Sequence[Option],
    arguments: t.Mapping[str, t.Any],
    inputs: Inputs,
    env: t.Mapping[str, str],
    request: t.Mapping[str, t.Any] | None = None,
) -> Asked:
    """Return the options that are given. An empty variable of the environment counts as not set.

    :param request: options that were given together, as one object.
    :raises InvalidInput: for a value that can't be what the option holds.
    """
    found: dict[str, t.Any] = {}
    surroundings = dict(env)
    for option in known:
        value = _given(option, arguments, inputs)
        if value is None and request is not None:
            value = next(
                (request[name] for name in (option.name, *option.aliases) if request.get(name) is not None), None
            )
        if value is None:
            value = _of_environment(option, env, surroundings)
        if value is not None:
            found[option.name] = value
    return Asked(found, surroundings)


def _given(option: Option, arguments: t.Mapping[str, t.Any], inputs: Inputs) -> t.Any:
    """Return what the arguments say."""
    if option.secret:
        path = arguments.get(f"{option.name}_file")
        return (
            None
            if path is None
            else read_value(option, inputs.file(path, f"{option.flag_name}-file"), option.flag_name)
        )
    value = arguments.get(option.name)
    if isinstance(value, list):
        return [word for text in value for word in t.cast("list[t.Any]", read_value(option, text, option.flag_name))]
    return value if value is None or isinstance(value, bool) else read_value(option, value, option.flag_name)


def _of_environment(option: Option, env: t.Mapping[str, str], surroundings: dict[str, str]) -> t.Any:
    """Return what the environment says; connection options that have variables of their own go on as such.

    So a token of the environment does not clash with an App that is given explicitly.
    """
    for variable in option.variables:
        text = env.get(variable)
        if text:
            if option.name not in ENVIRONMENT or text.lstrip().startswith("["):
                return read_value(option, text, variable)
            surroundings[ENVIRONMENT[option.name][0]] = text
            break
    return None


def read_value(option: Option, text: str, source: str) -> t.Any:
    """Return the value in a text, which stands for the option in ``source``.

    :raises InvalidInput: never showing the text: it may be a secret in the wrong place.
    """
    if option.kind == "flag":
        word = text.strip().lower()
        if word not in _YES + _NO:
            raise InvalidInput(f"{source} is neither yes nor no.", f"Possible: {', '.join(_YES + _NO)}.")
        return word in _YES
    if option.kind == "number":
        plain = text.strip()
        return int(plain) if re.fullmatch(r"[0-9]{1,18}", plain) else text
    if option.kind == "words" or (option.name == "signer_command" and text.lstrip().startswith("[")):
        return _words(text, source, by_blanks=option.secret)
    return text.rstrip("\r\n") if option.secret and option.kind == "text" else text


def _words(text: str, source: str, *, by_blanks: bool) -> list[t.Any]:
    """Return a list: a JSON one, or words with commas or blanks in between.

    :param by_blanks: a comma is a part of a word, as in addresses.
    """
    if not text.strip().startswith("["):
        return [word for word in re.split(r"\s+" if by_blanks else r"[\s,]+", text.strip()) if word]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise InvalidInput(f"{source} begins like a JSON list, and is none.", "Give words with commas in between.")
    return value
