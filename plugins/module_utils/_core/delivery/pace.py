# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""How often to look at a run: by how long the workflow took before, within a budget of requests."""

from __future__ import annotations

import math
import typing as t

BUDGET = 17 / 60  # requests a second, on average over an expected run
FASTEST = 1.0
SLOWEST = 15.0  # before anybody expects the end
_UNKNOWN_SLOWEST = 10.0
_LEAST_SPREAD = 0.05


class Pace(t.NamedTuple):
    """When the end is expected (seconds after the start: from ``earliest`` to ``latest``), and the pause meanwhile."""

    earliest: float
    latest: float
    pause: float

    def next_pause(self, elapsed: float) -> float:
        """Return the seconds until the next look, ``elapsed`` seconds after the run started."""
        if elapsed < self.earliest:
            return max(FASTEST, min(SLOWEST, self.earliest - elapsed))
        if elapsed <= self.latest:
            return self.pause
        return min(_UNKNOWN_SLOWEST, max(self.pause, (elapsed - self.latest) / 5))


def pace_of(durations: t.Sequence[float]) -> Pace | None:
    """Return the pace for a workflow whose runs took so many seconds before; None without a single one.

    Lengths of runs scatter by a factor, so their logarithms are averaged. The requests that are saved before the end is
    expected are spent while it is.
    """
    logs = [math.log(max(1.0, duration)) for duration in durations]
    if not logs:
        return None
    mean = sum(logs) / len(logs)
    scatter = math.sqrt(sum((value - mean) ** 2 for value in logs) / len(logs)) if len(logs) > 1 else 0.3
    spread = max(scatter, _LEAST_SPREAD) * (1 + 1 / len(logs))
    expected = math.exp(mean + spread**2 / 2)
    earliest = math.exp(mean - 2 * spread)
    requests = max(1.0, BUDGET * expected - earliest / SLOWEST)
    return Pace(earliest, math.exp(mean + 2.5 * spread), max(FASTEST, (expected - earliest) / requests))


def unknown_pause(elapsed: float) -> float:
    """Return the pause for a workflow without a history: often at first, less often the longer it takes."""
    return min(_UNKNOWN_SLOWEST, max(FASTEST, elapsed / 15))
