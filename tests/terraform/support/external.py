# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the data source of hashicorp/external does with a program: the measured behaviour of version 2.4.0.

The words of its errors are our own, but for the few that people search for.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import typing as t
from pathlib import Path

#: What Terraform's plugin machinery adds to the environment of a provider.
PLUGIN_VARIABLES = {
    "TF_PLUGIN_MAGIC_COOKIE": "stand-in",
    "PLUGIN_CLIENT_CERT": "stand-in",
    "PLUGIN_MIN_PORT": "10000",
    "PLUGIN_MAX_PORT": "25000",
    "PLUGIN_PROTOCOL_VERSIONS": "5,6",
}


class Trouble(Exception):
    """An error as Terraform shows it: a title, and details."""

    def __init__(self, title: str, details: str) -> None:
        """Take both."""
        super().__init__(title)
        self.title = title
        self.details = details


class Ran(t.NamedTuple):
    """A program that was run."""

    program: list[str]
    query: dict[str, str]
    status: int
    stdout: bytes
    stderr: str


class Place(t.NamedTuple):
    """Where the provider runs: that of the process of Terraform."""

    folder: Path
    env: t.Mapping[str, str]


def run(program: t.Sequence[str | None], query: t.Mapping[str, str | None], working_dir: str | None, at: Place) -> Ran:
    """Run the program with the query on its standard input.

    :raises Trouble: when there is none.
    """
    words = [word for word in program if word]
    asked = {name: value for name, value in query.items() if value is not None}
    if not words:
        raise Trouble("External Program Missing", "Every word of program is empty.")
    if not _found(words[0], at):
        raise Trouble("External Program Lookup Failed", f"There is no program {words[0]!r} here or on the PATH.")
    try:
        done = subprocess.run(
            words,
            input=json.dumps(asked, separators=(",", ":"), ensure_ascii=False).encode(),
            capture_output=True,
            check=False,
            cwd=at.folder / (working_dir or ""),
            env={**at.env, **PLUGIN_VARIABLES},
        )
    except FileNotFoundError as error:
        raise Trouble("External Program Execution Failed", "fork/exec: no such file or directory") from error
    return Ran(words, asked, done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def _found(name: str, at: Place) -> bool:
    """Look for a program: a path by the folder of Terraform, a bare name by the PATH."""
    if "/" in name:
        path = at.folder / name
        return path.is_file() and os.access(path, os.X_OK)
    return shutil.which(name, path=at.env.get("PATH", "")) is not None


def result_of(ran: Ran) -> dict[str, str] | None:
    """Return the result of the data source.

    :raises Trouble: when the program failed, or did not say one JSON object of texts.
    """
    if ran.status != 0:
        state = f"signal: {_signal_name(-ran.status)}" if ran.status < 0 else f"exit status {ran.status}"
        said = f"Error Message: {ran.stderr}" if ran.stderr else "The program returned no additional error messaging."
        raise Trouble("External Program Execution Failed", f"{said}\nProgram: {ran.program[0]}\nState: {state}")
    try:
        return _read(ran.stdout)
    except ValueError as error:
        raise Trouble("Unexpected External Program Results", f"Result Error: {error}") from None


def _signal_name(number: int) -> str:
    """Return the name of a signal as Go says it."""
    return (signal.strsignal(number) or str(number)).lower()


def _read(data: bytes) -> dict[str, str] | None:
    """Return what was said, read as Go does: forgiving about encodings, strict about types."""
    text = data.decode("utf-8", "replace").strip(" \t\r\n")
    if not text:
        raise ValueError("unexpected end of JSON input")
    if text.startswith("\ufeff"):
        raise ValueError(r"invalid character '\ufeff' looking for beginning of value")
    value = json.loads(text, parse_constant=_refuse)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError(f"cannot unmarshal {_kind(value)} into Go value of type map[string]string")  # noqa: TRY004 - as for other JSON
    for item in value.values():
        if item is not None and not isinstance(item, str):
            raise ValueError(f"cannot unmarshal {_kind(item)} into Go value of type string")
    return {_whole(name): _whole(item or "") for name, item in value.items()}


def _refuse(word: str) -> t.NoReturn:
    """Refuse what only Python takes for JSON."""
    raise ValueError(f"invalid character {word[0]!r} looking for beginning of value")


def _kind(value: object) -> str:
    """Return the kind of a JSON value in the words of Go."""
    names = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names[value.__class__]


def _whole(text: str) -> str:
    """Return a text in which lone halves of a pair became the replacement character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
