# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How soon the end of a run is seen, and for how many requests: a simulation with the real pace of the core.

No time passes. Every workflow has a way in which its runs' lengths scatter; some of them are its history, the next one
is watched. The promise is about runs of a minute or more whose workflow has ten or more runs to learn from.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from measure import spread
from report import Goal, Report
from testbed import ROOT

Draw = Callable[[random.Random, int], float]

LATENCY, REQUESTS, FRESH = 1.0, 18.0, 0.1  # seconds on average, requests a minute, share that is not a 304
LEAST_RUN, LEAST_HISTORY = 60.0, 10
_ANSWER = 0.15  # seconds for a request to come back
_CHANGES = 5  # answers that differ during a run, by jobs that start and end; its own end comes on top
_HISTORIES = (0, 1, 3, 10, 30)


@dataclass
class Tally:
    """What watching runs came to."""

    latencies: list[float] = field(default_factory=list)
    requests: int = 0
    fresh: int = 0
    seconds: float = 0.0

    @property
    def latency(self) -> float:
        """Return the mean time from the end of a run to the answer that shows it."""
        return statistics.fmean(self.latencies)

    @property
    def p95(self) -> float:
        """Return the time that 95 % of the runs stay below."""
        return statistics.quantiles(self.latencies, n=20)[-1]

    @property
    def rate(self) -> float:
        """Return the requests a minute."""
        return 60 * self.requests / self.seconds

    @property
    def share(self) -> float:
        """Return the share of requests that are answered with something new, and so are not free."""
        return self.fresh / self.requests

    def add(self, other: Tally) -> None:
        """Take in another one."""
        self.latencies += other.latencies
        self.requests += other.requests
        self.fresh += other.fresh
        self.seconds += other.seconds

    def row(self, *names: str) -> list[str]:
        """Return the row of a table."""
        return [*names, f"{self.latency:.2f}", f"{self.p95:.1f}", f"{self.rate:.1f}", f"{100 * (1 - self.share):.1f}"]


def pacing(rounds: int) -> Report:
    """Watch ``rounds`` runs of every workflow with every length of history."""
    sys.path.insert(0, str(ROOT / "plugins" / "module_utils"))
    report = Report("Pace of looking at a run, simulated")
    report.notes = [
        f"Requests that look at the run alone; up to {_CHANGES} of their answers are new before the last one.",
        f"The promise is about runs of {LEAST_RUN:.0f} s or more with {LEAST_HISTORY} or more to learn from.",
    ]
    report.columns = ("runs take", "history", "mean latency s", "p95 s", "requests/min", "304 %")
    promised, few = Tally(), Tally()
    for name, draw in _workflows().items():
        for known in _HISTORIES:
            dice = random.Random(f"{name} {known}")
            tally = _watched(draw, known, rounds, dice)
            long = statistics.fmean(draw(dice, 0) for _sample in range(50)) >= LEAST_RUN
            if long:
                (promised if known >= LEAST_HISTORY else few).add(tally)
            report.rows.append(tally.row(name, str(known)))
    report.rows.append(promised.row("all of a minute or more", f">= {LEAST_HISTORY}"))
    report.rows.append(few.row("all of a minute or more", f"< {LEAST_HISTORY}"))
    report.goals = [
        Goal("mean latency, s", spread([promised.latency]), LATENCY),
        Goal("requests a minute", spread([promised.rate]), REQUESTS),
        Goal("share that is no 304", spread([promised.share]), FRESH),
    ]
    return report


def _workflows() -> dict[str, Draw]:
    """Return workflows by a description, each with what draws the length of the run that is so many runs away."""
    made: dict[str, Draw] = {}
    for median in (20, 60, 180, 600, 2700):
        for scatter in (0.05, 0.15, 0.3, 0.6):
            made[f"{_length(median)}, scatter {scatter:g}"] = _lognormal(median, scatter)
    made["3 min, or 40 s when cached (1 of 3)"] = _either(_lognormal(180, 0.1), _lognormal(40, 0.15), 1 / 3)
    made["12 min, or 4 min when cached (2 of 3)"] = _either(_lognormal(720, 0.1), _lognormal(240, 0.1), 2 / 3)
    made["5 min, 1 of 10 waits 4 min more"] = _either(_lognormal(300, 0.1), _lognormal(540, 0.1), 0.1)
    made["8 min, 1 % more each run"] = _growing(_lognormal(480, 0.08), 0.01)
    return made


def _lognormal(median: float, scatter: float) -> Draw:
    """Return lengths that scatter by a factor, as those of CI runs do."""
    return lambda dice, _ago: median * math.exp(dice.gauss(0.0, scatter))


def _either(usual: Draw, other: Draw, share: float) -> Draw:
    """Return lengths of two kinds."""
    return lambda dice, ago: (other if dice.random() < share else usual)(dice, ago)


def _growing(last: Draw, step: float) -> Draw:
    """Return lengths that were shorter before."""
    return lambda dice, ago: last(dice, ago) * (1 - step) ** ago


def _watched(draw: Draw, known: int, rounds: int, dice: random.Random) -> Tally:
    """Watch the next run again and again, each time with another history."""
    tally = Tally()
    for _round in range(rounds):
        history = [draw(dice, ago) for ago in range(known, 0, -1)]
        _watch(draw(dice, 0), history, dice, tally)
    return tally


def _watch(length: float, history: Sequence[float], dice: random.Random, tally: Tally) -> None:
    """Watch one run from when it was found until an answer shows its end."""
    from _core.delivery.pace import pace_of, unknown_pause

    pace = pace_of(history)
    moment = began = dice.uniform(1.0, 4.0)
    changes = sorted([dice.uniform(0.0, 5.0), *(dice.uniform(0.0, length) for _change in range(_CHANGES - 1)), length])
    seen = -1.0
    while True:
        asked = moment + _ANSWER / 2
        tally.requests += 1
        tally.fresh += seen < 0 or any(seen < change <= asked for change in changes)
        seen = asked
        moment += _ANSWER
        if asked >= length:
            break
        moment += pace.next_pause(moment) if pace is not None else unknown_pause(moment)
    tally.latencies.append(moment - max(length, began))
    tally.seconds += moment - began


def _length(seconds: float) -> str:
    """Return a length as people say it."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
