# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events of which nobody can tell at first whether they were accepted."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.dispatch import Delivery
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import Outcome
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.credentials import Scope
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    DISPATCHES,
    ID,
    RUNS,
    done,
    later,
    listed,
    plan_of,
    run_of,
    with_jobs,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

ACCEPTED, LOST = Answer(204), Answer(502, "<html>")
SEND_ONLY = Scope("acme", ("site",), (("contents", "write"),))
MINT = "/app/installations/7/access_tokens"


def _deliver(github: GitHub, **options: t.Any) -> Outcome:
    plan = plan_of(**options)
    return Delivery(github, plan, plan.targets[0], SEND_ONLY, lambda text: None).run()


def _code(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else ""


def test_a_run_with_the_id_proves_that_the_event_arrived(stub: Stub, clock: FakeClock, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, LOST)
    stub.on("GET", RUNS, later(clock, 10, listed(), listed(run_of())))
    outcome = _deliver(github)
    assert (outcome.outcome, outcome.changed, _code(outcome), outcome.attempts) == ("started", True, "", 1)
    assert [run.id for run in outcome.runs] == [1]
    assert stub.count("POST", DISPATCHES) == 1


def test_with_waiting_the_verdict_counts(stub: Stub, clock: FakeClock, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, LOST)
    stub.on("GET", RUNS, listed(run_of()))
    stub.on("GET", f"{RUNS}/1", later(clock, 60, Answer(200, run_of()), Answer(200, done(conclusion="failure"))))
    with_jobs(stub, 1)
    assert _code(_deliver(github, wait=True)) == "run_unsuccessful"


def test_without_a_run_the_outcome_is_unknown_and_the_id_is_told(stub: Stub, clock: FakeClock, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, LOST)
    stub.on("GET", RUNS, listed())
    outcome = _deliver(github, find_timeout=20)
    assert (outcome.outcome, outcome.changed, _code(outcome)) == ("failed", True, "outcome_unknown")
    assert ID in str(outcome.error)
    assert "may have been accepted" in str(outcome.error)
    assert "GitHub answered 502" in str(outcome.error)
    assert stub.count("POST", DISPATCHES) == 1
    assert clock.elapsed == pytest.approx(20)


def test_a_look_that_is_refused_leaves_the_outcome_unknown(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, LOST)
    stub.on("GET", RUNS, Answer(403, {"message": "Resource not accessible"}))
    outcome = _deliver(github)
    assert (outcome.changed, _code(outcome)) == (True, "outcome_unknown")
    assert "Looking for a run failed: GitHub does not permit" in str(outcome.error)


def test_looking_asks_for_no_more_than_reading(stub: Stub, opened: t.Callable[..., GitHub], pem: str) -> None:
    stub.on("POST", MINT, Answer(201, {"token": "ghs_x"}))
    stub.on("POST", DISPATCHES, LOST)
    stub.on("GET", RUNS, listed(run_of()))
    assert _deliver(opened(app_id=1, private_key=pem, installation_id=7)).outcome == "started"
    assert [asked["permissions"] for asked in stub.sent("POST", MINT)] == [{"contents": "write"}, {"actions": "read"}]


def test_sent_again_on_request_it_is_the_same_event(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, LOST, ACCEPTED)
    stub.on("GET", RUNS, listed())
    outcome = _deliver(github, on_unknown="resend", find_timeout=5)
    assert (outcome.outcome, outcome.attempts) == ("accepted", 2)
    first, second = stub.sent("POST", DISPATCHES)
    assert first == second
    assert first["client_payload"]["dispatch"]["id"] == ID


def test_it_is_not_sent_again_when_a_run_proves_it(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, LOST)
    stub.on("GET", RUNS, listed(run_of()))
    assert _deliver(github, on_unknown="resend").outcome == "started"
    assert stub.count("POST", DISPATCHES) == 1


def test_it_is_sent_again_once_only(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, LOST)
    stub.on("GET", RUNS, listed())
    outcome = _deliver(github, on_unknown="resend", find_timeout=5)
    assert (_code(outcome), outcome.attempts) == ("outcome_unknown", 2)
    assert stub.count("POST", DISPATCHES) == 2


def test_a_second_sending_that_is_refused_leaves_the_first_unknown(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, LOST, Answer(422, {"message": "no"}))
    stub.on("GET", RUNS, listed())
    outcome = _deliver(github, on_unknown="resend", find_timeout=5)
    assert (_code(outcome), outcome.changed) == ("outcome_unknown", True)
    assert "Sending it again failed" in str(outcome.error)


def test_a_run_of_the_first_sending_is_found_after_the_second(stub: Stub, clock: FakeClock, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, LOST, ACCEPTED)
    stub.on("GET", RUNS, later(clock, 100, listed(), listed(done(2, created_at="2023-11-14T22:13:21Z"))))
    with_jobs(stub, 2)
    outcome = _deliver(github, on_unknown="resend", find_timeout=90, wait=True)
    assert (outcome.outcome, [run.id for run in outcome.runs]) == ("succeeded", [2])
