# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events that were sent, and whose verdict does not come."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import Outcome
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    DISPATCHES,
    RUNS,
    done,
    later,
    listed,
    run_of,
    run_to_the_end,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

ACCEPTED, LOST = Answer(204), Answer(502, "<html>")
HELD = Answer(429, None, {"Retry-After": "3600"})
Deliver = t.Callable[..., Outcome]


def _code(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else ""


def test_a_run_that_does_not_end_is_a_timeout_and_goes_on(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    run_to_the_end(stub, clock, done(), seconds=1e9)
    outcome = deliver(wait=True, wait_timeout=60)
    assert (_code(outcome), outcome.changed, outcome.runs[0].status) == ("wait_timeout", True, "in_progress")
    assert outcome.error is not None
    assert outcome.error.facts["timed_out"] is True
    assert clock.elapsed == pytest.approx(60)
    assert stub.count("POST", f"{RUNS}/1/cancel") == 0


@pytest.mark.parametrize(
    ("answer", "cancelled"), [(Answer(202, {}), [1]), (Answer(409), []), (Answer(403), []), (LOST, []), (HELD, [])]
)
def test_a_run_can_be_cancelled_on_request(
    stub: Stub, clock: FakeClock, deliver: Deliver, answer: Answer, cancelled: list[int]
) -> None:
    run_to_the_end(stub, clock, done(), seconds=1e9)
    stub.on("POST", f"{RUNS}/1/cancel", answer)
    outcome = deliver(wait=True, wait_timeout=60, cancel_on_timeout=True)
    assert _code(outcome) == "wait_timeout"
    assert outcome.error is not None
    assert outcome.error.facts["cancelled"] == cancelled
    assert clock.elapsed < 80


def test_only_what_still_runs_is_cancelled(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    run_to_the_end(stub, clock, done(1), done(2))
    stub.on("GET", f"{RUNS}/2", Answer(200, run_of(2)))
    for number in (1, 2):
        stub.on("POST", f"{RUNS}/{number}/cancel", Answer(202, {}))
    deliver(wait=True, wait_timeout=120, cancel_on_timeout=True)
    assert (stub.count("POST", f"{RUNS}/1/cancel"), stub.count("POST", f"{RUNS}/2/cancel")) == (0, 1)


def test_no_run_is_an_error_by_its_own_deadline(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    stub.on("POST", DISPATCHES, ACCEPTED)
    stub.on("GET", RUNS, listed())
    outcome = deliver(wait=True, find_timeout=20, wait_timeout=1800)
    assert (_code(outcome), outcome.changed, outcome.outcome) == ("run_not_found", True, "failed")
    assert clock.elapsed == pytest.approx(20)
    assert _code(deliver(wait=True, find_timeout=500, wait_timeout=30)) == "run_not_found"
    assert clock.elapsed == pytest.approx(50)


def test_without_leave_to_read_runs_the_event_was_sent_all_the_same(stub: Stub, deliver: Deliver) -> None:
    stub.on("POST", DISPATCHES, ACCEPTED)
    stub.on("GET", RUNS, Answer(403, {"message": "Resource not accessible by personal access token"}))
    outcome = deliver(wait=True)
    assert (_code(outcome), outcome.changed) == ("not_permitted", True)
    assert outcome.error is not None
    assert "actions: read" in str(outcome.error)
    assert stub.count("POST", DISPATCHES) == 1


def test_a_token_that_expires_while_waiting_names_the_run(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    run_to_the_end(stub, clock, done(), seconds=1e9)
    expired = later(clock, 600, Answer(200, run_of()), Answer(401, {"message": "Bad credentials"}))
    stub.on("GET", f"{RUNS}/1", expired)
    outcome = deliver(wait=True, wait_timeout=7200)
    assert (_code(outcome), outcome.changed) == ("not_authenticated", True)
    assert "while waiting" in str(outcome.error)
    assert "The run goes on: https://github.test/acme/site/actions/runs/1" in str(outcome.error)
