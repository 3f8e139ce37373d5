# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The last run of an event, for the preview: nice to know, so that nothing which goes wrong here fails a plan."""

from __future__ import annotations

import typing as t
from contextlib import closing

from ..clock import Deadline
from ..delivery.plan import seconds
from ..delivery.reading import RunReader
from ..delivery.runs import Run, carries, read_run
from ..errors import InfradispatchError
from ..github.credentials import Scope
from ..github.urls import Repository
from ..secret import redact
from .session import Session

if t.TYPE_CHECKING:  # pragma: no cover
    from .gather import Asked
    from .streams import Desk

_SECONDS = 10.0


def look_up(desk: Desk, asked: Asked, repository: Repository, dispatch_id: str) -> dict[str, str]:
    """Return what is known of the newest run that carries the id; all of it texts.

    ``lookup`` is ``found``, ``none``, or ``unknown`` with the reason in ``lookup_error``.
    """
    found: Run | None = None
    word, trouble = "none", ""
    try:
        with closing(Session(asked, desk)) as session:
            found = _newest(session, repository, dispatch_id, seconds(asked.options, "deadline", _SECONDS))
    except InfradispatchError as error:
        word, trouble = "unknown", redact(f"{error.code}: {error}")
    return {
        "lookup": "found" if found else word,
        "lookup_error": trouble,
        "run_id": str(found.id) if found else "",
        "run_url": found.html_url if found else "",
        "run_status": found.status if found else "",
        "run_conclusion": (found.conclusion or "") if found else "",
    }


def _newest(session: Session, repository: Repository, dispatch_id: str, limit: float) -> Run | None:
    """Return the newest run of the event among the newest 100 of the repository.

    :raises InfradispatchError: when they can't be read.
    """
    github = session.open()
    scope = Scope(repository.owner.lower(), (repository.name,), (("actions", "read"),))
    reader = RunReader(github, repository, scope)
    path = f"{reader.path}?per_page=100&exclude_pull_requests=true"
    reply = github.read(path, scope, Deadline.after(github.clock, limit), tries=2, patient=False)
    if not reply.ok:
        raise reader.refused(reply)
    runs = [run for run in map(read_run, reply.objects("workflow_runs") or []) if run and carries(run, dispatch_id)]
    return max(runs, key=lambda run: (run.created_at, run.id), default=None)
