# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the runs of an event among all others, over real HTTP."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.find import Finder
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.reading import RunReader
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import NotFound
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
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
    Stub,
)

PLAIN = "infra-changed"
BAD = Answer(502, "<html>Bad Gateway</html>")
CUT = Answer(200, '{"total_count": 1, "workflow_runs": [{"id": 1, "display_ti')


@pytest.fixture
def reader(github: GitHub) -> RunReader:
    """What reads the runs of one repository."""
    return RunReader(github, SITE, SCOPE)


@pytest.fixture
def finder(reader: RunReader) -> Finder:
    """What looks for an event that is sent at the moment the clock shows."""
    return Finder(reader, ID, reader.clock.monotonic())


def _look(finder: Finder, clock: FakeClock, *known: int, peek: bool = False) -> list[int]:
    return [run.id for run in finder.look(Deadline.after(clock, 60), known, peek=peek)]


def test_the_list_is_read_unfiltered(stub: Stub, finder: Finder, clock: FakeClock) -> None:
    queries: list[dict[str, str]] = []

    def answer(request: t.Any) -> Answer:
        queries.append(dict(request.args))
        return listed(run_of())

    stub.on("GET", RUNS, answer)
    assert _look(finder, clock) == [1]
    assert queries == [{"per_page": "100", "exclude_pull_requests": "true"}]


def test_of_two_senders_each_finds_its_own(stub: Stub, reader: RunReader, finder: Finder, clock: FakeClock) -> None:
    clock.skew = 90
    runs = [run_of(9, PLAIN, event="push"), run_of(3, PLAIN, age=500), run_of(2, f"[{OTHER_ID}]"), run_of()]
    stub.on("GET", RUNS, listed(*runs))
    assert _look(finder, clock) == [1]
    assert _look(Finder(reader, OTHER_ID, clock.monotonic()), clock) == [2]


@pytest.mark.parametrize("order", [1, -1])
def test_neither_the_order_nor_the_time_of_runs_matters(
    stub: Stub, finder: Finder, clock: FakeClock, order: int
) -> None:
    runs = [run_of(1), run_of(2, f"[{OTHER_ID}]"), run_of(3, name=f"Receive {ID}", title=PLAIN), run_of(4, PLAIN)]
    stub.on("GET", RUNS, listed(*runs[::order]))
    assert sorted(_look(finder, clock)) == [1, 3]


def test_what_is_known_is_not_found_again(stub: Stub, finder: Finder, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed(run_of(2), run_of(1)))
    assert _look(finder, clock, 1) == [2]
    assert _look(finder, clock, 1, 2) == []
    assert [run.id for run in finder.seen] == [2, 1]


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
    stub: Stub, finder: Finder, clock: FakeClock, runs: list[t.Any]
) -> None:
    stub.on("GET", RUNS, listed(*runs))
    with_jobs(stub, 1, job_of())
    assert _look(finder, clock, peek=True) == []


@pytest.mark.parametrize("answer", [BAD, CUT, Answer(200, []), Answer(200, ""), Answer(304)])
def test_an_answer_without_use_shows_nothing(stub: Stub, finder: Finder, clock: FakeClock, answer: Answer) -> None:
    stub.on("GET", RUNS, answer)
    assert _look(finder, clock, peek=True) == []


def test_a_list_that_is_not_there_is_a_refusal(stub: Stub, finder: Finder, clock: FakeClock) -> None:
    with pytest.raises(NotFound, match="actions: read"):
        _look(finder, clock)


def test_pages_are_read_back_to_when_the_event_was_sent(stub: Stub, finder: Finder, clock: FakeClock) -> None:
    def page(number: int, *runs: t.Any) -> Answer:
        return listed(*runs, Link=f'<{stub.api_url}{RUNS}/page{number + 1}>; rel="next"')

    stub.on("GET", RUNS, page(1, run_of(9, PLAIN, event="push")))
    stub.on("GET", RUNS + "/page2", page(2, run_of(8, PLAIN, event="push", age=50)))
    stub.on("GET", RUNS + "/page3", page(3, run_of(1, age=55), run_of(7, PLAIN, event="push", age=62)))
    stub.on("GET", RUNS + "/page4", page(4, run_of(2)))
    assert _look(finder, clock) == [1]
    assert stub.count("GET", RUNS + "/page3") == 1
    assert stub.count("GET", RUNS + "/page4") == 0


