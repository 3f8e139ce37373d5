# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following an event until its runs are there, over real HTTP."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.follow import Follower
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.reading import RunReader
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub, open_github
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    ID,
    OTHER_ID,
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
    Answer,
    FakeClock,
    RawServer,
    Stub,
    hang_up,
    reset,
    say,
    stay_silent,
)

PLAIN = "infra-changed"
BAD = Answer(502, "<html>Bad Gateway</html>")
CUT = Answer(200, '{"total_count": 1, "workflow_runs": [{"id": 1, "display_ti')


@pytest.fixture
def told() -> list[str]:
    """What was told while following."""
    return []


@pytest.fixture
def follower(github: GitHub, told: list[str]) -> Follower:
    """What follows the event from the moment the clock shows."""
    return Follower(RunReader(github, SITE, SCOPE), ID, github.clock.monotonic(), told.append)


def _find(follower: Follower, clock: FakeClock, seconds: float = 180) -> list[int]:
    return [run.id for run in follower.find(Deadline.after(clock, seconds))]


def test_of_two_senders_each_finds_its_own(stub: Stub, github: GitHub, follower: Follower, clock: FakeClock) -> None:
    clock.skew = 90
    stub.on(
        "GET",
        RUNS,
        listed(run_of(9, PLAIN, event="push"), run_of(3, PLAIN, age=500), run_of(2, f"[{OTHER_ID}]"), run_of()),
    )
    assert _find(follower, clock) == [1]
    other = Follower(RunReader(github, SITE, SCOPE), OTHER_ID, clock.monotonic(), lambda text: None)
    assert _find(other, clock) == [2]


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [run_of(1, PLAIN)],
        [done(1, title=PLAIN)],
        [run_of(1, f"[{OTHER_ID}]")],
        [run_of(1, f"[{ID}]", event="push")],
        [5, None, {}, {"id": "1"}],
    ],
)
def test_no_run_is_taken_for_ours_without_the_id(
    stub: Stub, follower: Follower, clock: FakeClock, runs: list[t.Any]
) -> None:
    stub.on("GET", RUNS, listed(*runs))
    with_jobs(stub, 1, job_of())
    with pytest.raises(InfradispatchError) as caught:
        _find(follower, clock, 30)
    assert caught.value.code == "run_not_found"
    assert ID in caught.value.message
    assert "in 30 s" in caught.value.message
    for cause in ("default branch", "types", "enabled", "if:", "run-name"):
        assert cause in caught.value.hint
    assert clock.elapsed == pytest.approx(30)


def test_a_run_may_take_its_time_to_appear(stub: Stub, follower: Follower, clock: FakeClock, told: list[str]) -> None:
    stub.on("GET", RUNS, later(clock, 40, listed(), listed(run_of(status="queued"))))
    assert _find(follower, clock) == [1]
    assert 40 <= clock.elapsed < 48
    assert len([line for line in told if "found" in line]) == 1


def test_a_run_that_appears_at_the_deadline_counts(stub: Stub, follower: Follower, clock: FakeClock) -> None:
    stub.on("GET", RUNS, later(clock, 30, listed(), listed(run_of())))
    assert _find(follower, clock, 30) == [1]
    assert clock.elapsed == pytest.approx(30)


def test_a_second_run_that_starts_a_little_later_is_seen(stub: Stub, follower: Follower, clock: FakeClock) -> None:
    stub.on("GET", RUNS, later(clock, 1.5, listed(run_of(1)), listed(run_of(2), run_of(1))))
    assert _find(follower, clock) == [1, 2]


@pytest.mark.parametrize(
    "useless", [BAD, CUT, Answer(503, None, {"Retry-After": "1"}), Answer(200, []), Answer(200, "")]
)
def test_useless_answers_never_end_the_search(
    stub: Stub, follower: Follower, clock: FakeClock, useless: Answer
) -> None:
    stub.on("GET", RUNS, *([useless] * 5), listed(run_of()))
    assert _find(follower, clock) == [1]


@pytest.mark.parametrize("action", [hang_up, reset, stay_silent])
def test_a_connection_that_breaks_never_ends_the_search(
    raw_server: t.Callable[..., RawServer], clock: FakeClock, action: t.Any
) -> None:
    found = listed(run_of()).raw()
    whole = say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(found), found))
    server = raw_server(action, action, whole)
    github = open_github({"token": "x", "api_url": server.url, "timeout": 0.2}, env={}, clock=clock)
    follower = Follower(RunReader(github, SITE, SCOPE), ID, clock.monotonic(), lambda text: None)
    assert _find(follower, clock) == [1]
    github.api.connection.close()


def test_the_last_trouble_is_told_when_nothing_is_found(stub: Stub, follower: Follower, clock: FakeClock) -> None:
    stub.on("GET", RUNS, BAD)
    with pytest.raises(InfradispatchError, match=r"The last trouble: GitHub answers 502\."):
        _find(follower, clock, 20)


@pytest.mark.parametrize(
    ("answer", "code"),
    [(Answer(403, {"message": "No"}), "not_permitted"), (Answer(404), "not_found"), (Answer(401), "not_authenticated")],
)
def test_a_refusal_ends_the_search_at_once(
    stub: Stub, follower: Follower, clock: FakeClock, answer: Answer, code: str
) -> None:
    stub.on("GET", RUNS, answer)
    with pytest.raises(InfradispatchError) as caught:
        _find(follower, clock)
    assert caught.value.code == code
    assert "actions: read" in str(caught.value) or code == "not_authenticated"
    assert clock.elapsed == 0


def test_the_id_may_stand_in_a_step(stub: Stub, follower: Follower, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed(run_of(2, PLAIN), run_of(1, PLAIN)))
    with_jobs(stub, 1, job_of("deploy", "success", (f"Event {ID}", "success")))
    with_jobs(stub, 2, job_of())
    assert _find(follower, clock) == [1]
    assert clock.elapsed < 10


def test_a_step_may_appear_late(stub: Stub, follower: Follower, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed(run_of(1, PLAIN)))
    before = Answer(200, {"jobs": []})
    stub.on("GET", f"{RUNS}/1/jobs", later(clock, 20, before, Answer(200, {"jobs": [job_of(f"deploy {ID}")]})))
    assert _find(follower, clock) == [1]
