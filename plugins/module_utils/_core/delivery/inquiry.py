# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Ask for runs without sending: by the id of an event, by their own id, or by workflow, event and branch."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import quote

from ..clock import Deadline
from ..errors import InfradispatchError, InvalidInput, RunNotFound
from ..event.limits import check_dispatch_id
from ..github.client import GitHub
from ..github.credentials import Scope
from ..github.urls import Repository
from .details import log_tail
from .follow import Follower
from .notice import Recipient, escaped, read_recipients, tell_all
from .outcome import conclusion_of, unsuccessful
from .plan import acceptable_conclusions, flag, seconds
from .progress import Progress, nobody
from .reading import RunReader
from .runs import GOOD, Run, read_run, unacceptable

_MOST_LINES = 500
_ONE_BY_ONE = ("dispatch_id", "run_id", "workflow")


class Inquiry(t.NamedTuple):
    """What is asked for. Exactly one of ``dispatch_id``, ``run_id`` and ``workflow`` (or none of them: all runs)."""

    repository: Repository
    dispatch_id: str
    run_id: int
    workflow: str
    event: str
    branch: str
    limit: int
    wait: bool
    find_timeout: float
    wait_timeout: float
    acceptable: tuple[str, ...]
    log_lines: int
    recipients: tuple[Recipient, ...]


def read_inquiry(options: t.Mapping[str, t.Any]) -> Inquiry:
    """Return the inquiry for options named as in the public contract.

    :raises InvalidInput: for the first thing that is wrong; no request was made then.
    """
    given = [name for name in _ONE_BY_ONE if options.get(name) not in (None, "")]
    if len(given) > 1:
        raise InvalidInput(f"{' and '.join(given)} are given together.", "Give one of them.")
    narrowing = [name for name in ("event", "branch") if options.get(name)]
    if narrowing and given not in ([], ["workflow"]):
        raise InvalidInput(f"{narrowing[0]} does not go with {given[0]}.", "It narrows a list of runs only.")
    workflow = str(options.get("workflow") or "")
    if workflow.endswith("/"):
        raise InvalidInput("workflow names no file.", "Give the name of a file, such as validate.yml.")
    run_id = options.get("run_id")
    lines = options.get("log_lines") or 0
    return Inquiry(
        repository=Repository.parse(options.get("repository")),
        dispatch_id=check_dispatch_id(options["dispatch_id"]) if options.get("dispatch_id") else "",
        run_id=_run_id(run_id) if run_id is not None else 0,
        workflow=workflow.rpartition("/")[2],
        event=str(options.get("event") or ""),
        branch=str(options.get("branch") or ""),
        limit=int(seconds(options, "limit", 10, 100)),
        wait=flag(options, "wait"),
        find_timeout=seconds(options, "find_timeout", 180.0),
        wait_timeout=seconds(options, "wait_timeout", 1800.0),
        acceptable=acceptable_conclusions(options.get("acceptable_conclusions")),
        log_lines=int(seconds(options, "log_lines", 0, _MOST_LINES)) if lines else 0,
        recipients=tuple(read_recipients(options.get("notify_urls"))),
    )


def _run_id(value: object) -> int:
    """Return the id of a run, digit for digit."""
    text = str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"[1-9][0-9]{0,18}", text):
        raise InvalidInput("run_id is no id of a run.", "Give the number at the end of its address.")
    return int(text)


def inquire(github: GitHub, inquiry: Inquiry, progress: Progress = nobody) -> dict[str, t.Any]:
    """Return the public result: the runs, and one conclusion for them when all are finished.

    :raises InfradispatchError: when the runs can't be read, and with ``wait`` when there is no good verdict.
    """
    scope = Scope(
        inquiry.repository.owner.lower(), (inquiry.repository.name,), (("actions", "read"), ("contents", "read"))
    )
    reader = RunReader(github, inquiry.repository, scope)
    follower = Follower(reader, inquiry.dispatch_id, None, progress)
    runs: list[Run] = []
    try:
        runs = _runs(reader, follower, inquiry)
        bad = unacceptable(runs, inquiry.acceptable) if inquiry.wait else []
        if bad:
            raise unsuccessful(bad)
    except InfradispatchError as error:
        shown = _result(reader, list(follower.runs.values()), inquiry)
        return {**shown, "error": error.with_facts(repository=str(inquiry.repository)).as_dict(), "msg": str(error)}
    return _result(reader, runs, inquiry)


