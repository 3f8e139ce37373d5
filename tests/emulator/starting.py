# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an accepted event to the runs that it starts."""

from __future__ import annotations

import typing as t

from . import expressions, workflows
from .runs import Event, Job, Run, Stage
from .scripts import ScriptedRun, Scripts, job_from, planned_jobs
from .staging import environment_of

if t.TYPE_CHECKING:
    from .execution import Executor
    from .models import Repository
    from .workflows import Workflow
    from .world import World

SIMULATED = (Stage("queued", at=0.0), Stage("in_progress", at=0.2), Stage("completed", "success", at=0.5))


class Starter:
    """Starts runs: scripted ones, really executed ones, or (without an executor) ones that just succeed."""

    def __init__(self, world: World, executor: Executor | None, run_delay: float) -> None:
        self.scripts = Scripts()
        self._world = world
        self._executor = executor
        self._run_delay = run_delay

    def accept(self, repository: Repository, event: Event) -> list[Run]:
        """Record the event and start what listens to it on the default branch."""
        self._world.events.append((repository, event))
        if repository.drops_events or not repository.actions_enabled or repository.archived:
            return []
        listening = [w for w in workflows.workflows_of(repository) if w.listens_to(event.name, event.event_type)]
        scripted = self.scripts.take(repository.id)
        if scripted is not None:
            return [self._start_scripted(repository, event, listening, script) for script in scripted]
        return [self.start_workflow(repository, event, workflow) for workflow in listening]

    def add_run(self, repository: Repository, event: Event, script: ScriptedRun) -> Run:
        """A run that no dispatch started, such as that of a push."""
        return self._start_scripted(repository, event, [], script)

    def rerun(self, run: Run) -> None:
        jobs = planned_jobs(self._world, run.workflow)
        if self._executor is None:
            run.rerun((), jobs)
            self._simulate(run)
        else:
            run.rerun((), jobs)
            self._executor.submit(run)

    def cancel(self, run: Run) -> None:
        run.cancel()
        if self._executor is not None:
            self._executor.cancel(run)

    def stop(self) -> None:
        if self._executor is not None:
            self._executor.stop()

    def start_workflow(self, repository: Repository, event: Event, workflow: Workflow) -> Run:
        run = self._create(repository, event, workflow, self._run_delay)
        run.jobs = planned_jobs(self._world, workflow)
        if not run.jobs:
            run.set("completed", "startup_failure")
        elif self._executor is None:
            self._simulate(run)
        else:
            self._executor.submit(run)
        return run

    @staticmethod
    def _simulate(run: Run) -> None:
        """Let it succeed without running steps, once its environments are approved."""
        named = (environment_of(run, job) for job in run.workflow.jobs.values() if isinstance(job, dict))
        run.environments = list(dict.fromkeys(name for name in named if name in run.repository.environments))
        run.stages = [SIMULATED[0], Stage("waiting", at=0.2)] if run.environments else list(SIMULATED)

    def _start_scripted(
        self, repository: Repository, event: Event, listening: t.Sequence[Workflow], script: ScriptedRun
    ) -> Run:
        workflow = self._chosen(repository, listening, script.workflow)
        run = self._create(repository, event, workflow, script.visible_after, script.id)
        run.created_at += script.created_offset
        run.started_at = run.updated_at = run.created_at
        run.hidden_looks = script.hidden_looks
        run.indexed_at += script.index_lag
        run.environments = list(script.environments)
        run.stages = script.stages()
        run.jobs = self._scripted_jobs(workflow, script)
        if script.name is not None:
            run.name = script.name
        if script.display_title is not None:
            run.display_title = self._title(script.display_title, run)
        return run

    def _scripted_jobs(self, workflow: Workflow, script: ScriptedRun) -> list[Job]:
        if script.jobs is not None:
            return [job_from(self._world, job) for job in script.jobs]
        if script.conclusion == "startup_failure":
            return []
        return planned_jobs(self._world, workflow) or [job_from(self._world, "build")]

    @staticmethod
    def _chosen(repository: Repository, listening: t.Sequence[Workflow], path: str | None) -> Workflow:
        known = listening if path is None else [w for w in workflows.workflows_of(repository) if w.path == path]
        if known:
            return known[0]
        return workflows.Workflow(path or f"{workflows.FOLDER}scripted.yml", "Scripted")

    def _create(
        self,
        repository: Repository,
        event: Event,
        workflow: Workflow,
        visible_after: float | None,
        run_id: int | None = None,
    ) -> Run:
        now, elapsed = self._world.clock.now(), self._world.clock.elapsed()
        number = 1 + sum(
            1 for r in self._world.runs.values() if r.repository is repository and r.workflow.id == workflow.id
        )
        run = Run(
            id=run_id or self._world.next_id(),
            repository=repository,
            workflow=workflow,
            event=event,
            display_title=event.event_type,
            number=number,
            created_at=now,
            clock=self._world.clock,
            name=workflow.name,
            visible_at=None if visible_after is None else elapsed + visible_after,
            indexed_at=elapsed + repository.index_lag,
            started_at=now,
            updated_at=now,
            timeline_start=elapsed,
        )
        run.display_title = self._title(workflow.run_name, run)
        self._world.runs[run.id] = run
        return run

    @staticmethod
    def _title(template: str, run: Run) -> str:
        """``run-name`` with its expressions; empty text falls back to the event type."""
        github = {
            "event": {"action": run.event.event_type, "client_payload": run.event.client_payload},
            "event_name": run.event.name,
            "repository": run.repository.full_name,
            "run_id": str(run.id),
            "run_number": str(run.number),
            "ref": f"refs/heads/{run.repository.default_branch}",
            "ref_name": run.repository.default_branch,
            "workflow": run.workflow.name,
        }
        return expressions.render(template, {"github": github}).strip() or run.event.event_type
