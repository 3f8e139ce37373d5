# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""An event from options to a status: what `send` and `plan` have in common."""

from __future__ import annotations

import json
import typing as t
from contextlib import closing

from ..delivery.outcome import PLANNED
from ..delivery.plan import Cause, read_plan
from ..delivery.task import TaskResult, run_task
from ..event.envelope import Origin
from ..event.evidence import FACTS, read_origin
from . import exits
from .session import Session

if t.TYPE_CHECKING:  # pragma: no cover
    from .gather import Asked
    from .streams import Desk

_TOOLS = ("cli", "terraform")


def origin_of(options: t.Mapping[str, t.Any], default: str = "cli") -> Origin:
    """Return where the event comes from: what the options say, and nothing else of the environment.

    :raises InvalidInput: when ``source`` is no tool, or one of the others is not as the schema of the payload has it.
    """
    facts = {name: options.get(f"source_{name}") for name in FACTS}
    return read_origin(options.get("source") or default, facts, tools=_TOOLS, option="source", prefix="source_")


def deliver(asked: Asked, cause: Cause, desk: Desk) -> int:
    """Send the event, or show it with ``dry_run``; return the status to exit with."""
    for name in ("token", "private_key", "notify_secret"):
        _hide(asked.options.get(name), desk)
    for url in asked.options.get("notify_urls") or ():
        _hide(url, desk)
    if asked.options.get("dry_run"):
        return preview(asked.options, cause, desk)
    with closing(Session(asked, desk)) as session:
        task = run_task(asked.options, cause, session.open, progress=desk.watcher(), env=asked.env)
        return report(task, desk)


def _hide(value: object, desk: Desk) -> None:
    """Mask a secret that the client does not tell of."""
    from ..secret import Secret

    if isinstance(value, str):
        desk.hide(Secret(value))


def preview(options: t.Mapping[str, t.Any], cause: Cause, desk: Desk) -> int:
    """Show the exact request for each event; nobody is asked and nothing is sent."""
    targets = read_plan(options, cause).targets
    for target in targets:
        desk.tell(f"{target.repository}: would send {target.event.event_type}, {target.event.payload_bytes} bytes.")
    events = [(str(target.repository), json.loads(target.event.body)) for target in targets]
    if len(events) == 1 and not desk.as_json:
        desk.give(events[0][1])
    else:
        shown = [{"repository": repository, **body} for repository, body in events]
        desk.give({"changed": True, "outcome": PLANNED, "error": None, "events": shown})
    return exits.OK


def report(task: TaskResult, desk: Desk) -> int:
    """Tell what became of the events; return the status to exit with."""
    for warning in task.warnings:
        desk.warn(warning)
    for entry in task.result["dispatches"]:
        _tell_entry(entry, desk)
    if desk.as_json:
        desk.give({**task.result, **({"warnings": task.warnings} if task.warnings else {})})
    return exits.exit_of(task.result)


def _tell_entry(entry: t.Mapping[str, t.Any], desk: Desk) -> None:
    """Tell what became of one event."""
    said = f"{entry['repository']}: {entry['event_type']} {entry['outcome']} (event {entry['dispatch_id']})"
    error = entry["error"]
    desk.tell(f"Error: {said}: {error['message']} {error['hint']}".rstrip() if error else said)
    for run in entry["runs"]:
        desk.tell(f"  run {run['id']}: {run['conclusion'] or run['status']} {run['html_url']}".rstrip())
