# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From words to a status."""

from __future__ import annotations

import io

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.command import start
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.start import COMMANDS, guarded
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.streams import Desk, Streams
from ansible_collections.infradispatch.github.plugins.module_utils._core.version import VERSION
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import Console


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_the_overview_names_every_command(console: Console, words: tuple[str, ...]) -> None:
    done = console(*words)
    assert (done.status, done.err) == (0, "")
    assert all(f"  {name} " in done.out for name in COMMANDS)


def test_the_version(console: Console) -> None:
    assert console("--version") == (0, f"infradispatch {VERSION}\n", "")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_that_asks_nobody(console: Console, name: str) -> None:
    done = console(name, "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"usage: infradispatch {name}")


@pytest.mark.parametrize(
    ("word", "said"),
    [("sned", "Did you mean send?"), ("ghp_canary7781canary7781xx", "(not shown)"), ("--zzz", "Possible: ")],
)
def test_what_is_no_command(console: Console, word: str, said: str) -> None:
    done = console(word)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert "canary" not in done.err


@pytest.mark.parametrize("words", [("--output", "json"), ("--output=json",)])
def test_programs_are_told_of_wrong_arguments(console: Console, words: tuple[str, ...]) -> None:
    done = console("send", *words, "--nonsense")
    assert done.status == 2
    assert done.value["error"]["code"] == "invalid_input"
    assert console("send", "--nonsense", INFRADISPATCH_OUTPUT="json").value["changed"] is False


def test_a_form_of_output_that_is_none(console: Console) -> None:
    assert "neither text nor json" in console("send", "--output", "yaml").err


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_bug_is_one_line_unless_asked_for_more(debug: str) -> None:
    err = io.StringIO()

    def broken() -> int:
        raise RuntimeError("ghp_canary7781canary7781")

    status = guarded(Desk(Streams(None, None, err, {"INFRADISPATCH_DEBUG": debug})), broken)
    assert status == 1
    assert "internal error: RuntimeError (test_start.py:" in err.getvalue()
    assert "canary" not in err.getvalue()
    assert (err.getvalue().count("\n") == 1) is not bool(debug)
    assert ("Traceback" in err.getvalue()) is bool(debug)


def test_an_interrupt_is_one_line() -> None:
    err = io.StringIO()

    def interrupted() -> int:
        raise KeyboardInterrupt

    assert guarded(Desk(Streams(None, None, err, {})), interrupted) == 130
    assert err.getvalue().startswith("Interrupted.")
    assert start.exits.INTERRUPTED == 130
