# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program and see what it cost; run several in turn, so that the machine's mood hits all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

Result = TypeVar("Result")


class Cost(NamedTuple):
    """What one run cost, its children included: CPU (user and system) and wall time, in ms."""

    cpu: float
    wall: float


class Spread(NamedTuple):
    """Median and range of the values of all rounds."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        """Return it as tables show it; a ratio far below one as a fraction."""
        show = _fraction if 0 < self.most < 0.2 else _short
        return f"{show(self.median)} ({show(self.least)} - {show(self.most)})"


class Failed(Exception):
    """A subject did not do its work, so its time means nothing."""


def run(command: Sequence[str | Path], env: Mapping[str, str], folder: Path) -> Cost:
    """Run a program to its end.

    :raises Failed: unless it ends with 0, with what it said.
    """
    said = folder / "output.txt"
    words = [str(word) for word in command]
    with said.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            words, env=dict(env), cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failed(f"{' '.join(words)} ended with {process.returncode}:\n{said.read_text('utf-8')[-2000:]}")
    return Cost((usage.ru_utime + usage.ru_stime) * 1000, wall * 1000)


def in_turn(subjects: Mapping[str, Callable[[], Result]], rounds: int, warm: int = 1) -> dict[str, list[Result]]:
    """Run all subjects once in each round. The first rounds fill caches and don't count. Every other round goes
    backwards, so that no subject always has the same neighbour before it."""
    results: dict[str, list[Result]] = {name: [] for name in subjects}
    for number in range(warm + rounds):
        for name in list(subjects) if number % 2 == 0 else list(subjects)[::-1]:
            result = subjects[name]()
            if number >= warm:
                results[name].append(result)
    return results


def spread(values: Sequence[float]) -> Spread:
    """Return median and range."""
    return Spread(statistics.median(values), min(values), max(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return the ratios of two subjects, each taken within one round."""
    return spread([mine / other for mine, other in zip(ours, theirs, strict=True)])


def _short(value: float) -> str:
    """Return a number with three digits that mean something."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"


def _fraction(value: float) -> str:
    """Return a small ratio as people say it."""
    return f"1/{_short(1 / value)}" if value > 0 else "0"
