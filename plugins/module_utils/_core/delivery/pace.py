# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""How often to look at a run: by how long the workflow took before, within a budget of requests."""

from __future__ import annotations

import bisect
import itertools
import math
import typing as t

BUDGET = 18 / 60  # requests a second, on average over an expected run; the time of the answers comes on top
FASTEST = 0.5  # when the end is likely
SLOWEST = 15.0  # when nobody expects the end
_UNKNOWN_FASTEST = 1.0
_UNKNOWN_SLOWEST = 10.0
_LEAST_WIDTH, _MOST_WIDTH = 0.03, 1.0
_SINGLE_SCATTER = 0.3
_CELLS = 160


class Pace(t.NamedTuple):
    """How many looks are due (``sums``) at moments (``bounds``, seconds after the start): while the end is expected."""

    bounds: tuple[float, ...]
    sums: tuple[float, ...]

    def next_pause(self, elapsed: float) -> float:
        """Return the seconds until the next look, ``elapsed`` seconds after the run started."""
        if elapsed < self.bounds[0]:
            moment = self.bounds[0]
        elif elapsed < self.bounds[-1]:
            moment = _between(_between(elapsed, self.bounds, self.sums) + 1, self.sums, self.bounds)
        else:
            return min(_UNKNOWN_SLOWEST, max(1 / BUDGET, (elapsed - self.bounds[-1]) / 5))
        return max(FASTEST, min(SLOWEST, moment - elapsed))


def pace_of(durations: t.Sequence[float]) -> Pace | None:
    """Return the pace for a workflow whose runs took so many seconds before; None without a single one.

    The next run is expected to end near where one ended before. Requests are spent where they shorten the wait the
    most: their density goes with the square root of how likely a run that still goes on is to end.
    """
    logs = [math.log(max(1.0, duration)) for duration in durations]
    if not logs:
        return None
    width = _width(logs)
    first, last = min(logs) - 4 * width, max(logs) + 3 * width
    bounds = [math.exp(first + (last - first) * number / _CELLS) for number in range(_CELLS + 1)]
    alive = [_alive(bound, logs, width) for bound in bounds]
    cells = list(zip(bounds, bounds[1:], alive, alive[1:]))
    wish = [math.sqrt(max(0.0, before - after) / (end - start) / before) for start, end, before, after in cells]
    cost = sum(rate * (end - start) * (before + after) / 2 for rate, (start, end, before, after) in zip(wish, cells))
    expected = bounds[0] + sum((end - start) * (before + after) / 2 for start, end, before, after in cells)
    factor = max(1.0, BUDGET * expected - bounds[0] / SLOWEST) / cost
    rates = (min(1 / FASTEST, max(1 / SLOWEST, factor * rate)) for rate in wish)
    due = (rate * (end - start) for rate, (start, end, _before, _after) in zip(rates, cells))
    return Pace(tuple(bounds), (0.0, *itertools.accumulate(due)))


def _width(logs: t.Sequence[float]) -> float:
    """Return by what factor (as a logarithm) a run may miss one of before: less, the more of them are known."""
    count = len(logs)
    mean = sum(logs) / count
    scatter = math.sqrt(sum((value - mean) ** 2 for value in logs) / count) if count > 1 else _SINGLE_SCATTER
    return min(_MOST_WIDTH, max(_LEAST_WIDTH, scatter * (1 + 1 / count) * math.pow(count, -0.2)))


def _alive(moment: float, logs: t.Sequence[float], width: float) -> float:
    """Return how likely a run still goes on at a moment after its start."""
    place = math.log(moment)
    return sum(math.erfc((place - value) / (width * math.sqrt(2))) for value in logs) / (2 * len(logs))


def _between(value: float, these: t.Sequence[float], those: t.Sequence[float]) -> float:
    """Return what lies among ``those`` where the value lies among ``these``; both ascend."""
    place = min(len(these) - 1, bisect.bisect(these, value))
    share = (value - these[place - 1]) / (these[place] - these[place - 1])
    return those[place - 1] + min(1.0, share) * (those[place] - those[place - 1])


def unknown_pause(elapsed: float) -> float:
    """Return the pause for a workflow without a history: often at first, less often the longer it takes."""
    return min(_UNKNOWN_SLOWEST, max(_UNKNOWN_FASTEST, elapsed / 15))
