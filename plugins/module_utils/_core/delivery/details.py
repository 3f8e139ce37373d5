# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a person wants to know of a run beside its state: its jobs, why one failed, and who can let it go on."""

from __future__ import annotations

import re
import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError
from ..github.connection import RedirectedAway
from ..github.reply import one_line
from ..github.transport import TransportFailure
from ..secret import redact
from .reading import RunReader
from .runs import GOOD, Run, read_job

_MAX_EXPLAINED = 3
_MAX_MESSAGES = 5
_MAX_LOG = 1024 * 1024  # bytes of a log's end that are looked at
_LOG_TIME = re.compile(r"\A\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ")
CHECKS = (("checks", "read"),)


def jobs_of(reader: RunReader, run: Run, deadline: Deadline) -> tuple[dict[str, t.Any], ...]:
    """Return the jobs of the attempt that was waited for; none when they can't be read: the verdict stands."""
    path = f"{reader.path}/{run.id}/attempts/{run.run_attempt}/jobs?per_page=100"
    return tuple(read_job(item) for item in reader.pages(path, "jobs", deadline))


def explained(reader: RunReader, run: Run, deadline: Deadline) -> Run:
    """Return the run with the error messages of its failed jobs, as far as they may be read (``checks: read``)."""
    failed = [
        (index, job["id"])
        for index, job in enumerate(run.jobs)
        if job["conclusion"] not in (None, *GOOD) and isinstance(job["id"], int)
    ]
    messages: dict[int, list[str]] = {}
    scope = reader.scope._replace(permissions=CHECKS) if reader.github.credential.renewable else reader.scope
    for index, job_id in failed[:_MAX_EXPLAINED]:
        try:
            path = f"{reader.base}/check-runs/{job_id}/annotations?per_page=50"
            reply = reader.github.read(path, scope, deadline, tries=1, patient=False)
        except InfradispatchError:
            break
        if not reply.ok:
            break
        messages[index] = _failures(reply.json())
    jobs = tuple({**job, "messages": messages.get(index, [])} for index, job in enumerate(run.jobs))
    return run._replace(jobs=jobs)


def _failures(annotations: object) -> list[str]:
    """Return what the annotations say that are failures, without the runner's own closing words."""
    found: list[str] = []
    for item in annotations if isinstance(annotations, list) else ():
        text = item.get("message") if isinstance(item, dict) and item.get("annotation_level") == "failure" else None
        if isinstance(text, str) and text.strip() and not text.startswith("Process completed with exit code"):
            found.append(redact(one_line(text, 300)))
    return found[:_MAX_MESSAGES]


def holding(reader: RunReader, run: Run, deadline: Deadline) -> str:
    """Say what holds a run that waits: environments, and who may approve; empty when that can't be known."""
    try:
        reply = reader.read(f"{reader.path}/{run.id}/pending_deployments", deadline)
    except InfradispatchError:
        return ""
    items = reply.json() if reply is not None and reply.ok else None
    words = [_environment(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return "; ".join(filter(None, words))


def _environment(item: t.Mapping[str, t.Any]) -> str:
    """Word one pending deployment."""
    environment = item.get("environment")
    name = environment.get("name") if isinstance(environment, dict) else None
    if not isinstance(name, str):
        return ""
    listed = item.get("reviewers")
    reviewers = [_reviewer(entry) for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    by = f" by {' or '.join(filter(None, reviewers))}" if any(reviewers) else ""
    timer = item.get("wait_timer")
    minutes = f", {timer} min after its start" if isinstance(timer, int) and timer > 0 else ""
    return f"the approval of environment {name}{by}{minutes}"


def _reviewer(entry: t.Mapping[str, t.Any]) -> str:
    """Name a reviewer: a user by login, a team by its slug."""
    reviewer = entry.get("reviewer")
    if not isinstance(reviewer, dict):
        return ""
    name = reviewer.get("login") or reviewer.get("slug") or reviewer.get("name")
    return f"team {name}" if name and entry.get("type") == "Team" else str(name or "")


def log_tail(reader: RunReader, job_id: int, lines: int) -> list[str]:
    """Return the last lines of a job's log, without times and secrets; none when it can't be had (yet, or any more).

    GitHub answers with a redirect to a signed address at another host, which must not see the token.
    """
    deadline = Deadline.after(reader.clock, 60.0)
    try:
        reply = reader.github.read(f"{reader.base}/actions/jobs/{job_id}/logs", reader.scope, deadline)
    except RedirectedAway as redirect:
        try:
            reply = reader.github.api.connection.fetch(redirect.target, deadline.remaining())
        except TransportFailure:
            return []
    except InfradispatchError:
        return []
    if not reply.ok:
        return []
    text = reply.body[-_MAX_LOG:].decode("utf-8", "replace")
    plain = [_LOG_TIME.sub("", line).rstrip() for line in text.splitlines()]
    return [redact(one_line(line, 1000)) for line in plain[-lines:]]
