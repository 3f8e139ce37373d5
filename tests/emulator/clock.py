# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of the local GitHub: real time by default, moved or frozen by tests."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch as the server sees them.

    ``advance`` moves the whole time line. ``skew`` only makes the server's wall clock differ from the client's: it
    changes what ``now`` says, and leaves the schedules of runs (``elapsed``) alone.
    """

    def __init__(self) -> None:
        self._frozen_at: float | None = None
        self._advanced = 0.0
        self._skew = 0.0

    def now(self) -> float:
        """The server's wall clock: Date headers, token expiry, JWT checks, time stamps."""
        return self.elapsed() + self._skew

    def elapsed(self) -> float:
        """The time line that schedules follow."""
        return (time.time() if self._frozen_at is None else self._frozen_at) + self._advanced

    def advance(self, seconds: float) -> None:
        self._advanced += seconds

    def skew(self, seconds: float) -> None:
        """Set (not add) how far the server's wall clock is ahead of the real one."""
        self._skew = seconds

    def freeze(self) -> None:
        """Stop the clock: from here only ``advance`` moves it."""
        if self._frozen_at is None:
            self._frozen_at = time.time()

    def thaw(self) -> None:
        self._frozen_at = None

    def reset(self) -> None:
        """Back to real time."""
        self._frozen_at, self._advanced, self._skew = None, 0.0, 0.0


def iso(moment: float) -> str:
    """2026-11-25T12:00:00Z, as GitHub writes time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
