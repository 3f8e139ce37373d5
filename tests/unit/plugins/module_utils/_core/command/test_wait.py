# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`wait`, against a stub."""

from __future__ import annotations

import pytest

from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import Console
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    ID,
    RUNS,
    done,
    job_of,
    listed,
    run_of,
    with_jobs,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import TOKEN, Answer, Stub

SITE = ("--repository", "acme/site")


def lay_out(stub: Stub, conclusion: str = "success") -> None:
    run = done(1, conclusion)
    stub.on("GET", RUNS, listed(run))
    stub.on("GET", f"{RUNS}/1", Answer(200, run))
    with_jobs(stub, 1, job_of("deploy", conclusion, ("Apply", conclusion)))


@pytest.mark.parametrize("words", [(ID,), (ID.upper(),), ("1",), ("--dispatch-id", ID), ("--run-id", "1")])
@pytest.mark.parametrize(("conclusion", "status"), [("success", 0), ("failure", 8)])
def test_it_ends_as_the_run_does(
    console: Console, stub: Stub, words: tuple[str, ...], conclusion: str, status: int
) -> None:
    lay_out(stub, conclusion)
    found = console("wait", *words, *SITE, "--output", "json")
    assert (found.status, found.value["conclusion"]) == (status, conclusion)
    assert f"run 1: {conclusion}" in found.err
    assert TOKEN not in found.out + found.err


def test_a_look_does_not_wait(console: Console, stub: Stub) -> None:
    stub.on("GET", RUNS, listed(run_of(1)))
    with_jobs(stub, 1)
    found = console("wait", ID, *SITE, "--no-wait")
    assert (found.status, found.out) == (0, "")
    assert "run 1: in_progress" in found.err
    stub.on("GET", RUNS, listed())
    assert "no run yet" in console("wait", ID, *SITE, INFRADISPATCH_WAIT="no").err


def test_the_end_of_logs_is_told(console: Console, stub: Stub) -> None:
    lay_out(stub, "failure")
    stub.on("GET", "/repos/acme/site/actions/jobs/5/logs", Answer(200, f"2023-11-14T22:13:20.0Z broken {TOKEN}\n"))
    found = console("wait", "1", *SITE, "--log-lines", "5")
    assert "deploy: " in found.err
    assert TOKEN not in found.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "No event and no run is named"),
        (("xyz",), "neither the id of an event nor that of a run"),
        ((ID, "--run-id", "1"), "An id and run_id are given together"),
    ],
)
def test_what_is_wrong_is_said(console: Console, stub: Stub, words: tuple[str, ...], said: str) -> None:
    found = console("wait", *words, *SITE)
    assert (found.status, found.err.count("\n")) == (2, 1)
    assert said in found.err
    assert stub.requests == []


def test_a_failure_that_nobody_could_be_told_of_is_a_warning(console: Console, stub: Stub) -> None:
    lay_out(stub, "failure")
    found = console("wait", "1", *SITE, INFRADISPATCH_NOTIFY_URLS="https://127.0.0.1:9/canary-7781")
    assert found.status == 8
    assert "did not get through" in found.err
    assert "canary" not in found.err
