# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Time as an argument: what a test replaces to make hours pass at once."""

from __future__ import annotations

import time
import typing as t


class Clock:
    """The real clock. Durations and deadlines use :meth:`monotonic`; :meth:`now` only speaks to GitHub's dates."""

    def now(self) -> float:
        """Return seconds since the epoch by the local (possibly wrong) clock."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds on a clock that is never set back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait. Zero and negative durations return at once."""
        if seconds > 0:
            time.sleep(seconds)


class Deadline(t.NamedTuple):
    """A point on the monotonic clock."""

    clock: Clock
    at: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        """Return the deadline ``seconds`` from now."""
        return cls(clock, clock.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self.at - self.clock.monotonic())

    def passed(self) -> bool:
        """Tell whether nothing is left."""
        return self.remaining() <= 0

    def allows(self, seconds: float) -> bool:
        """Tell whether a pause of ``seconds`` ends before the deadline."""
        return seconds < self.remaining()

    def earlier(self, seconds: float) -> Deadline:
        """Return the nearer one of this deadline and ``seconds`` from now."""
        return Deadline(self.clock, min(self.at, self.clock.monotonic() + seconds))
