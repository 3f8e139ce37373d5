# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock that tests move: an hour of waiting passes at once, for the core and for the local GitHub alike."""

from __future__ import annotations

import threading
import typing as t

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Clock

if t.TYPE_CHECKING:
    from emulator.clock import Clock as ServerClock


class SteppingClock(Clock):
    """Sleeping moves the server's frozen clock too. ``ahead`` is by how much the local wall clock is wrong."""

    def __init__(self, server: ServerClock, ahead: float = 0.0) -> None:
        server.freeze()
        self.ahead = ahead
        self.sleeps: list[float] = []
        self._server = server
        self._elapsed = 1000.0
        self._lock = threading.Lock()

    @property
    def slept(self) -> float:
        """Seconds slept in all."""
        return sum(self.sleeps)

    def now(self) -> float:
        return self._server.elapsed() + self.ahead

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.pass_time(seconds)
            self.sleeps.append(seconds)

    def pass_time(self, seconds: float) -> None:
        """Let time go by without anybody sleeping."""
        with self._lock:
            self._elapsed += seconds
            self._server.advance(seconds)
