# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a run is looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
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
        moments.append(moments[-1] + found.next_pause(moments[-1]))
    return moments[1:]


def test_without_a_history_there_is_no_pace() -> None:
    assert pace_of([]) is None


@given(LENGTHS, st.floats(-3600, 1e7))
def test_never_faster_than_once_a_second_nor_slower_than_four_times_a_minute(
    durations: list[float], elapsed: float
) -> None:
    found = pace(*durations)
    assert FASTEST <= found.next_pause(elapsed) <= SLOWEST
    assert found.pause >= FASTEST
    assert found.earliest <= found.latest


@given(LENGTHS)
def test_the_looks_are_closest_while_the_end_is_expected(durations: list[float]) -> None:
    found = pace(*durations)
    assert found.next_pause(found.earliest) == found.pause == found.next_pause(found.latest)
    assert found.next_pause(found.latest + 3600) == 10
    assert found.next_pause(found.earliest - 3600) == SLOWEST
    assert found.next_pause(found.earliest - found.pause / 2) >= FASTEST


@pytest.mark.parametrize("length", [60.0, 90.0, 300.0, 1200.0, 7200.0])
@pytest.mark.parametrize("scatter", [0.05, 0.2, 0.5])
def test_the_budget_is_kept_by_runs_as_long_as_expected(length: float, scatter: float) -> None:
    history = [length * factor for factor in (1 - scatter, 1, 1, 1 + scatter, 1 - scatter / 2, 1 + scatter / 2)]
    found = pace(*history)
    requests = sum(len(looks(found, duration)) for duration in history)
    assert requests / sum(history) <= BUDGET + 0.02


@pytest.mark.parametrize("length", [60.0, 300.0, 1200.0])
def test_a_regular_workflow_is_looked_at_within_a_second_of_its_end(length: float) -> None:
    found = pace(*[length] * 8)
    assert looks(found, length)[-1] - length <= 1


def test_one_run_alone_says_something_with_a_wide_margin() -> None:
    found = pace(100)
    assert found.earliest < 50
    assert found.latest > 300
    assert pace(*[100] * 5).earliest > 80


@pytest.mark.parametrize("durations", [[0.0], [-5.0], [0.0, -1.0, 0.5]])
def test_durations_that_can_not_be_count_as_a_second(durations: list[float]) -> None:
    assert pace(*durations) == pace(*[1.0] * len(durations))


def test_a_run_of_which_nothing_is_known_is_looked_at_less_often_the_longer_it_takes() -> None:
    pauses = [unknown_pause(elapsed) for elapsed in (-5, 0, 15, 30, 90, 150, 1e6)]
    assert pauses == [1, 1, 1, 2, 6, 10, 10]
