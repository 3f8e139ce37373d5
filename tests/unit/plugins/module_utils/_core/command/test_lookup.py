# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last run of an event, for the preview."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import Console
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    ID,
    RUNS,
    done,
    listed,
    run_of,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import TOKEN, Answer, Stub

GOOD = {"repository": "acme/site", "event_type": "x", "lookup": "true"}


def ask(console: Console, *words: str, **more: str) -> dict[str, str]:
    found = console("external", *words, stdin=json.dumps({**GOOD, **more}).encode())
    assert (found.status, found.err) == (0, "")
    assert TOKEN not in found.out
    assert all(isinstance(value, str) for value in found.value.values())
    return t.cast("dict[str, str]", found.value)


def test_the_newest_run_that_carries_the_id_is_found(console: Console, stub: Stub) -> None:
    stub.on("GET", RUNS, listed(run_of(7, "other"), done(3, "failure", age=9), done(2, age=99)))
    answer = ask(console, dispatch_id=ID)
    shown = {name: value for name, value in answer.items() if name.startswith(("run_", "lookup"))}
    assert shown == {
        "lookup": "found",
        "lookup_error": "",
        "run_id": "3",
        "run_url": "https://github.test/acme/site/actions/runs/3",
        "run_status": "completed",
        "run_conclusion": "failure",
    }
    assert {method for method, _path in stub.requests} == {"GET"}


def test_without_an_id_the_fingerprint_counts(console: Console, stub: Stub) -> None:
    stub.on("GET", RUNS, listed())
    answer = ask(console)
    assert answer["lookup"] == "none"
    stub.on("GET", RUNS, listed(run_of(4, f"x {answer['fingerprint']}")))
    again = ask(console, "--lookup")
    assert (again["lookup"], again["run_id"], again["run_conclusion"]) == ("found", "4", "")


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_what_goes_wrong_does_not_fail_the_plan(console: Console, stub: Stub, status: int) -> None:
    stub.on("GET", RUNS, Answer(status, {"message": f"no {TOKEN}"}))
    answer = ask(console, "--deadline", "1")
    assert answer["lookup"] == "unknown"
    assert answer["lookup_error"]
    assert answer["would_send"] == "true"


def test_what_is_asked_wrongly_does(console: Console) -> None:
    both = json.dumps({"repositories": "a/b,c/d", "event_type": "x", "lookup": "true"}).encode()
    assert console("external", stdin=both).status == 2
    assert console("external", stdin=json.dumps({**GOOD, "dispatch_id": "7"}).encode()).status == 2


def test_a_server_that_is_not_there_is_not_an_empty_list(console: Console) -> None:
    console.env["GITHUB_API_URL"] = "http://127.0.0.1:9"
    answer = ask(console, "--deadline", "1")
    assert answer["lookup"] == "unknown"
    assert answer["lookup_error"].startswith("unreachable: ")
