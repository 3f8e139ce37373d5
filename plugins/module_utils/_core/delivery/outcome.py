# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The answer of a task: what became of each event, in the words of the public contract."""

from __future__ import annotations

import typing as t

from ..errors import InfradispatchError, RunUnsuccessful
from .plan import Target
from .runs import GOOD, Run, unacceptable

PLANNED, ACCEPTED, STARTED, SUCCEEDED, FAILED = "planned", "accepted", "started", "succeeded", "failed"
_ORDER = (FAILED, ACCEPTED, STARTED, SUCCEEDED, PLANNED)


class Outcome(t.NamedTuple):
    """What became of one event."""

    target: Target
    outcome: str
    changed: bool
    attempts: int = 0
    request_id: str = ""
    runs: tuple[Run, ...] = ()
    conclusion: str = ""
    error: InfradispatchError | None = None
    warnings: tuple[str, ...] = ()
    request: t.Mapping[str, t.Any] | None = None

    def as_dict(self) -> dict[str, t.Any]:
        """Return the entry of ``dispatches`` for this event."""
        event = self.target.event
        return {
            "repository": str(self.target.repository),
            "event_type": event.event_type,
            "dispatch_id": event.id,
            "outcome": self.outcome,
            "changed": self.changed,
            "payload_bytes": event.payload_bytes,
            "attempts": self.attempts,
            "request_id": self.request_id,
            "runs": [run.as_dict() for run in self.runs],
            "conclusion": self.conclusion,
            "error": self.error.as_dict() if self.error else None,
        }


def conclusion_of(runs: t.Sequence[Run], acceptable: t.Collection[str]) -> str:
    """Return one conclusion for several runs: the first that is not acceptable, else the first of all."""
    bad = unacceptable(runs, acceptable)
    return (bad or list(runs))[0].conclusion or "" if runs else ""


def result_of(outcomes: t.Sequence[Outcome]) -> dict[str, t.Any]:
    """Return the task's result; it holds nothing secret. With one event its facts stand at the top as well."""
    entries = [outcome.as_dict() for outcome in outcomes]
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    word = next(word for word in _ORDER if any(outcome.outcome == word for outcome in outcomes))
    bad_first = failed + [outcome for outcome in outcomes if outcome.error is None]
    result: dict[str, t.Any] = {
        "changed": any(outcome.changed for outcome in outcomes),
        "outcome": word,
        "attempts": sum(outcome.attempts for outcome in outcomes),
        "runs": [run for entry in entries for run in entry["runs"]],
        "conclusion": bad_first[0].conclusion,
        "error": failed[0].error.as_dict() if failed and failed[0].error else None,
        "dispatches": entries,
    }
    if len(entries) == 1:
        result = {**entries[0], **result}
    if failed:
        result["msg"] = _failure_message(failed, len(outcomes))
    return result


def diff_of(outcomes: t.Sequence[Outcome]) -> list[dict[str, t.Any]]:
    """Return Ansible's diff for planned events: the exact requests."""
    return [
        {
            "before_header": str(outcome.target.repository),
            "after_header": f"{outcome.target.repository} (request)",
            "before": {},
            "after": dict(outcome.request),
        }
        for outcome in outcomes
        if outcome.request is not None
    ]


def _failure_message(failed: t.Sequence[Outcome], total: int) -> str:
    """Return the sentence for a failed task."""
    first = failed[0]
    if total == 1:
        return str(first.error)
    names = ", ".join(str(outcome.target.repository) for outcome in failed)
    return f"{len(failed)} of {total} events failed ({names}). {first.target.repository}: {first.error}"


def unsuccessful(bad: t.Sequence[Run]) -> RunUnsuccessful:
    """Return the error for runs that ended badly: which, how, in which job and step, and where to read on."""
    words = []
    for run in bad:
        jobs = [job for job in run.jobs if job["conclusion"] not in (None, *GOOD)]
        where = ", ".join(map(_where, jobs[:5]))
        words.append(f"The run {run.html_url or run.id} ended with {run.conclusion}{': ' + where if where else ''}.")
    cancelled = all(run.conclusion == "cancelled" for run in bad)
    hint = (
        "A person cancelled it, or a newer run of its concurrency group did."
        if cancelled
        else "Open the link to read why."
    )
    return RunUnsuccessful(" ".join(words), hint, conclusion=bad[0].conclusion)


def _where(job: t.Mapping[str, t.Any]) -> str:
    """Say where a job failed, and why when that is known."""
    step = f" at step {job['failed_steps'][0]!r}" if job["failed_steps"] else ""
    messages = job.get("messages") or ()
    return f"job {job['name']!r}{step}" + (f" ({messages[0]})" if messages else "")
