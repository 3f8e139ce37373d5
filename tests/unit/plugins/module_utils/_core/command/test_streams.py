# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a command writes."""

from __future__ import annotations

import io
import json
import os
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.command.streams import Desk, Streams
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import (
    Broken,
    Screen,
)


def desk(stdout: t.BinaryIO | None = None, stderr: t.TextIO | None = None) -> Desk:
    return Desk(Streams(None, stdout, stderr, {}))


def test_secrets_in_use_are_masked_everywhere() -> None:
    out, err = io.BytesIO(), io.StringIO()
    told = desk(out, err)
    told.hide(Secret("canary-7781"))
    told.hide(Secret("a"))  # would mask every a
    told.tell("it said canary-7781\nand ghp_abcdefgh1234")
    told.warn("canary-7781")
    told.trace("canary-7781\n")
    told.give({"a": ["canary-7781", {"b": "x canary-7781 y"}], "n": 7, "banana": None})
    told.give_text(told.masked("canary-7781"))
    assert "canary" not in err.getvalue() + out.getvalue().decode()
    assert err.getvalue().splitlines()[0] == "it said ******** and ********"
    assert "banana" in out.getvalue().decode()


def test_a_failure_is_for_programs_too_when_they_read() -> None:
    out, err = io.BytesIO(), io.StringIO()
    told = desk(out, err)
    told.fail(InvalidInput("No.", "Do."))
    assert out.getvalue() == b""
    told.as_json = True
    told.fail(InvalidInput("No.", "Do."))
    value = json.loads(out.getvalue())
    assert value == {
        "msg": "No. Do.",
        "changed": False,
        "error": {"code": "invalid_input", "message": "No.", "hint": "Do."},
    }
    assert err.getvalue() == "Error: No. Do.\n" * 2


@pytest.mark.parametrize(
    ("stderr", "asked", "watched"),
    [
        (Screen(), None, True),
        (io.StringIO(), None, False),
        (None, None, False),
        (io.StringIO(), True, True),
        (Screen(), False, False),
    ],
)
def test_progress_is_for_people(stderr: t.TextIO | None, asked: bool | None, watched: bool) -> None:
    told = desk(None, stderr)
    told.progress = asked
    assert (told.watcher() is not None) is watched


def test_nobody_reading_is_no_error() -> None:
    told = desk(Broken(), None)
    told.give({"a": 1})
    told.tell("x")
    assert told.give_bytes(b"x") is False
    assert desk(None).give_bytes(b"x") is False
    assert desk(io.BytesIO()).give_bytes(b"x") is True


def test_a_reader_that_is_gone_is_forgotten_before_python_complains() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as stream:
        told = desk(stream)
        assert told.give_bytes(b"x" * 10) is False
        stream.write(b"more")  # goes nowhere, without an error


def test_a_standard_error_that_breaks_is_no_error() -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError

    desk(None, Full()).tell("x")


def test_a_console_without_the_letters_gets_them_escaped(tmp_path: Path) -> None:
    path = tmp_path / "console"
    with path.open("w", encoding="cp1252") as stream:
        desk(None, stream).tell("x \u2713 y")
    assert path.read_text(encoding="cp1252") == "x \\u2713 y\n"


def test_the_streams_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw))
    streams = Streams.of_process()
    assert (streams.stdin, streams.stdout, streams.env) == (None, raw, os.environ)
