# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for one run."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.pace import Pace, pace_of
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.runs import Run, read_run
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.watch import Watch, watch_all
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import RunNotFound, WaitTimeout
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import done, run_of
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
)

NOT_MODIFIED = Answer(304)
GONE = Answer(404)
States = t.Sequence[t.Union[Answer, None]]  # noqa: UP007 - evaluated, and Python 3.9 has no |


class Reader:
    """Answers from a list, whose last entry repeats, and keeps what it was asked with."""

    def __init__(self, clock: FakeClock, *answers: Answer | None) -> None:
        self.clock = clock
        self.answers = list(answers)
        self.asked: list[t.Mapping[str, str] | None] = []
        self.told: list[str] = []

    def __call__(self, run: Run, deadline: Deadline, headers: t.Mapping[str, str] | None) -> Reply | None:
        self.asked.append(headers)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            return None
        self.clock.elapsed += answer.takes
        return Reply(answer.status, answer.headers, answer.raw(), "http://x")

    def wait(self, seconds: float = 100) -> None:
        run = read_run(run_of())
        assert run is not None
        watch = Watch(self, lambda run: self.told.append(run.status), self.clock, run)
        watch_all([watch], self.clock, Deadline.after(self.clock, seconds))


def _state(status: str, **headers: str) -> Answer:
    return Answer(200, run_of(status=status), headers)


OVER = Answer(200, done())


def test_every_state_but_completed_means_going_on(clock: FakeClock) -> None:
    words = ["requested", "waiting", "pending", "queued", "resting", "in_progress"]
    reader = Reader(clock, *map(_state, words), OVER)
    reader.wait()
    assert reader.told == [*words, "completed"]


def test_a_run_that_is_over_is_read_once(clock: FakeClock) -> None:
    reader = Reader(clock, OVER)
    reader.wait()
    assert clock.sleeps == []


def test_completed_without_a_conclusion_is_read_again(clock: FakeClock) -> None:
    reader = Reader(clock, Answer(200, done(conclusion=None)), Answer(200, done(conclusion=None)), OVER)
    reader.wait()
    assert len(reader.asked) == 3


@pytest.mark.parametrize(
    "useless",
    [
        None,
        Answer(200, "<html>"),
        Answer(200, '{"id": 1, "status": "compl'),
        Answer(200, []),
        Answer(200, {}),
        Answer(200, {"id": "1", "status": "completed", "conclusion": "failure"}),
        Answer(200, done(2, "failure")),
    ],
)
def test_an_answer_without_use_never_ends_the_waiting(clock: FakeClock, useless: Answer | None) -> None:
    reader = Reader(clock, *([useless] * 10), OVER)
    reader.wait()
    assert reader.told == ["completed"]


def test_what_did_not_change_is_not_sent_again(clock: FakeClock) -> None:
    reader = Reader(clock, _state("queued", etag='"a"'), NOT_MODIFIED, _state("in_progress"), OVER)
    reader.wait()
    assert reader.asked == [None, {"If-None-Match": '"a"'}, {"If-None-Match": '"a"'}, None]


def test_a_run_that_vanishes_for_a_moment_is_waited_for(clock: FakeClock) -> None:
    Reader(clock, GONE, GONE, _state("queued"), GONE, GONE, OVER).wait()
    with pytest.raises(RunNotFound, match="was deleted"):
        Reader(clock, _state("queued"), GONE).wait()


@pytest.mark.parametrize("seconds", [0.001, 3, 45, 7200])
def test_the_deadline_is_kept_to_the_second_and_asked_at_last(clock: FakeClock, seconds: float) -> None:
    reader = Reader(clock, _state("in_progress"))
    with pytest.raises(WaitTimeout) as caught:
        reader.wait(seconds)
    assert clock.elapsed == pytest.approx(seconds)
    assert caught.value.facts == {"run_id": 1, "timed_out": True}
    assert "in_progress" in caught.value.message
    assert "actions/runs/1" in caught.value.message
    assert f"after {seconds:.0f} s" in caught.value.message


def test_a_run_that_ends_at_the_deadline_counts(clock: FakeClock) -> None:
    reader = Reader(clock, _state("queued"), OVER)
    reader.wait(0.5)
    assert clock.elapsed == 0.5


def test_a_slow_answer_does_not_prolong_the_waiting(clock: FakeClock) -> None:
    with pytest.raises(WaitTimeout):
        Reader(clock, Answer(200, run_of(), takes=60)).wait(3)
    assert clock.elapsed == 60


