# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Watch runs side by side: each is looked at when its own history makes that worth a request."""

from __future__ import annotations

import typing as t

from ..clock import Clock, Deadline
from ..errors import RunNotFound, WaitTimeout
from ..github.dates import parse_timestamp
from ..github.reply import Reply
from .pace import Pace, unknown_pause
from .runs import Run, describe, read_run

#: Reads a run: returns GitHub's answer, or None when it is of no use right now.
ReadRun = t.Callable[[Run, Deadline, t.Optional[t.Mapping[str, str]]], t.Optional[Reply]]

_GONE_AFTER = 3


class Watch:
    """One run that is looked at until it is finished."""

    def __init__(
        self,
        read: ReadRun,
        tell: t.Callable[[Run], None],
        clock: Clock,
        run: Run,
        pace: t.Callable[[Run], Pace | None] = lambda run: None,
    ) -> None:
        """Take what reads a run, what is told of each state, and what knows how long its workflow takes."""
        self._read = read
        self._tell = tell
        self._clock = clock
        self._pace = pace
        self._etag = ""
        self._missing = 0
        self.run = run
        self.began = self.due = self.looked_at = self._started = clock.monotonic()

    def poll(self, deadline: Deadline) -> None:
        """Read the run once, and settle when to do so again.

        :raises RunNotFound: when the run was deleted.
        """
        headers = {"If-None-Match": self._etag} if self._etag else None
        reply = self._read(self.run, deadline, headers)
        if reply is not None and reply.status == 404:
            self._vanished()
        elif reply is not None and reply.status != 304:
            self._take(reply)
        self.looked_at = self._clock.monotonic()
        self.due = self.looked_at + self._pause()

    def _pause(self) -> float:
        """Return the seconds until the next look."""
        elapsed = self._clock.monotonic() - self._started
        pace = self._pace(self.run)
        return pace.next_pause(elapsed) if pace is not None else unknown_pause(elapsed)

    def _take(self, reply: Reply) -> None:
        """Take in the state that an answer shows."""
        self._missing = 0
        run = read_run(reply.mapping())
        if run is None or run.id != self.run.id:
            return
        self._etag = reply.headers.get("etag", "")
        started = parse_timestamp(run.run_started_at)
        if started is not None and reply.date is not None and reply.date >= started:
            self._started = self._clock.monotonic() - (reply.date - started)
        self.run = run
        self._tell(run)

    def _vanished(self) -> None:
        """Count a 404: a run may be missing for a moment, and it may have been deleted."""
        self._missing += 1
        if self._missing >= _GONE_AFTER:
            raise RunNotFound(
                f"The run {self.run.html_url or self.run.id} was deleted while it was waited for.",
                "How it ended can't be known any more. Send a new event if a verdict is needed.",
                run_id=self.run.id,
            )


def watch_all(watches: t.Sequence[Watch], clock: Clock, deadline: Deadline) -> None:
    """Return when every run is finished.

    :raises WaitTimeout: at the deadline, when each has been looked at for a last time.
    :raises RunNotFound: when one was deleted.
    """
    while True:
        going = [watch for watch in watches if not watch.run.finished]
        if not going:
            return
        if not deadline.passed():
            watch = min(going, key=lambda one: one.due)
            pause = min(watch.due - clock.monotonic(), deadline.remaining())
            if pause > 0:
                clock.sleep(pause)
            watch.poll(deadline)
            continue
        for watch in going:
            if watch.looked_at < deadline.at:
                watch.poll(deadline)
        going = [watch for watch in going if not watch.run.finished]
        if going:
            raise _timeout(going, clock)


def _timeout(going: t.Sequence[Watch], clock: Clock) -> WaitTimeout:
    """Return the error for runs that did not end in time."""
    words = [f"The run {watch.run.html_url or watch.run.id} is still {describe(watch.run)}" for watch in going]
    waited = clock.monotonic() - min(watch.began for watch in going)
    return WaitTimeout(
        f"{'. '.join(words)} after {waited:.0f} s.",
        "It goes on. Allow more time with wait_timeout, or look at the run.",
        run_id=going[0].run.id,
        timed_out=True,
    )
