# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted runs: what a test says about the runs that its events start."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .runs import Job, Stage, Step

if t.TYPE_CHECKING:
    from .workflows import Workflow
    from .world import World

DEFAULT_STATUSES = ("queued", "in_progress", "completed")


@dataclass
class ScriptedRun:
    """One run. A status is a word (shown for one look), ``[status, seconds after the start]`` or a mapping of Stage."""

    statuses: t.Sequence[t.Any] = DEFAULT_STATUSES
    conclusion: str | None = "success"
    display_title: str | None = None
    """A template with ``${{ }}``; None: the workflow's ``run-name``, else the event type."""
    name: str | None = None
    workflow: str | None = None
    """Path of the workflow; None: the first that listens to the event."""
    visible_after: float | None = 0.0
    """Seconds on the virtual clock; None: never visible."""
    hidden_looks: int = 0
    """So many looks at lists of runs do not show it yet."""
    index_lag: float = 0.0
    """Seconds for which filtered lists do not show it."""
    jobs: t.Sequence[t.Any] | None = None
    """Names, or mappings with name, conclusion, steps, log; None: the jobs of the workflow file."""
    id: int | None = None
    created_offset: float = 0.0
    """Seconds added to the time of creation."""
    environments: t.Sequence[str] = ()

    def stages(self) -> list[Stage]:
        return [self._stage(entry) for entry in self.statuses]

    def _stage(self, entry: t.Any) -> Stage:
        if isinstance(entry, t.Mapping):
            return Stage(**entry)
        status, at = (entry, None) if isinstance(entry, str) else entry
        return Stage(status, self.conclusion if status == "completed" else None, at)


@dataclass
class Script:
    runs: list[ScriptedRun]
    events: int | None = 1
    """How many events it answers; None: all."""


@dataclass
class Scripts:
    """For each repository, scripts in the order in which events use them up."""

    waiting: dict[int, list[Script]] = field(default_factory=dict)

    def add(self, repository_id: int, script: Script) -> None:
        self.waiting.setdefault(repository_id, []).append(script)

    def take(self, repository_id: int) -> list[ScriptedRun] | None:
        queue = self.waiting.get(repository_id, [])
        if not queue:
            return None
        script = queue[0]
        if script.events is not None:
            script.events -= 1
            if script.events <= 0:
                queue.pop(0)
        return script.runs

    def clear(self) -> None:
        self.waiting.clear()


def planned_jobs(world: World, workflow: Workflow) -> list[Job]:
    """The jobs of the workflow file, not started; matrix jobs count as one."""
    return [job_from(world, {"key": key, **_described(key, job)}) for key, job in workflow.jobs.items()]


def _described(key: str, job: t.Any) -> dict[str, t.Any]:
    settings = job if isinstance(job, dict) else {}
    steps = [step for step in settings.get("steps") or [] if isinstance(step, dict)]
    named = [{"name": _step_name(step), "key": str(step.get("id", place))} for place, step in enumerate(steps)]
    return {"name": str(settings.get("name") or key), "steps": named}


def _step_name(step: dict[str, t.Any]) -> str:
    """Its name, or what GitHub shows for a step without one."""
    if step.get("name"):
        return str(step["name"])
    return f"Run {step.get('uses') or str(step.get('run')).splitlines()[0]}"


def job_from(world: World, description: t.Any) -> Job:
    """A job from its name or from a mapping with name, key, conclusion, log and steps (names or mappings)."""
    known: t.Mapping[str, t.Any] = {"name": description} if isinstance(description, str) else description
    name = str(known["name"])
    job = Job(world.next_id(), known.get("key", name), name, world.clock.now())
    job.conclusion, job.log = known.get("conclusion"), known.get("log", "")
    job.annotations = list(known.get("annotations", ()))
    for number, step in enumerate(known.get("steps", ("Run",)), start=1):
        told = {"name": step} if isinstance(step, str) else step
        job.steps.append(Step(told["name"], number, conclusion=told.get("conclusion"), key=told.get("key", "")))
    return job
