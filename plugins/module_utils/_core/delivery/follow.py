# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Find the runs that an event started, and wait for them. A run that does not carry the event's id is never ours."""

from __future__ import annotations

import re
import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError, RunNotFound, Unreachable
from ..github.client import GitHub
from ..github.credentials import Scope
from ..github.dates import parse_timestamp
from ..github.diagnosis import Request, error_of
from ..github.reply import Reply
from ..github.urls import Repository
from .runs import Run, carries, describe, read_job, read_run, steps_carry
from .watch import Watch

Progress = t.Callable[[str], None]

_WINDOW_MARGIN = 60.0
_FIND_PAUSES = (1.0, 1.0, 2.0, 3.0, 5.0)
_SETTLE = 2.0
_MAX_PAGES = 10
_MAX_PEEKS = 20
NEEDS = "actions: read"


class Follower:
    """Follows one event in one repository."""

    def __init__(
        self, github: GitHub, repository: Repository, scope: Scope, dispatch_id: str, began: float, progress: Progress
    ) -> None:
        """Take the event's id and when (monotonic clock) it began to be sent."""
        self._github = github
        self._clock = github.clock
        self._path = f"/repos/{repository.owner}/{repository.name}/actions/runs"
        self._repository = repository
        self._scope = scope
        self._id = dispatch_id
        self._began = began
        self._progress = progress
        self._strangers: set[tuple[int, int]] = set()
        self._trouble = ""
        self.runs: dict[int, Run] = {}

    def find(self, deadline: Deadline) -> list[Run]:
        """Return the runs that carry the id, after a short look-out for further ones.

        :raises RunNotFound: when there is none by the deadline.
        """
        looks = 0
        while True:
            self._look(deadline, peek=looks >= 2)
            looks += 1
            if self.runs:
                self._clock.sleep(min(_SETTLE, deadline.remaining()))
                self._look(deadline, peek=False)
                return list(self.runs.values())
            if deadline.passed():
                raise self._not_found()
            self._clock.sleep(min(_FIND_PAUSES[min(looks, len(_FIND_PAUSES)) - 1], deadline.remaining()))

    def wait(self, deadline: Deadline) -> list[Run]:
        """Return the runs when all of them are finished, with their jobs. Runs that show up late are waited for too.

        :raises WaitTimeout: when one is not finished by the deadline; what is known is in ``runs``.
        """
        began = self._clock.monotonic()
        while True:
            for run in [run for run in self.runs.values() if not run.finished]:
                Watch(self._read_one, self.update, self._clock, run, began).until_finished(deadline)
            known = len(self.runs)
            try:
                self._look(deadline, peek=False)
            except InfradispatchError:
                break  # all that is known is over: the verdict stands
            if len(self.runs) == known:
                break
        self.runs = {run.id: run._replace(jobs=self._jobs(run, deadline)) for run in self.runs.values()}
        return list(self.runs.values())

    def cancel(self) -> list[int]:
        """Ask GitHub to cancel the runs that are not finished; return the ids of those where it agreed."""
        deadline = Deadline.after(self._clock, 15.0)
        cancelled = []
        for run in self.runs.values():
            if not run.finished:
                try:
                    reply = self._github.write(f"{self._path}/{run.id}/cancel", self._scope, deadline)
                except InfradispatchError:
                    continue
                if reply.ok:
                    cancelled.append(run.id)
        return cancelled

    def read(self, path: str, deadline: Deadline, headers: t.Mapping[str, str] | None = None) -> Reply | None:
        """Return GitHub's answer to a question about runs, or None when it is of no use right now (5xx, no answer).

        :raises InfradispatchError: when it says that we may not know.
        """
        limit = Deadline.after(self._clock, max(1.0, deadline.remaining()))
        try:
            reply = self._github.read(path, self._scope, limit, headers=headers, tries=1)
        except Unreachable as error:
            self._trouble = error.message
            return None
        if reply.status >= 500:
            self._trouble = f"GitHub answers {reply.status}."
            return None
        if reply.ok or reply.status in (304, 404):
            return reply
        raise self._refused(reply)

    def _read_one(self, run: Run, deadline: Deadline, headers: t.Mapping[str, str] | None) -> Reply | None:
        """Read one run."""
        return self.read(f"{self._path}/{run.id}", deadline, headers)

    def update(self, run: Run) -> None:
        """Take in a newer state of a run, and tell of a change."""
        known = self.runs.get(run.id)
        self.runs[run.id] = run
        if known is None:
            self._progress(f"{self._repository}: run {run.display_title or run.name} found: {run.html_url}")
        if known is None or (known.status, known.conclusion) != (run.status, run.conclusion):
            self._progress(f"{self._repository}: run {run.id}: {describe(run)}")

    def _refused(self, reply: Reply) -> InfradispatchError:
        """Return the error for an answer that ends the following; the event itself was sent."""
        request = Request("show the workflow runs", str(self._repository), self._github.credential.kind, NEEDS)
        error = error_of(reply, request)
        if reply.status == 401:
            links = ", ".join(run.html_url for run in self.runs.values())
            error.message = f"The credential expired or was revoked while waiting. {error.message}"
            error.hint = f"The run goes on{': ' + links if links else ''}. {error.hint}"
        return error

    def _look(self, deadline: Deadline, *, peek: bool) -> None:
        """Read the list of runs, newest first, back to when the event was sent; unfiltered, as filtered lists lag."""
        path: str | None = f"{self._path}?per_page=100&exclude_pull_requests=true"
        peeks: list[Run] = []
        for _page in range(_MAX_PAGES):
            reply = self.read(path, deadline) if path else None
            if reply is None:
                break
            if reply.status == 404:
                raise self._refused(reply)
            listed = [run for run in map(read_run, reply.objects("workflow_runs") or []) if run is not None]
            for run in listed:
                if run.id in self.runs:
                    continue
                if carries(run, self._id):
                    self.update(run)
                elif self._could_be_ours(run, reply):
                    peeks.append(run)
            if not listed or self._before_window(listed[-1], reply):
                break
            path = reply.next_path(self._github.api_url)
        if peek and not self.runs:
            self._peek(peeks[:_MAX_PEEKS], deadline)

    def _before_window(self, run: Run, reply: Reply) -> bool:
        """Tell whether a run is older than the event: by the server's clock and the time since, never by our clock."""
        created = parse_timestamp(run.created_at)
        if created is None or reply.date is None:
            return False
        return created < reply.date - (self._clock.monotonic() - self._began) - _WINDOW_MARGIN

    def _could_be_ours(self, run: Run, reply: Reply) -> bool:
        """Tell whether only the steps can say: a dispatched run in the window that is not known as a stranger."""
        known = (run.id, run.run_attempt) in self._strangers
        named = re.search(r"\b[0-9a-f]{32}\b", f"{run.display_title} {run.name}") is not None
        return run.event == "repository_dispatch" and not known and not named and not self._before_window(run, reply)

    def _peek(self, candidates: t.Iterable[Run], deadline: Deadline) -> None:
        """Look for the id in the names of jobs and steps."""
        for run in candidates:
            reply = self.read(f"{self._path}/{run.id}/jobs?per_page=100", deadline)
            jobs = reply.objects("jobs") if reply is not None else None
            if jobs and steps_carry(jobs, self._id):
                self.update(run)
            elif jobs is not None and run.finished:
                self._strangers.add((run.id, run.run_attempt))

    def _jobs(self, run: Run, deadline: Deadline) -> tuple[dict[str, t.Any], ...]:
        """Return the jobs of the attempt that was waited for; none when they can't be read: the verdict stands."""
        jobs: list[dict[str, t.Any]] = []
        path: str | None = f"{self._path}/{run.id}/attempts/{run.run_attempt}/jobs?per_page=100"
        for _page in range(_MAX_PAGES):
            try:
                reply = self.read(path, deadline) if path else None
            except InfradispatchError:
                reply = None
            if reply is None or not reply.ok:
                break
            jobs += [read_job(item) for item in reply.objects("jobs") or []]
            path = reply.next_path(self._github.api_url)
        return tuple(jobs)

    def _not_found(self) -> InfradispatchError:
        trouble = f" The last trouble: {self._trouble}" if self._trouble else ""
        return RunNotFound(
            f"GitHub accepted the event for {self._repository}, and no run that carries the id {self._id} appeared in "
            f"{self._clock.monotonic() - self._began:.0f} s.{trouble}",
            "Check that a workflow on the default branch has this event type in on.repository_dispatch.types, that it "
            "and Actions are enabled, that no if: skips it, and that its run-name holds "
            "${{ github.event.client_payload.dispatch.id }}. Without the id nobody can tell which run is yours.",
        )
