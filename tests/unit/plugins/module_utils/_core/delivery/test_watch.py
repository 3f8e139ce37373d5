# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for one run."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
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
