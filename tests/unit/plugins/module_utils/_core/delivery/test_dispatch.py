# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One event from sending to verdict."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.dispatch import (
    permissions_for,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import Outcome
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    DISPATCHES,
    ID,
    RUNS,
    done,
    job_of,
    later,
    listed,
    plan_of,
    run_of,
    run_to_the_end,
    with_jobs,
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


@pytest.mark.parametrize(
    ("options", "permissions"),
    [
        ({}, {"contents": "write"}),
        ({"cancel_on_timeout": True}, {"contents": "write"}),
        ({"wait": True}, {"contents": "write", "actions": "read"}),
        ({"wait": True, "cancel_on_timeout": True}, {"contents": "write", "actions": "write"}),
    ],
)
def test_no_more_permissions_than_needed(options: dict[str, t.Any], permissions: dict[str, str]) -> None:
    assert dict(permissions_for(plan_of(**options))) == permissions


def test_without_waiting_accepted_is_the_end(stub: Stub, deliver: Deliver) -> None:
    stub.on("POST", DISPATCHES, ACCEPTED)
    outcome = deliver()
    assert (outcome.outcome, outcome.changed, outcome.attempts, outcome.conclusion) == ("accepted", True, 1, "")
    assert len(stub.requests) == 1


@pytest.mark.parametrize("answer", [Answer(404), Answer(422), Answer(403), Answer(401)])
def test_what_was_refused_changed_nothing(stub: Stub, deliver: Deliver, answer: Answer) -> None:
    stub.on("POST", DISPATCHES, answer)
    outcome = deliver(wait=True)
    assert (outcome.outcome, outcome.changed, outcome.attempts) == ("failed", False, 1)
    assert outcome.error is not None
    assert outcome.error.facts["repository"] == "acme/site"
    assert outcome.error.facts["dispatch_id"] == ID
    assert len(stub.requests) == 1


def test_a_moved_repository_is_warned_of(stub: Stub, deliver: Deliver) -> None:
    stub.on("POST", DISPATCHES, Answer(307, None, {"Location": "/api/v3/repositories/42/dispatches"}))
    stub.on("POST", "/repositories/42/dispatches", ACCEPTED)
    (warning,) = deliver().warnings
    assert "acme/site has moved" in warning
    assert "/repositories/42/dispatches" in warning


def test_success_comes_back_with_its_jobs(stub: Stub, clock: FakeClock, deliver: Deliver, told: list[str]) -> None:
    run_to_the_end(stub, clock, done())
    outcome = deliver(wait=True)
    assert (outcome.outcome, outcome.changed, outcome.conclusion, outcome.error) == ("succeeded", True, "success", None)
    (run,) = outcome.as_dict()["runs"]
    assert (run["conclusion"], run["jobs"][0]["name"], run["jobs"][0]["failed_steps"]) == ("success", "deploy", [])
    assert stub.count("POST", DISPATCHES) == 1
    assert 90 <= clock.elapsed <= 100
    assert [line for line in told if "in_progress" in line] == [
        "acme/site: run 1: in_progress (4 s)",
        "acme/site: run 1: in_progress, 1 of 1 jobs done (31 s)",
    ]


@pytest.mark.parametrize(
    ("conclusion", "options", "code"),
    [
        ("skipped", {}, ""),
        ("neutral", {}, ""),
        ("skipped", {"acceptable_conclusions": ["success"]}, "run_unsuccessful"),
        ("cancelled", {"acceptable_conclusions": ["success", "cancelled"]}, ""),
        ("failure", {}, "run_unsuccessful"),
        ("cancelled", {}, "run_unsuccessful"),
        ("timed_out", {}, "run_unsuccessful"),
        ("action_required", {}, "run_unsuccessful"),
        ("stale", {}, "run_unsuccessful"),
        ("exploded", {}, "run_unsuccessful"),
    ],
)
def test_the_conclusion_decides_and_is_kept_word_for_word(
    stub: Stub, clock: FakeClock, deliver: Deliver, conclusion: str, options: dict[str, t.Any], code: str
) -> None:
    run_to_the_end(stub, clock, done(conclusion=conclusion))
    outcome = deliver(wait=True, **options)
    assert (_code(outcome), outcome.conclusion, outcome.changed) == (code, conclusion, True)
    if outcome.error:
        assert conclusion in outcome.error.message
        assert "actions/runs/1" in outcome.error.message
        assert outcome.error.facts["conclusion"] == conclusion