def test_the_window_moves_with_the_servers_clock_and_not_with_ours(
    stub: Stub, finder: Finder, clock: FakeClock
) -> None:
    clock.skew = 7200
    next_page = f'<{stub.api_url}{RUNS}/page2>; rel="next"'
    stub.on("GET", RUNS, listed(run_of(9, PLAIN, event="push", age=30), Link=next_page))
    stub.on("GET", RUNS + "/page2", later(clock, 100, listed(), listed(run_of(age=-5))))
    assert _look(finder, clock) == []
    clock.sleep(100)
    assert _look(finder, clock) == [1]


def test_paging_ends_even_when_pages_do_not(stub: Stub, finder: Finder, clock: FakeClock) -> None:
    stub.date = "today"
    endless = listed(run_of(9, PLAIN, event="push", age=1e6), Link=f'<{stub.api_url}{RUNS}>; rel="next"')
    stub.on("GET", RUNS, endless)
    assert _look(finder, clock) == []
    assert len(stub.requests) == 10


def test_an_event_of_long_ago_is_looked_for_on_every_page(stub: Stub, reader: RunReader, clock: FakeClock) -> None:
    next_page = f'<{stub.api_url}{RUNS}/page2>; rel="next"'
    stub.on("GET", RUNS, listed(run_of(9, PLAIN, age=5000), Link=next_page))
    stub.on("GET", RUNS + "/page2", listed(done(age=90_000)))
    assert _look(Finder(reader, ID, None), clock) == [1]


class TestSteps:
    """A receiver without `run-name` can show the id in a step."""

    def test_the_id_may_stand_in_a_step(self, stub: Stub, finder: Finder, clock: FakeClock) -> None:
        stub.on("GET", RUNS, listed(run_of(2, PLAIN), run_of(1, PLAIN)))
        with_jobs(stub, 1, job_of("deploy", "success", (f"Event {ID}", "success")))
        with_jobs(stub, 2, job_of())
        assert _look(finder, clock) == []
        assert _look(finder, clock, peek=True) == [1]

    def test_who_has_a_title_needs_no_look_inside(self, stub: Stub, finder: Finder, clock: FakeClock) -> None:
        stub.on("GET", RUNS, listed(run_of(2, PLAIN), run_of(1)))
        assert _look(finder, clock, peek=True) == [1]
        assert len(stub.requests) == 1

    def test_there_is_an_end_to_looking_inside(self, stub: Stub, finder: Finder, clock: FakeClock) -> None:
        stub.on("GET", RUNS, listed(*(run_of(number, PLAIN) for number in range(40))))
        assert _look(finder, clock, peek=True) == []
        assert len(stub.requests) == 1 + 20

    def test_strangers_are_not_looked_into_again(self, stub: Stub, finder: Finder, clock: FakeClock) -> None:
        others = [
            done(2, title=PLAIN),
            run_of(3, f"[{OTHER_ID}]"),
            run_of(4, PLAIN, event="push"),
            run_of(5, PLAIN, age=90),
        ]
        stub.on("GET", RUNS, listed(*others))
        with_jobs(stub, 2, job_of())
        assert [_look(finder, clock, peek=True) for _turn in range(3)] == [[], [], []]
        assert stub.count("GET", f"{RUNS}/2/jobs") == 1
        assert not any(stub.count("GET", f"{RUNS}/{number}/jobs") for number in (3, 4, 5))

    def test_a_new_attempt_of_a_stranger_is_looked_into(self, stub: Stub, finder: Finder, clock: FakeClock) -> None:
        again = done(2, title=PLAIN, run_attempt=2)
        stub.on("GET", RUNS, listed(done(2, title=PLAIN)), listed(again))
        with_jobs(stub, 2, job_of())
        assert [_look(finder, clock, peek=True) for _turn in range(3)] == [[], [], []]
        assert stub.count("GET", f"{RUNS}/2/jobs") == 2

    @pytest.mark.parametrize("answer", [BAD, CUT, Answer(404), Answer(200, {"jobs": [{"steps": 5}, 7]})])
    def test_jobs_that_can_not_be_read_are_read_later(
        self, stub: Stub, finder: Finder, clock: FakeClock, answer: Answer
    ) -> None:
        stub.on("GET", RUNS, listed(run_of(1, PLAIN)))
        stub.on("GET", f"{RUNS}/1/jobs", answer, answer, Answer(200, {"jobs": [job_of(f"deploy {ID}")]}))
        assert [_look(finder, clock, peek=True) for _turn in range(3)] == [[], [], [1]]
