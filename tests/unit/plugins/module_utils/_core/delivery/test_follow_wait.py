# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following an event's runs to their end: what is told, what holds them, how often they are looked at."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.follow import Follower
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import unsuccessful
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.progress import Progress, nobody
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.reading import RunReader
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.runs import read_job, read_run
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import (
    InfradispatchError,
    RunNotFound,
    WaitTimeout,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    ID,
    RUNS,
    SCOPE,
    SITE,
    done,
    job_of,
    later,
    listed,
    run_of,
    with_jobs,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    START,
    Answer,
    FakeClock,
    Stub,
)

ONE = f"{RUNS}/1"
PENDING = f"{ONE}/pending_deployments"
HISTORY = "/repos/acme/site/actions/workflows/44/runs"
HELD = Answer(200, [{"environment": {"name": "production"}, "reviewers": [{"reviewer": {"login": "octocat"}}]}])
Follow = t.Callable[..., Follower]


@pytest.fixture
def told() -> list[str]:
    """What was told while following."""
    return []


@pytest.fixture
def follow(github: GitHub, told: list[str]) -> Follow:
    """Follow the event from the moment the clock shows."""

    def start(progress: Progress = told.append) -> Follower:
        return Follower(RunReader(github, SITE, SCOPE), ID, github.clock.monotonic(), progress)

    return start


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(START + seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _before(number: int, seconds: float, workflow: int = 44) -> dict[str, t.Any]:
    """Return a run of the same workflow that took so long some time ago."""
    times = {"run_started_at": _stamp(-9000), "updated_at": _stamp(-9000 + seconds)}
    return done(number, title="another", workflow_id=workflow, age=9000, **times)


def _ends_after(stub: Stub, clock: FakeClock, seconds: float, *others: dict[str, t.Any], **more: t.Any) -> None:
    """Have one run that ends after some seconds, beside others of the past."""
    stub.on("GET", RUNS, listed(run_of(1, **more), *others))
    stub.on("GET", ONE, later(clock, seconds, Answer(200, run_of(1, **more)), Answer(200, done(1, **more))))
    with_jobs(stub, 1, job_of())


def _wait(follower: Follower, clock: FakeClock, seconds: float = 3600) -> list[str | None]:
    follower.find(Deadline.after(clock, 60))
    return [run.conclusion for run in follower.wait(Deadline.after(clock, seconds))]


def test_one_that_holds_for_an_approval_is_named_once(
    stub: Stub, follow: Follow, clock: FakeClock, told: list[str]
) -> None:
    waiting = run_of(1, status="waiting")
    _ends_after(stub, clock, 0)
    stub.on("GET", RUNS, listed(waiting))
    stub.on("GET", ONE, lambda request: _stage(clock, waiting))
    stub.on("GET", PENDING, HELD)
    assert _wait(follow(), clock) == ["success"]
    named = [line for line in told if "environment production by octocat" in line]
    assert len(named) == 1
    assert "https://github.test/acme/site/actions/runs/1" in named[0]
    assert stub.count("GET", PENDING) == 1


def _stage(clock: FakeClock, waiting: dict[str, t.Any]) -> Answer:
    if clock.elapsed < 60:
        return Answer(200, waiting)
    return Answer(200, run_of() if clock.elapsed < 90 else done())


def test_what_holds_it_is_said_when_time_is_up(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    waiting = run_of(1, status="waiting")
    stub.on("GET", RUNS, listed(waiting))
    stub.on("GET", ONE, Answer(200, waiting))
    stub.on("GET", PENDING, HELD)
    with pytest.raises(WaitTimeout, match="waits for the approval of environment production by octocat") as caught:
        _wait(follow(), clock, 60)
    assert caught.value.facts["timed_out"] is True
    assert stub.count("GET", PENDING) == 1


@pytest.mark.parametrize("status", ["pending", "queued"])
def test_what_does_not_wait_for_people_asks_for_none(stub: Stub, follow: Follow, clock: FakeClock, status: str) -> None:
    held = run_of(1, status=status)
    stub.on("GET", RUNS, listed(held))
    stub.on("GET", ONE, Answer(200, held))
    with pytest.raises(WaitTimeout, match="concurrency group" if status == "pending" else "queued"):
        _wait(follow(), clock, 60)
    assert stub.count("GET", PENDING) == 0


def test_the_list_that_is_read_anyway_is_the_history(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    others = [_before(number, 200) for number in (11, 12, 13)]
    _ends_after(stub, clock, 200, *others, workflow_id=44, run_started_at=_stamp(0))
    assert _wait(follow(), clock) == ["success"]
    assert stub.count("GET", HISTORY) == 0
    assert 200 <= clock.elapsed <= 202
    assert stub.count("GET", ONE) < 60


def test_otherwise_it_is_asked_for_once(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    _ends_after(stub, clock, 200, workflow_id=44, run_started_at=_stamp(0))
    stub.on("GET", HISTORY, listed(*(_before(number, 200) for number in range(11, 20))))
    assert _wait(follow(), clock) == ["success"]
    assert stub.count("GET", HISTORY) == 1
    assert 200 <= clock.elapsed <= 202


@pytest.mark.parametrize("answer", [Answer(403), Answer(404), Answer(500), listed(), listed(_before(11, 50, 45))])
def test_without_a_history_it_is_waited_for_all_the_same(
    stub: Stub, follow: Follow, clock: FakeClock, answer: Answer
) -> None:
    _ends_after(stub, clock, 200, workflow_id=44)
    stub.on("GET", HISTORY, answer)
    assert _wait(follow(), clock) == ["success"]
    assert stub.count("GET", HISTORY) == 1
    assert 200 <= clock.elapsed <= 215


def test_a_person_is_told_of_jobs_and_nobody_asks_for_nobody(
    stub: Stub, follow: Follow, clock: FakeClock, told: list[str]
) -> None:
    def jobs(_request: t.Any) -> Answer:
        ended = ["completed", "completed" if clock.elapsed > 100 else "in_progress", "in_progress"]
        return Answer(200, {"jobs": [{**job_of(), "status": word} for word in ended]})

    _ends_after(stub, clock, 300)
    stub.on("GET", f"{ONE}/jobs", jobs)
    assert _wait(follow(), clock) == ["success"]
    counted = [line for line in told if "jobs" in line]
    assert ["1 of 3" in counted[0], "2 of 3" in counted[1], len(counted)] == [True, True, 2]
    clock.elapsed = 0
    before = stub.count("GET", f"{ONE}/jobs")
    assert _wait(follow(nobody), clock) == ["success"]
    assert stub.count("GET", f"{ONE}/jobs") == before


def test_jobs_that_did_not_change_are_not_sent_again(
    stub: Stub, follow: Follow, clock: FakeClock, told: list[str]
) -> None:
    _ends_after(stub, clock, 300)
    jobs = Answer(200, {"jobs": [{**job_of(), "status": "queued"}]}, {"ETag": '"j1"'})
    stub.on("GET", f"{ONE}/jobs", jobs, Answer(304))
    assert _wait(follow(), clock) == ["success"]
    first, second = [headers.get("if-none-match") for headers in stub.headers_of("GET", f"{ONE}/jobs")][:2]
    assert (first, second) == (None, '"j1"')
    assert len([line for line in told if "0 of 1 jobs" in line]) == 1


@pytest.mark.parametrize("answer", [Answer(403), Answer(404), Answer(500), Answer(200, "<html>")])
def test_jobs_that_can_not_be_read_hold_nothing_up(
    stub: Stub, follow: Follow, clock: FakeClock, told: list[str], answer: Answer
) -> None:
    _ends_after(stub, clock, 300)
    stub.on("GET", f"{ONE}/jobs", answer)
    assert _wait(follow(), clock) == ["success"]
    assert not [line for line in told if "jobs done" in line]


def test_a_run_that_was_deleted_is_said_with_the_links_of_all(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed(run_of(1)))
    stub.on("GET", ONE, Answer(200, run_of()), Answer(404))
    with pytest.raises(RunNotFound, match="was deleted") as caught:
        _wait(follow(), clock)
    assert "actions/runs/1" in caught.value.hint


def test_a_credential_that_ends_leaves_the_run_alone(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed(run_of(1)))
    stub.on("GET", ONE, Answer(200, run_of()), Answer(401))
    with pytest.raises(InfradispatchError, match="revoked while waiting") as caught:
        _wait(follow(), clock)
    assert caught.value.hint.startswith("The run goes on: https://github.test/acme/site/actions/runs/1.")


@pytest.mark.parametrize(
    ("conclusions", "hint"),
    [
        (["cancelled"], "concurrency group"),
        (["cancelled", "cancelled"], "concurrency group"),
        (["failure", "cancelled"], "Open the link"),
        (["timed_out"], "Open the link"),
    ],
)
def test_who_cancelled_it_is_said_as_far_as_it_can_be_known(conclusions: list[str], hint: str) -> None:
    runs = [run for run in (read_run(done(number, word)) for number, word in enumerate(conclusions, 1)) if run]
    error = unsuccessful(runs)
    assert hint in error.hint
    assert error.facts["conclusion"] == conclusions[0]
    assert error.message.count("ended with") == len(conclusions)


def test_of_many_failed_jobs_the_first_are_named_with_their_reason() -> None:
    run = read_run(done(1, "failure", html_url=""))
    assert run is not None
    jobs = tuple(read_job(job_of(f"j{number}", "failure", ("S", "failure"))) for number in range(9))
    whole = run._replace(jobs=({**jobs[0], "messages": ["why", "more"]}, *jobs[1:]))
    message = unsuccessful([whole]).message
    assert message.startswith("The run 1 ended with failure: job 'j0' at step 'S' (why), job 'j1' at step 'S', ")
    assert "j4" in message
    assert "j5" not in message
