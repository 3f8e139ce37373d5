# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What act reports, line by line, becomes the state of a run."""

from __future__ import annotations

import contextlib
import json
import time
import typing as t
from pathlib import Path

from .runs import Job, Step
from .scripts import job_from
from .staging import LAST_LINE, READ

if t.TYPE_CHECKING:
    from .runs import Run
    from .world import World

_CONCLUSIONS = {"success": "success", "failure": "failure", "skipped": "skipped", "cancelled": "cancelled"}
_INTERNAL_STEPS = ("Set up job", "Complete job")
_LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}


class ActLog:
    """Follows one attempt of one run; a later attempt or a cancelled run is left alone."""

    def __init__(self, world: World, run: Run, attempt: int) -> None:
        self._world = world
        self._run = run
        self._attempt = attempt
        self._gates: dict[str, tuple[str, Path]] = {}

    def _current(self) -> bool:
        return self._run.attempt == self._attempt and self._run.status != "completed"

    def begin(self) -> bool:
        """Show the run as in progress; False when there is nothing to execute any more."""
        with self._world.lock:
            if not self._current():
                return False
            self._run.status, self._run.updated_at = "in_progress", self._world.clock.now()
            return True

    def hold(self, gates: t.Mapping[str, tuple[str, Path]]) -> None:
        """Tell which jobs (by key) wait for which environment, and in which file they look for the decision."""
        self._gates = dict(gates)
        self._run.environments, self._run.on_review = [], self._review

    def _review(self, environment: str, decision: str) -> None:
        """Pass a decision on to the jobs that wait for it."""
        for job in self._run.jobs:
            name, path = self._gates.get(job.key, ("", None))
            if job.status == "waiting" and name == environment and path is not None:
                path.write_text(f"{decision}\n", encoding="ascii")

    def line(self, text: str) -> bool:
        """Take in one line; False when the run was cancelled and act should stop."""
        with self._world.lock:
            if not self._current():
                return False
            with contextlib.suppress(ValueError):
                entry = json.loads(text)
                if isinstance(entry, dict) and "jobID" in entry:
                    self._take(entry)
            return True

    def end(self, return_code: int) -> None:
        """Settle the run by what its jobs came to; jobs and steps that act never named were skipped."""
        with self._world.lock:
            if not self._current():
                return
            now = self._world.clock.now()
            for job in self._run.jobs:
                if job.status in ("queued", "waiting"):
                    job.finish("skipped", now)
                    job.steps.clear()
                elif job.status == "in_progress":
                    self._settle(job, "failure")
            outcomes = {job.conclusion for job in self._run.jobs}
            failed = "failure" in outcomes or (return_code != 0 and "success" not in outcomes)
            verdict = "failure" if failed else "skipped" if outcomes == {"skipped"} else "success"
            self._run.set("completed", verdict)

    def broken(self, reason: str) -> None:
        with self._world.lock:
            if self._current():
                for job in self._run.jobs:
                    job.log += f"{reason}\n"
                self._run.set("completed", "startup_failure")

    def _take(self, entry: dict[str, t.Any]) -> None:
        job = self._job(entry)
        now = self._world.clock.now()
        self._run.updated_at = now
        if self._all_read(entry) or self._waits(job, entry):
            return
        job.start(now)
        self._run.status = "in_progress"
        told = str(entry.get("raw") or entry.get("msg") or "").strip()
        if told:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime(now))
            job.log += f"{stamp} {told}\n"
        if entry.get("command") in _LEVELS:
            self._annotate(job, entry)
        if entry.get("step") and entry["step"] not in _INTERNAL_STEPS:
            self._take_step(job, entry, now)
        if entry.get("command") == "summary":
            job.summary += str(entry.get("content", ""))
        if "jobResult" in entry:
            self._settle(job, _CONCLUSIONS.get(entry["jobResult"], "failure"))

    @staticmethod
    def _all_read(entry: dict[str, t.Any]) -> bool:
        """Whether a step wrote its last line: then its shell may end."""
        told, mark, script = str(entry.get("msg", "")).strip().partition(LAST_LINE)
        if told or not mark or "raw_output" not in entry:
            return False
        Path(script + READ).touch()
        return True

    def _waits(self, job: Job, entry: dict[str, t.Any]) -> bool:
        """Whether the job is at its gate; the run waits as soon as nothing else of it goes on."""
        name, path = self._gates.get(job.key, ("", None))
        at_the_gate = entry.get("stepID") == ["0"] and entry.get("stage") == "Main" and "stepResult" not in entry
        if path is None or not at_the_gate or path.exists():
            return False
        job.status, job.started_at = "waiting", None
        self._run.environments = list(dict.fromkeys([*self._run.environments, name]))
        if not any(each.status == "in_progress" for each in self._run.jobs):
            self._run.status = "waiting"
        return True

    def _job(self, entry: dict[str, t.Any]) -> Job:
        """The planned job; a further leg of a matrix becomes a job of its own."""
        name = str(entry.get("job", "")).partition("/")[2].strip() or entry["jobID"]
        same = [job for job in self._run.jobs if job.key == entry["jobID"]]
        for job in same:
            if job.name == name or (job.status == "queued" and len(same) == 1):
                job.name = name
                return job
        made = job_from(self._world, {"name": name, "key": entry["jobID"], "steps": []})
        if same:
            made.steps = [Step(step.name, step.number, key=step.key) for step in same[0].steps]
        self._run.jobs.append(made)
        return made

    def _take_step(self, job: Job, entry: dict[str, t.Any], now: float) -> None:
        if entry.get("stage", "Main") != "Main":
            return
        step = self._step(job, entry)
        if step is None:
            return
        if step.status == "queued":
            step.status, step.started_at = "in_progress", now
        if "stepResult" in entry:
            step.status, step.completed_at = "completed", now
            step.conclusion = _CONCLUSIONS.get(entry["stepResult"], "failure")

    def _step(self, job: Job, entry: dict[str, t.Any]) -> Step | None:
        """The planned step; the steps inside of a composite action count as part of it."""
        path = entry.get("stepID") or [""]
        key = str(path[0])
        if job.key in self._gates and key.isdigit():
            key = str(int(key) - 1)  # the gate is the first step
        step = next((step for step in job.steps if step.key == key), None)
        if step is None or len(path) > 1:
            return None
        if "${{" in step.name:
            step.name = entry["step"]
        return step

    @staticmethod
    def _annotate(job: Job, entry: dict[str, t.Any]) -> None:
        title = (entry.get("kvPairs") or {}).get("title", "")
        level = _LEVELS[entry["command"]]
        job.annotations.append({"level": level, "title": title, "message": str(entry.get("arg", ""))})

    def _settle(self, job: Job, conclusion: str) -> None:
        now = self._world.clock.now()
        job.finish(conclusion, now)
        for step in job.steps:
            if step.status != "completed":
                skipped = step.status == "queued"
                step.status, step.completed_at = "completed", now
                step.conclusion = "skipped" if skipped else conclusion
                step.started_at = step.started_at or now