def test_a_local_clock_that_is_set_back_does_not_matter(clock: FakeClock) -> None:
    clock.skew = -3600
    with pytest.raises(WaitTimeout):
        Reader(clock, _state("queued")).wait(3)
    assert clock.elapsed == pytest.approx(3)


def test_what_holds_a_run_is_said_in_the_end(clock: FakeClock) -> None:
    with pytest.raises(WaitTimeout, match="approval"):
        Reader(clock, _state("waiting")).wait(3)


class Several:
    """Runs that each end at a moment, and how often each is looked at."""

    def __init__(self, clock: FakeClock, **ends: float) -> None:
        self.clock = clock
        self.ends = {int(name[1:]): end for name, end in ends.items()}
        self.looks: dict[int, list[float]] = {number: [] for number in self.ends}
        self.told: list[tuple[int, str]] = []

    def __call__(self, run: Run, deadline: Deadline, headers: t.Mapping[str, str] | None) -> Reply:
        self.looks[run.id].append(self.clock.elapsed)
        over = self.clock.elapsed >= self.ends[run.id]
        answer = Answer(200, done(run.id) if over else run_of(run.id))
        return Reply(200, {}, answer.raw(), "http://x")

    def _tell(self, run: Run) -> None:
        self.told.append((run.id, run.status))

    def wait(self, seconds: float, pace: t.Callable[[Run], Pace | None] = lambda run: None) -> None:
        runs = [run for run in map(read_run, map(run_of, self.ends)) if run is not None]
        watches = [Watch(self, self._tell, self.clock, run, pace) for run in runs]
        watch_all(watches, self.clock, Deadline.after(self.clock, seconds))


def test_runs_are_watched_side_by_side_each_at_its_own_pace(clock: FakeClock) -> None:
    several = Several(clock, r1=60, r2=600)
    paces = {1: pace_of([60.0] * 8), 2: pace_of([600.0] * 8)}
    several.wait(3600, lambda run: paces[run.id])
    assert 60 <= several.looks[1][-1] <= 62
    assert 600 <= several.looks[2][-1] <= 603
    early = [moment for moment in several.looks[2] if moment < 400]
    assert max(later - sooner for sooner, later in itertools.pairwise(early)) == 15
    assert several.looks[1][-1] == max(several.looks[1])


def test_all_have_to_end(clock: FakeClock) -> None:
    several = Several(clock, r1=5, r2=300, r3=20)
    several.wait(3600)
    assert [number for number, status in several.told if status == "completed"] == [1, 3, 2]
    assert 300 <= clock.elapsed <= 310


def test_at_the_deadline_each_has_a_last_look_and_the_late_are_named(clock: FakeClock) -> None:
    several = Several(clock, r1=49.9, r2=600, r3=700)
    with pytest.raises(WaitTimeout) as caught:
        several.wait(50)
    assert all(looks[-1] == pytest.approx(50) for looks in several.looks.values())
    assert (1, "completed") in several.told
    assert "runs/1 " not in caught.value.message
    assert "runs/2 is still in_progress. The run https://github.test/acme/site/actions/runs/3" in caught.value.message
    assert caught.value.facts["run_id"] == 2


def test_a_run_that_ends_with_the_last_look_is_in_time(clock: FakeClock) -> None:
    several = Several(clock, r1=50, r2=50)
    several.wait(50)
    assert clock.elapsed == pytest.approx(50)


def test_the_time_since_the_start_is_the_servers(clock: FakeClock) -> None:
    asked: list[float] = []

    class Asked(Pace):
        def next_pause(self, elapsed: float) -> float:
            asked.append(elapsed)
            return 10.0

    known = pace_of([60.0])
    assert known is not None
    head = {"date": "Tue, 14 Nov 2023 22:15:00 GMT"}
    started = [{"run_started_at": "2023-11-14T22:14:00Z"}, {"run_started_at": "2023-11-14T23:00:00Z"}, {}]
    answers = [Answer(200, run_of(**more), head) for more in started]
    reader = Reader(clock, *answers, Answer(200, done(), {}))
    run = read_run(run_of())
    assert run is not None
    watch = Watch(reader, lambda run: None, clock, run, lambda run: Asked(*known))
    watch_all([watch], clock, Deadline.after(clock, 100))
    assert asked[:3] == [60, 70, 80]