def test_a_run_that_never_started_has_no_jobs(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    run_to_the_end(stub, clock, done(conclusion="startup_failure"))
    with_jobs(stub, 1)
    outcome = deliver(wait=True)
    assert _code(outcome) == "run_unsuccessful"
    assert outcome.runs[0].jobs == ()


def test_the_job_and_step_that_failed_are_named(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    run_to_the_end(stub, clock, done(conclusion="failure", run_attempt=2))
    jobs = [
        job_of("lint"),
        job_of("deploy", "failure", ("Build", "success"), ("Migrate", "failure")),
        job_of("x", "failure"),
    ]
    with_jobs(stub, 1, *jobs, attempt=2)
    outcome = deliver(wait=True)
    assert outcome.error is not None
    assert "job 'deploy' at step 'Migrate', job 'x'." in outcome.error.message
    assert "lint" not in outcome.error.message


@pytest.mark.parametrize("answer", [LOST, Answer(403), Answer(404), Answer(200, "<html>"), Answer(200, {"jobs": [5]})])
def test_the_verdict_stands_when_jobs_can_not_be_read(
    stub: Stub, clock: FakeClock, deliver: Deliver, answer: Answer
) -> None:
    run_to_the_end(stub, clock, done())
    stub.on("GET", f"{RUNS}/1/attempts/1/jobs", answer)
    outcome = deliver(wait=True)
    assert (outcome.outcome, outcome.runs[0].jobs) == ("succeeded", ())


@pytest.mark.parametrize("answer", [Answer(401), Answer(403), Answer(404), Answer(429, None, {"Retry-After": "3600"})])
def test_the_verdict_stands_when_the_last_look_for_further_runs_is_refused(
    stub: Stub, clock: FakeClock, deliver: Deliver, answer: Answer
) -> None:
    run_to_the_end(stub, clock, done())
    stub.on("GET", RUNS, later(clock, 50, listed(run_of()), answer))
    assert deliver(wait=True).outcome == "succeeded"


def test_all_jobs_are_read_over_pages(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    run_to_the_end(stub, clock, done())
    path = f"{RUNS}/1/attempts/1/jobs"
    more = {"Link": f'<{stub.api_url}{path}/more>; rel="next"'}
    stub.on("GET", path, Answer(200, {"jobs": [job_of("a")]}, more))
    stub.on("GET", path + "/more", Answer(200, {"jobs": [job_of("b")]}))
    assert [job["name"] for job in deliver(wait=True).runs[0].jobs] == ["a", "b"]


def test_reading_jobs_ends_even_when_pages_do_not(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    run_to_the_end(stub, clock, done())
    path = f"{RUNS}/1/attempts/1/jobs"
    endless = {"Link": f'<{stub.api_url}{path}>; rel="next"'}
    stub.on("GET", path, Answer(200, {"jobs": [job_of("a")]}, endless))
    assert len(deliver(wait=True).runs[0].jobs) == 10


def test_several_runs_give_one_verdict(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    run_to_the_end(stub, clock, done(1), done(2, "failure"), done(3, "skipped"))
    outcome = deliver(wait=True)
    assert (_code(outcome), outcome.conclusion) == ("run_unsuccessful", "failure")
    assert [run.id for run in outcome.runs] == [1, 2, 3]
    assert outcome.error is not None
    assert "runs/2" in outcome.error.message
    assert "runs/1" not in outcome.error.message


def test_a_run_that_shows_up_while_waiting_is_waited_for_too(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    run_to_the_end(stub, clock, done(1), done(2, "failure"))
    stub.on("GET", RUNS, later(clock, 50, listed(run_of(1)), listed(run_of(2), run_of(1))))
    stub.on("GET", f"{RUNS}/2", later(clock, 200, Answer(200, run_of(2)), Answer(200, done(2, "failure"))))
    outcome = deliver(wait=True)
    assert (outcome.conclusion, len(outcome.runs)) == ("failure", 2)
    assert clock.elapsed >= 200
