# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflow runs, their jobs and steps, and the events that start them."""

from __future__ import annotations

import copy
import hashlib
import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from .clock import Clock
    from .models import Repository
    from .workflows import Workflow


@dataclass
class Event:
    """An accepted ``repository_dispatch``. ``client_payload`` is None when the sender left it out."""

    event_type: str
    client_payload: dict[str, t.Any] | None
    credential: str
    permissions: dict[str, str]
    repositories: list[str]
    at: float
    name: str = "repository_dispatch"


@dataclass
class Step:
    name: str
    number: int
    status: str = "queued"
    conclusion: str | None = None
    started_at: float | None = None
    completed_at: float | None = None
    key: str = ""
    """Its ``id`` in the workflow file, else its place, counted from 0."""


@dataclass
class Job:
    id: int
    key: str
    """The key below ``jobs:`` in the workflow file."""
    name: str
    created_at: float
    status: str = "queued"
    conclusion: str | None = None
    started_at: float | None = None
    completed_at: float | None = None
    steps: list[Step] = field(default_factory=list)
    log: str = ""
    annotations: list[dict[str, str]] = field(default_factory=list)
    summary: str = ""
    """What its steps wrote to ``GITHUB_STEP_SUMMARY``."""

    def start(self, now: float) -> None:
        if self.status != "completed":
            self.status = "in_progress"
            self.started_at = self.started_at or now

    def finish(self, conclusion: str | None, now: float) -> None:
        self.status, self.conclusion = "completed", conclusion
        self.started_at = self.started_at or now
        self.completed_at = now


@dataclass
class Stage:
    """One state of a scripted run: from ``at`` seconds after its start or, without ``at``, for one look of a client."""

    status: str
    conclusion: str | None = None
    at: float | None = None


@dataclass
class Run:
    id: int
    repository: Repository
    workflow: Workflow
    event: Event
    display_title: str
    number: int
    created_at: float
    clock: Clock = field(repr=False)
    name: str = ""
    status: str = "queued"
    conclusion: str | None = None
    attempt: int = 1
    jobs: list[Job] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    visible_at: float | None = 0.0
    """On the time line of the clock; None: never visible."""
    hidden_looks: int = 0
    """So many looks at a list do not show it yet."""
    indexed_at: float = 0.0
    """When filtered lists know it."""
    environments: list[str] = field(default_factory=list)
    """Environments whose approval holds the run while its status is ``waiting``."""
    on_review: t.Callable[[str, str], None] | None = field(default=None, repr=False)
    """Told of each decision (environment, ``approved`` or ``rejected``) when steps are executed."""
    started_at: float = 0.0
    updated_at: float = 0.0
    timeline_start: float = 0.0
    earlier: dict[int, Run] = field(default_factory=dict, repr=False)

    @property
    def head_sha(self) -> str:
        return commit_sha(self.repository)

    def visible(self) -> bool:
        return self.visible_at is not None and self.clock.elapsed() >= self.visible_at

    def look(self) -> None:
        """A client looks at the run: a scripted run goes on to what it is to show now."""
        since = self.clock.elapsed() - self.timeline_start
        if self.stages and self.stages[0].at is None:
            self._show(self.stages.pop(0))
        while self.stages and self.stages[0].at is not None and self.stages[0].at <= since:
            self._show(self.stages.pop(0))

    def _show(self, stage: Stage) -> None:
        self.set(stage.status, stage.conclusion)

    def set(self, status: str, conclusion: str | None = None) -> None:
        """Put the run into a state, and its jobs with it."""
        now = self.clock.now()
        if status == "completed" and self.status != "completed":
            for job in self.jobs:
                _finish(job, conclusion, now)
        elif status == "in_progress":
            for job in self.jobs:
                job.start(now)
        elif status == "waiting":
            for job in self.jobs:
                job.status = "waiting" if job.status == "queued" else job.status
        self.status, self.conclusion, self.updated_at = status, conclusion, now

    def cancel(self) -> None:
        self.stages.clear()
        self.set("completed", "cancelled")

    def approve(self, *environments: str) -> None:
        """Let the jobs of these environments go on (none named: of all that hold the run), as a reviewer does."""
        self._review("approved", environments)

    def reject(self, *environments: str) -> None:
        """Fail the jobs of these environments, as a reviewer does."""
        self._review("rejected", environments)

    def _review(self, decision: str, named: t.Sequence[str]) -> None:
        chosen = [name for name in self.environments if not named or name in named]
        if self.status != "waiting" or not chosen or not set(named) <= set(chosen):
            raise ValueError(f"{self.status}, held by {self.environments}: nothing of {list(named)} to decide")
        for name in chosen:
            self.environments.remove(name)
            if self.on_review is not None:
                self.on_review(name, decision)
        if self.on_review is None and decision == "rejected":
            self.stages.clear()
            self.set("completed", "failure")
        elif self.on_review is None and not self.environments:
            since = self.clock.elapsed() - self.timeline_start
            self.stages = [Stage("in_progress", at=since), Stage("completed", "success", at=since + 0.3)]

    def rerun(self, stages: t.Sequence[Stage], jobs: list[Job]) -> None:
        """Start the next attempt: the id stays, what the last attempt showed stays readable below its number."""
        kept = copy.copy(self)
        kept.stages, kept.earlier = [], {}
        self.earlier[self.attempt] = kept
        self.attempt += 1
        self.status, self.conclusion, self.jobs, self.stages = "queued", None, jobs, list(stages)
        self.started_at = self.updated_at = self.clock.now()
        self.timeline_start = self.clock.elapsed()


def _finish(job: Job, conclusion: str | None, now: float) -> None:
    if job.status == "completed":
        return
    planned = job.conclusion or conclusion
    job.finish(planned, now)
    for step in job.steps:
        step.status, step.conclusion = "completed", step.conclusion or planned
        step.started_at, step.completed_at = step.started_at or job.started_at, step.completed_at or now


def commit_sha(repository: Repository) -> str:
    """The head of the default branch: the same files, the same commit."""
    digest = hashlib.sha1(repository.full_name.encode("utf-8"), usedforsecurity=False)
    for path, text in sorted(repository.files.items()):
        digest.update(path.encode("utf-8") + b"\0" + text + b"\0")
    return digest.hexdigest()
