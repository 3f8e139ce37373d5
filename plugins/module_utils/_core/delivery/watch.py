# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Watch one run: ask often at first and less often later, never past the deadline."""

from __future__ import annotations

import typing as t

from ..clock import Clock, Deadline
from ..errors import RunNotFound, WaitTimeout
from ..github.reply import Reply
from .runs import Run, describe, read_run

#: Reads a run: returns GitHub's answer, or None when it is of no use right now.
ReadRun = t.Callable[[Run, Deadline, t.Optional[t.Mapping[str, str]]], t.Optional[Reply]]

_GONE_AFTER = 3


class Watch:
    """Polls one run until it is finished."""

    def __init__(self, read: ReadRun, tell: t.Callable[[Run], None], clock: Clock, run: Run, began: float) -> None:
        """Take what reads a run, what is told of each state, and when (monotonic clock) the waiting began."""
        self._read = read
        self._tell = tell
        self._clock = clock
        self._run = run
        self._began = began
        self._etag = ""
        self._missing = 0

    def until_finished(self, deadline: Deadline) -> None:
        """Return when the run is finished.

        :raises WaitTimeout: at the deadline.
        :raises RunNotFound: when the run was deleted.
        """
        clock = self._clock
        while not self._poll(deadline):
            if deadline.passed():
                raise WaitTimeout(
                    f"The run {self._run.html_url or self._run.id} is still {describe(self._run)} after "
                    f"{clock.monotonic() - self._began:.0f} s.",
                    "It goes on. Allow more time with wait_timeout, or look at the run.",
                    run_id=self._run.id,
                    timed_out=True,
                )
            clock.sleep(min(poll_pause(clock.monotonic() - self._began), deadline.remaining()))

    def _poll(self, deadline: Deadline) -> bool:
        """Read the run; tell whether it is finished."""
        headers = {"If-None-Match": self._etag} if self._etag else None
        reply = self._read(self._run, deadline, headers)
        if reply is None or reply.status == 304:
            return False
        if reply.status == 404:
            self._missing += 1
            if self._missing >= _GONE_AFTER:
                raise RunNotFound(
                    f"The run {self._run.html_url or self._run.id} was deleted while it was waited for.",
                    "How it ended can't be known any more. Send a new event if a verdict is needed.",
                    run_id=self._run.id,
                )
            return False
        self._missing = 0
        run = read_run(reply.mapping())
        if run is None or run.id != self._run.id:
            return False
        self._etag = reply.headers.get("etag", "")
        self._run = run
        self._tell(run)
        return run.finished


def poll_pause(elapsed: float) -> float:
    """Return the seconds until a run is looked at again: often at first, then a tenth of the time it already took."""
    return min(10.0, max(1.0, elapsed / 10))
