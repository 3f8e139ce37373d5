# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Find the runs that carry an event's id. A run without it is never taken for ours, however well it fits."""

from __future__ import annotations

import re
import typing as t

from ..clock import Deadline
from ..github.dates import parse_timestamp
from ..github.reply import Reply
from .reading import RunReader
from .runs import Run, carries, read_run, steps_carry

_WINDOW_MARGIN = 60.0
_MAX_PAGES = 10
_LATER_PAGES = 2  # once all was read and nobody knows since when to look, what is new is at the top
_MAX_PEEKS = 20


class Finder:
    """Looks for one event's runs among all runs of a repository."""

    def __init__(self, reader: RunReader, dispatch_id: str, began: float | None) -> None:
        """Take the event's id and when (monotonic clock) it began to be sent; None when that is not known."""
        self._reader = reader
        self._id = dispatch_id
        self._began = began
        self._strangers: set[tuple[int, int]] = set()
        #: All runs of the last look, ours and others': the history of workflows.
        self.seen: list[Run] = []

    def look(self, deadline: Deadline, known: t.Container[int], *, peek: bool) -> list[Run]:
        """Return runs of ours that are not known yet.

        The list is read unfiltered (filtered ones lag), newest first, back to when the event was sent.

        :param peek: look into the steps of runs whose titles don't tell, when no title does.
        :raises InfradispatchError: when runs may not be listed.
        """
        path: str | None = f"{self._reader.path}?per_page=100&exclude_pull_requests=true"
        ours: list[Run] = []
        unsure: list[Run] = []
        pages = _MAX_PAGES if self._began is not None or not self.seen else _LATER_PAGES
        self.seen = []
        for _page in range(pages):
            reply = self._reader.read(path, deadline) if path else None
            if reply is None:
                break
            if reply.status == 404:
                raise self._reader.refused(reply)
            listed = [run for run in map(read_run, reply.objects("workflow_runs") or []) if run is not None]
            self.seen += listed
            ours += [run for run in listed if run.id not in known and carries(run, self._id)]
            unsure += [run for run in listed if run.id not in known and self._could_be_ours(run, reply)]
            if not listed or self._before_window(listed[-1], reply):
                break
            path = reply.next_path(self._reader.api_url)
        return ours or (self._peek(unsure[:_MAX_PEEKS], deadline) if peek else [])

    def _before_window(self, run: Run, reply: Reply) -> bool:
        """Tell whether a run is older than the event: by the server's clock and the time since, never by our clock."""
        created = parse_timestamp(run.created_at)
        if created is None or reply.date is None or self._began is None:
            return False
        return created < reply.date - (self._reader.clock.monotonic() - self._began) - _WINDOW_MARGIN

    def _could_be_ours(self, run: Run, reply: Reply) -> bool:
        """Tell whether only the steps can say: a dispatched run in the window that is not known as a stranger."""
        known = (run.id, run.run_attempt) in self._strangers
        named = re.search(r"\b[0-9a-f]{32}\b", f"{run.display_title} {run.name}") is not None
        return run.event == "repository_dispatch" and not known and not named and not self._before_window(run, reply)

    def _peek(self, candidates: t.Iterable[Run], deadline: Deadline) -> list[Run]:
        """Return the runs that have the id in the name of a job or step."""
        ours = []
        for run in candidates:
            reply = self._reader.read(f"{self._reader.path}/{run.id}/jobs?per_page=100", deadline)
            jobs = reply.objects("jobs") if reply is not None else None
            if jobs and steps_carry(jobs, self._id):
                ours.append(run)
            elif jobs is not None and run.finished:
                self._strangers.add((run.id, run.run_attempt))
        return ours
