# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deadlines."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import FakeClock


@given(st.floats(-10, 1e6), st.floats(0, 1e6))
def test_what_remains_is_never_negative_and_never_grows(total: float, waited: float) -> None:
    clock = FakeClock()
    deadline = Deadline.after(clock, total)
    before = deadline.remaining()
    clock.sleep(waited)
    assert 0 <= deadline.remaining() <= before
    assert deadline.passed() == (deadline.remaining() == 0)


def test_a_pause_is_allowed_only_when_it_ends_before_the_deadline(clock: FakeClock) -> None:
    deadline = Deadline.after(clock, 10)
    assert deadline.allows(9.9)
    assert not deadline.allows(10)
    clock.sleep(4)
    assert not deadline.allows(6)


@pytest.mark.parametrize(("seconds", "expected"), [(3, 3), (30, 10)])
def test_the_nearer_of_two_deadlines_counts(clock: FakeClock, seconds: float, expected: float) -> None:
    assert Deadline.after(clock, 10).earlier(seconds).remaining() == expected


@given(st.floats(0.001, 1e5))
def test_sleeping_until_the_deadline_reaches_it(total: float) -> None:
    clock = FakeClock()
    deadline = Deadline.after(clock, total)
    for _step in range(3):
        clock.sleep(deadline.remaining())
    assert deadline.passed()


def test_the_real_clock_runs_and_does_not_sleep_backwards() -> None:
    clock = Clock()
    assert abs(clock.now() - time.time()) < 60
    before = clock.monotonic()
    clock.sleep(-5)
    clock.sleep(0.001)
    assert clock.monotonic() > before
