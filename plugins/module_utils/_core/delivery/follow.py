# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Follow an event to its verdict: find its runs, wait for all of them, and say what holds or fails one."""

from __future__ import annotations

import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError, RunNotFound, WaitTimeout
from ..github.reply import Reply
from .details import explained, holding, jobs_of
from .find import Finder
from .pace import Pace, pace_of
from .progress import Progress, nobody
from .reading import RunReader
from .receivers import Survey
from .runs import COMPLETED, GOOD, Run, describe, durations, read_run
from .watch import Watch, watch_all
from .workflow_text import NOWHERE

#: Reads who listens in the repository; None when that can't be known. Called at most once.
AskReceivers = t.Callable[[Deadline], t.Optional[Survey]]

_FIND_PAUSES = (1.0, 1.0, 2.0, 3.0, 5.0)
_ASK_AFTER = 3  # looks
_SETTLE = 2.0
_SETTLE_EXPECTED = 20.0
_ENOUGH_HISTORY = 3
_HISTORY_AFTER = 5.0
_JOBS_EVERY = 30.0


class Follower:
    """Follows one event in one repository."""

    def __init__(
        self,
        reader: RunReader,
        dispatch_id: str,
        began: float | None,
        progress: Progress,
        *,
        event_type: str = "",
        ask_receivers: AskReceivers | None = None,
    ) -> None:
        """Take the event's id and when (monotonic clock) it began to be sent, None when that is not known.

        :param ask_receivers: with ``event_type`` tells how many runs to expect, and when there will be none.
        """
        self._reader = reader
        self._clock = reader.clock
        self._finder = Finder(reader, dispatch_id, began)
        self._id = dispatch_id
        self._began = reader.clock.monotonic() if began is None else began
        self._progress = progress
        self._event_type = event_type
        self._ask_receivers = ask_receivers
        self._survey: Survey | None = None
        self._hearers = 0  # how many runs there should be; 0 when that is not known
        self._findable = 0  # how many of them show the id
        self._search = Deadline(reader.clock, self._began)
        self._holds: dict[tuple[int, int], str] = {}
        self._histories: dict[int, Pace | None] = {}
        self._jobs_due: dict[int, float] = {}
        self._jobs_told: dict[int, tuple[int, int]] = {}
        self._jobs_tags: dict[int, str] = {}
        self.runs: dict[int, Run] = {}

    def find(self, deadline: Deadline) -> list[Run]:
        """Return the runs that carry the id: as many as workflows listen, or those that show up in a short while.

        :raises NoReceiver: when it is certain that nothing listens to the event.
        :raises RunNotFound: when there is no run by the deadline.
        """
        looks = 0
        self._search = deadline
        while True:
            self._look(deadline, peek=looks >= 2)
            looks += 1
            if self.runs:
                self._settle(deadline)
                return list(self.runs.values())
            late = deadline.passed()
            if late or looks == _ASK_AFTER:
                self._check_receivers(deadline)
            if late:
                raise self._not_found()
            self._clock.sleep(min(_FIND_PAUSES[min(looks, len(_FIND_PAUSES)) - 1], deadline.remaining()))

    def wait(self, deadline: Deadline) -> list[Run]:
        """Return the runs when all of them are finished, with their jobs. Runs that show up late are waited for too.

        While one is missing that a receiver on the default branch would show, the search goes on as long as it may.

        :raises WaitTimeout: when one is not finished by the deadline; what is known is in ``runs``.
        """
        watches: dict[int, Watch] = {}
        while True:
            for run in self.runs.values():
                if run.id not in watches:
                    watches[run.id] = Watch(self._read_one, self.update, self._clock, run, self._pace)
            self._watch(list(watches.values()), deadline)
            try:
                self._look(deadline, peek=len(self.runs) < self._hearers)
            except InfradispatchError:
                break  # all that is known is over: the verdict stands
            if len(self.runs) == len(watches):
                if len(self.runs) >= self._findable or self._search.passed() or deadline.passed():
                    break
                self._clock.sleep(min(_FIND_PAUSES[-1], self._search.remaining(), deadline.remaining()))
        self.detail(deadline)
        return list(self.runs.values())

    def incomplete(self) -> InfradispatchError | None:
        """Return the error for runs that receivers owe and that did not appear: without them there is no verdict."""
        if len(self.runs) >= self._findable:
            return None
        return RunNotFound(
            f"{self._findable} workflows on the default branch of {self._reader.repository} listen to "
            f"{self._event_type}, and {len(self.runs)} of their runs appeared in "
            f"{self._clock.monotonic() - self._began:.0f} s.",
            "Look at the repository's Actions page: a workflow file that is not valid starts no run.",
        )

    def unseen(self) -> list[str]:
        """Return a warning when receivers that show no id take part unseen: nobody can tell which runs are theirs."""
        hearing = self._survey.hearing(self._event_type) if self._survey and self._hearers > len(self.runs) else []
        paths = [one.path for one in hearing if one.findable == NOWHERE]
        if not paths:
            return []
        said = f"{', '.join(paths)} of {self._reader.repository} listens to {self._event_type} too"
        return [f"{said}, and shows the event's id nowhere: its run is not part of the verdict. Add it to run-name."]

    def look(self, deadline: Deadline) -> None:
        """Take in the runs that carry the id now, by their titles or by their steps.

        :raises InfradispatchError: when runs may not be listed.
        """
        self._look(deadline, peek=not self.runs)

    def detail(self, deadline: Deadline) -> None:
        """Add jobs, and the reasons of those that failed, to the runs that are known."""
        for run in list(self.runs.values()):
            self.runs[run.id] = self._with_details(run, deadline)

    def cancel(self) -> list[int]:
        """Ask GitHub to cancel the runs that are not finished; return the ids of those where it agreed."""
        deadline = Deadline.after(self._clock, 15.0)
        cancelled = []
        for run in self.runs.values():
            if not run.finished:
                try:
                    path = f"{self._reader.path}/{run.id}/cancel"
                    reply = self._reader.github.write(path, self._reader.scope, deadline)
                except InfradispatchError:
                    continue
                if reply.ok:
                    cancelled.append(run.id)
        return cancelled

    def update(self, run: Run) -> None:
        """Take in a newer state of a run, and tell of a change."""
        known = self.runs.get(run.id)
        self.runs[run.id] = run
        if known is None:
            self._tell(f"run {run.display_title or run.name} found: {run.html_url}")
        if known is None or (known.status, known.conclusion) != (run.status, run.conclusion):
            self._tell(f"run {run.id}: {self._held(run) or describe(run)}{self._since()}")

    def _tell(self, text: str) -> None:
        self._progress(f"{self._reader.repository}: {text}")

    def _since(self) -> str:
        """Return how long it took up to now, for progress."""
        return f" ({self._clock.monotonic() - self._began:.0f} s)"

    def _held(self, run: Run) -> str:
        """Say once for each attempt what holds a run that waits."""
        if run.status != "waiting":
            return ""
        key = (run.id, run.run_attempt)
        if key not in self._holds:
            self._holds[key] = holding(self._reader, run, Deadline.after(self._clock, 30.0))
        return f"waiting for {self._holds[key]}: {run.html_url}" if self._holds[key] else ""

    def _look(self, deadline: Deadline, *, peek: bool) -> None:
        """Take in the runs of ours that showed up."""
        for run in self._finder.look(deadline, self.runs, peek=peek):
            self.update(run)

    def _settle(self, deadline: Deadline) -> None:
        """Look out for further runs: until the number that is expected is there, else for a short while.

        Those of receivers without ``run-name`` are looked for in the steps, too: one verdict is that of all.
        """
        expected = self._expected(deadline)
        self._hearers = expected or 0
        hearing = self._survey.hearing(self._event_type) if self._survey and expected else []
        self._findable = sum(one.findable != NOWHERE for one in hearing)
        if expected is None:
            self._clock.sleep(min(_SETTLE, deadline.remaining()))
            self._look(deadline, peek=False)
            return
        limit = deadline.earlier(_SETTLE_EXPECTED)
        while len(self.runs) < expected and not limit.passed():
            self._clock.sleep(min(_SETTLE, limit.remaining()))
            self._look(limit, peek=True)
        if len(self.runs) < expected:
            self._tell(
                f"{expected} workflows listen to {self._event_type}, {len(self.runs)} of their runs carry the id"
            )

    def _expected(self, deadline: Deadline) -> int | None:
        """Return how many runs the event starts by what the files on the default branch say; None when unknown."""
        survey = self._receivers(deadline)
        return len(survey.hearing(self._event_type)) or None if survey is not None and survey.certain else None

    def _receivers(self, deadline: Deadline) -> Survey | None:
        """Read who listens, once."""
        if self._ask_receivers is not None:
            ask, self._ask_receivers = self._ask_receivers, None
            self._survey = ask(deadline)
        return self._survey

    def _check_receivers(self, deadline: Deadline) -> None:
        """End the search when it is certain that nothing listens: waiting longer would not help."""
        survey = self._receivers(deadline)
        if survey is not None and survey.certain and not survey.hearing(self._event_type):
            raise survey.nobody(str(self._reader.repository), self._event_type, sent=True)

    def _watch(self, watches: t.Sequence[Watch], deadline: Deadline) -> None:
        """Wait for the runs that are known; name what holds one when time is up."""
        try:
            watch_all(watches, self._clock, deadline)
        except WaitTimeout as error:
            held = [
                text
                for (number, _attempt), text in self._holds.items()
                if text and self.runs[number].status == "waiting"
            ]
            if held:
                error.message += f" It waits for {'; '.join(held)}."
            raise
        except InfradispatchError as error:
            links = ", ".join(run.html_url for run in self.runs.values())
            error.hint = f"The run goes on{': ' + links if links else ''}. {error.hint}"
            raise

    def _read_one(self, run: Run, deadline: Deadline, headers: t.Mapping[str, str] | None) -> Reply | None:
        """Read one run, and now and then how many of its jobs are done."""
        reply = self._reader.read(f"{self._reader.path}/{run.id}", deadline, headers)
        now = self._clock.monotonic()
        due = self._jobs_due.setdefault(run.id, self._began + _JOBS_EVERY)
        if self._progress is not nobody and run.status == "in_progress" and now >= due:
            self._jobs_due[run.id] = now + _JOBS_EVERY
            self._tell_jobs(run)
        return reply

    def _tell_jobs(self, run: Run) -> None:
        """Tell how many jobs of a run are done, when that has changed; asking costs nothing when there is no news."""
        path = f"{self._reader.path}/{run.id}/jobs?per_page=100"
        known = {"If-None-Match": self._jobs_tags[run.id]} if run.id in self._jobs_tags else None
        try:
            reply = self._reader.read(path, Deadline.after(self._clock, 10.0), known)
        except InfradispatchError:
            return  # it is for information only
        jobs = reply.objects("jobs") or [] if reply is not None and reply.ok else []
        count = (sum(job.get("status") == COMPLETED for job in jobs), len(jobs))
        if reply is not None and jobs and reply.headers.get("etag"):
            self._jobs_tags[run.id] = reply.headers["etag"]
        if jobs and self._jobs_told.get(run.id) != count:
            self._jobs_told[run.id] = count
            self._tell(f"run {run.id}: {describe(run)}, {count[0]} of {count[1]} jobs done{self._since()}")

    def _pace(self, run: Run) -> Pace | None:
        """Return the pace for a run's workflow: by the runs that were listed anyway, or one more request for it."""
        if not run.workflow_id:
            return None
        if run.workflow_id not in self._histories:
            history = durations(self._finder.seen, run.workflow_id)
            if len(history) < _ENOUGH_HISTORY:
                if self._clock.monotonic() - self._began < _HISTORY_AFTER:
                    return pace_of(history)
                path = f"{self._reader.base}/actions/workflows/{run.workflow_id}/runs?per_page=30"
                items = self._reader.page(path, "workflow_runs", Deadline.after(self._clock, 30.0))
                history = durations(filter(None, map(read_run, items)), run.workflow_id) or history
            self._histories[run.workflow_id] = pace_of(history)
        return self._histories[run.workflow_id]

    def _with_details(self, run: Run, deadline: Deadline) -> Run:
        """Return a finished run with its jobs, and the reasons of those that failed."""
        limit = Deadline.after(self._clock, max(10.0, min(60.0, deadline.remaining())))
        whole = run._replace(jobs=jobs_of(self._reader, run, limit))
        return whole if run.conclusion in GOOD else explained(self._reader, whole, limit)

    def _not_found(self) -> InfradispatchError:
        """Return the error for an event whose run did not show up."""
        trouble = f" The last trouble: {self._reader.trouble}" if self._reader.trouble else ""
        unfindable = [one.path for one in self._survey.hearing(self._event_type)] if self._survey else []
        listeners = f" {', '.join(unfindable)} listens to {self._event_type}." if unfindable else ""
        return RunNotFound(
            f"{self._sent_or_not()} run that carries the id {self._id} appeared in "
            f"{self._clock.monotonic() - self._began:.0f} s.{listeners}{trouble}",
            "Check that a workflow on the default branch has this event type in on.repository_dispatch.types, that it "
            "and Actions are enabled, that no if: skips it, and that its run-name holds "
            "${{ github.event.client_payload.dispatch.id }}. Without the id nobody can tell which run is yours.",
        )

    def _sent_or_not(self) -> str:
        """Begin the sentence by what is known of the event: whoever only asks for its runs did not send it."""
        if self._event_type:
            return f"GitHub accepted the event for {self._reader.repository}, and no"
        return f"In {self._reader.repository} no"
