# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a run is looked at."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.pace import (
    BUDGET,
    FASTEST,
    SLOWEST,
    Pace,
    pace_of,
    unknown_pause,
)

LENGTHS = st.lists(st.floats(-10, 40 * 24 * 3600), min_size=1, max_size=40)


def pace(*durations: float) -> Pace:
    found = pace_of(durations)
    assert found is not None
    return found


def looks(found: Pace, length: float) -> list[float]:
    """Return when a run of this length is looked at, up to its end."""
    moments = [0.0]
    while moments[-1] < length:
        pause = found.next_pause(moments[-1])
        assert pause >= FASTEST
        moments.append(moments[-1] + pause)
    return moments[1:]


def test_without_a_history_there_is_no_pace() -> None:
    assert pace_of([]) is None


@settings(max_examples=50)
@given(LENGTHS, st.floats(-3600, 1e7))
def test_the_pause_stays_within_its_limits_whatever_went_before(durations: list[float], elapsed: float) -> None:
    found = pace(*durations)
    for moment in (elapsed, 0.0, *durations):
        assert FASTEST <= found.next_pause(moment) <= SLOWEST


@settings(max_examples=50)
@given(st.lists(st.floats(60, 7200), min_size=1, max_size=40))
def test_long_before_and_long_after_the_end_is_expected_it_is_seldom(durations: list[float]) -> None:
    found = pace(*durations)
    assert found.next_pause(-1000) == SLOWEST
    assert found.next_pause(max(durations) * 1000) == 10


@pytest.mark.parametrize("length", [60.0, 90.0, 300.0, 1200.0, 7200.0])
@pytest.mark.parametrize("scatter", [0.05, 0.2, 0.5])
def test_the_budget_is_kept_by_runs_as_long_as_expected(length: float, scatter: float) -> None:
    history = [length * factor for factor in (1 - scatter, 1, 1, 1 + scatter, 1 - scatter / 2, 1 + scatter / 2)]
    found = pace(*history)
    requests = sum(len(looks(found, duration)) for duration in history)
    assert requests / sum(history) <= BUDGET + 0.03


@pytest.mark.parametrize("length", [60.0, 300.0, 1200.0])
def test_a_regular_workflow_is_looked_at_within_a_second_of_its_end(length: float) -> None:
    found = pace(*[length] * 8)
    assert looks(found, length)[-1] - length <= 1


@pytest.mark.parametrize("length", [60.0, 300.0, 1200.0])
def test_one_run_alone_says_something_too(length: float) -> None:
    found = pace(length)
    assert looks(found, length)[-1] - length <= 4
    assert len(looks(found, length)) / length <= BUDGET + 0.03


@pytest.mark.parametrize("durations", [[0.0], [-5.0], [0.0, -1.0, 0.5]])
def test_durations_that_can_not_be_count_as_a_second(durations: list[float]) -> None:
    assert pace(*durations) == pace(*[1.0] * len(durations))


def test_a_run_of_which_nothing_is_known_is_looked_at_less_often_the_longer_it_takes() -> None:
    pauses = [unknown_pause(elapsed) for elapsed in (-5, 0, 15, 30, 90, 150, 1e6)]
    assert pauses == [1, 1, 1, 2, 6, 10, 10]
