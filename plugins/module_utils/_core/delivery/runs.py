# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Workflow runs as plain data: which are ours, what a conclusion means."""

from __future__ import annotations

import typing as t

from ..github.dates import parse_timestamp

COMPLETED = "completed"
#: success is what everybody wants; a skipped or neutral run decided on purpose that there was nothing to do.
GOOD = ("success", "skipped", "neutral")
ACCEPTABLE = GOOD


class Run(t.NamedTuple):
    """A workflow run at the moment it was read. Words are GitHub's, kept as they came."""

    id: int
    run_attempt: int
    name: str
    display_title: str
    status: str
    conclusion: str | None
    html_url: str
    event: str
    created_at: str
    workflow_id: int = 0
    run_started_at: str = ""
    updated_at: str = ""
    jobs: tuple[dict[str, t.Any], ...] = ()

    @property
    def finished(self) -> bool:
        """Tell whether the run is over: only ``completed`` with a conclusion is; whatever else is said, it goes on."""
        return self.status == COMPLETED and bool(self.conclusion)

    def as_dict(self) -> dict[str, t.Any]:
        """Return the run as the public contract shows it."""
        shown = ("id", "run_attempt", "name", "display_title", "status", "conclusion", "html_url")
        return {**{name: getattr(self, name) for name in shown}, "jobs": [dict(job) for job in self.jobs]}


def read_run(item: t.Mapping[str, t.Any]) -> Run | None:
    """Return the run in GitHub's object, or None when it has no id."""
    if not isinstance(item.get("id"), int):
        return None
    attempt = item.get("run_attempt")
    conclusion = item.get("conclusion")
    return Run(
        id=item["id"],
        run_attempt=attempt if isinstance(attempt, int) else 1,
        name=_text(item, "name"),
        display_title=_text(item, "display_title"),
        status=_text(item, "status"),
        conclusion=conclusion if isinstance(conclusion, str) else None,
        html_url=_text(item, "html_url"),
        event=_text(item, "event"),
        created_at=_text(item, "created_at"),
        workflow_id=item["workflow_id"] if isinstance(item.get("workflow_id"), int) else 0,
        run_started_at=_text(item, "run_started_at"),
        updated_at=_text(item, "updated_at"),
    )


def durations(runs: t.Iterable[Run], workflow_id: int) -> list[float]:
    """Return how many seconds successful runs of a workflow took: from the start of their attempt to its end."""
    found = []
    for run in runs:
        if run.workflow_id == workflow_id and run.conclusion == "success":
            started, ended = parse_timestamp(run.run_started_at), parse_timestamp(run.updated_at)
            if started is not None and ended is not None and ended > started:
                found.append(ended - started)
    return found


def read_job(item: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return what a job's result shows: its name, state and link, and the steps that did not succeed."""
    steps = item.get("steps")
    failed = [
        _text(step, "name")
        for step in (steps if isinstance(steps, list) else [])
        if isinstance(step, dict) and step.get("conclusion") not in (None, *GOOD)
    ]
    job: dict[str, t.Any] = {name: item.get(name) for name in ("id", "name", "status", "conclusion", "html_url")}
    return {**job, "failed_steps": failed}


def carries(run: Run, dispatch_id: str) -> bool:
    """Tell whether the run names the event: in its title, or in its name.

    A run of another kind may name it too, such as the push of a commit that our run made; the event did not start it.
    """
    return run.event in ("repository_dispatch", "") and _names(run, dispatch_id)


def _names(run: Run, dispatch_id: str) -> bool:
    """Tell whether the id stands in the run's title, or in its name."""
    return dispatch_id in run.display_title or dispatch_id in run.name


def steps_carry(jobs: t.Iterable[t.Mapping[str, t.Any]], dispatch_id: str) -> bool:
    """Tell whether a job or a step names the event: the way out for receivers without ``run-name``."""
    for job in jobs:
        steps = job.get("steps")
        listed = steps if isinstance(steps, list) else []
        names = [job.get("name")] + [step.get("name") for step in listed if isinstance(step, dict)]
        if any(isinstance(name, str) and dispatch_id in name for name in names):
            return True
    return False


def unacceptable(runs: t.Iterable[Run], acceptable: t.Collection[str]) -> list[Run]:
    """Return the finished runs whose conclusion is not acceptable; a word never seen before is not."""
    return [run for run in runs if run.conclusion not in acceptable]


def describe(run: Run) -> str:
    """Say in words where a run stands."""
    words = {
        "waiting": "waiting for an approval of its environment",
        "pending": "pending (held by its concurrency group)",
        "": "in an unknown state",
    }
    return run.conclusion or "completed" if run.finished else words.get(run.status, run.status)


def _text(item: t.Mapping[str, t.Any], name: str) -> str:
    """Return a text of GitHub's object; empty when it is missing or no text."""
    value = item.get(name)
    return value if isinstance(value, str) else ""