def tell_failure(
    result: t.Mapping[str, t.Any], inquiry: Inquiry, options: t.Mapping[str, t.Any], env: t.Mapping[str, str]
) -> list[str]:
    """Tell ``notify_urls`` of a verdict that was waited for and is not good; return warnings for what did not work."""
    if not inquiry.wait or not result.get("error"):
        return []
    detail = {
        "repository": str(inquiry.repository),
        "dispatch_id": inquiry.dispatch_id,
        "code": result["error"]["code"],
        "conclusion": result["conclusion"],
        "runs": [run["html_url"] for run in result["runs"]],
    }
    text = escaped(f"{inquiry.repository}: {result['msg']}")
    notice = {"text": text, "infradispatch": {"schema": 1, "failed": [detail]}}
    return tell_all(notice, inquiry.recipients, options, env)


def _runs(reader: RunReader, follower: Follower, inquiry: Inquiry) -> list[Run]:
    """Find the runs, and wait for them when that is asked for."""
    deadline = Deadline.after(reader.clock, inquiry.wait_timeout if inquiry.wait else 60.0)
    if inquiry.dispatch_id:
        if inquiry.wait:
            follower.find(deadline.earlier(inquiry.find_timeout))
        else:
            follower.look(deadline)
    else:
        found = [_one(reader, inquiry, deadline)] if inquiry.run_id else _listed(reader, inquiry, deadline)
        for run in found:
            follower.update(run)
        if inquiry.wait and not found:
            raise RunNotFound(
                f"There is no run in {inquiry.repository} of the workflow, event and branch that are asked for.",
                "Check their names, or wait for the run of an event by its dispatch_id.",
            )
    if inquiry.wait and follower.runs:
        return follower.wait(deadline)
    follower.detail(deadline)
    return list(follower.runs.values())


def _one(reader: RunReader, inquiry: Inquiry, deadline: Deadline) -> Run:
    """Return the run with an id."""
    reply = reader.github.read(f"{reader.path}/{inquiry.run_id}", reader.scope, deadline)
    run = read_run(reply.mapping()) if reply.ok else None
    if run is not None:
        return run
    if reply.status == 404:
        raise RunNotFound(
            f"There is no run {inquiry.run_id} in {inquiry.repository}, or the credential may not see it.",
            "Check repository and run_id; private repositories need actions: read.",
            status=404,
            request_id=reply.request_id,
        )
    raise reader.refused(reply)


def _listed(reader: RunReader, inquiry: Inquiry, deadline: Deadline) -> list[Run]:
    """Return the newest runs of a workflow or of all. The list is narrowed here: GitHub's own filters lag."""
    path: str | None = (
        f"{reader.base}/actions/workflows/{quote(inquiry.workflow, safe='')}/runs" if inquiry.workflow else reader.path
    )
    path = f"{path}?per_page=100&exclude_pull_requests=true"
    found: list[Run] = []
    for _page in range(10):
        reply = reader.github.read(path, reader.scope, deadline) if path else None
        if reply is None:
            break
        if not reply.ok:
            raise reader.refused(reply)
        for item in reply.objects("workflow_runs") or []:
            run = read_run(item)
            if run is not None and _fits(run, item, inquiry):
                found.append(run)
        if len(found) >= inquiry.limit:
            break
        path = reply.next_path(reader.api_url)
    return found[: inquiry.limit]


def _fits(run: Run, item: t.Mapping[str, t.Any], inquiry: Inquiry) -> bool:
    """Tell whether a run is of the event and branch that are asked for."""
    return inquiry.event in ("", run.event) and inquiry.branch in ("", item.get("head_branch"))


def _result(reader: RunReader, runs: t.Sequence[Run], inquiry: Inquiry) -> dict[str, t.Any]:
    """Return the public result; last log lines of failed jobs are read on request."""
    shown = [run.as_dict() for run in runs]
    if inquiry.log_lines:
        for run in shown:
            for job in run["jobs"]:
                if job["conclusion"] not in (None, *GOOD) and isinstance(job["id"], int):
                    job["log_lines"] = log_tail(reader, job["id"], inquiry.log_lines)
    finished = bool(runs) and all(run.finished for run in runs)
    return {
        "changed": False,
        "runs": shown,
        "completed": finished,
        "conclusion": conclusion_of(runs, inquiry.acceptable) if finished else "",
        "error": None,
    }
