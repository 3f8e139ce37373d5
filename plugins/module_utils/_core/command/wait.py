# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""`wait`: the runs of an event that was sent before, or one run, and their verdict."""

from __future__ import annotations

import re
import typing as t
from contextlib import closing

from ..delivery.inquiry import Inquiry, inquire, read_inquiry, tell_failure
from ..delivery.progress import nobody
from ..errors import InvalidInput
from . import exits
from .options import RUNS
from .parser import Command
from .session import Session

if t.TYPE_CHECKING:  # pragma: no cover
    from .gather import Asked
    from .start import Call
    from .streams import Desk

COMMAND = Command(
    "wait",
    "Wait for the runs of an event that was sent before, or for one run, and end as they do.",
    RUNS,
    """
  infradispatch wait 0f3c9a4e8b7d4c1fa2e6d5b8c7a90123 --repository acme/site
  infradispatch wait 16543210987 --repository acme/site --log-lines 40
  infradispatch wait --dispatch-id 0f3c9a4e8b7d4c1fa2e6d5b8c7a90123 --repository acme/site --no-wait --output json
""",
    "ID",
    "id of an event (32 hexadecimal digits), or of a run (a number)",
)


def run(call: Call) -> int:
    """Wait; return the status to exit with."""
    asked = call.gather()
    options = {"wait": True, **asked.options, **_named(call.positional, asked.options)}
    if not options.get("dispatch_id") and not options.get("run_id"):
        raise InvalidInput(
            "No event and no run is named.", "Give the dispatch_id that the sender returned, or a run_id."
        )
    inquiry = read_inquiry(options)
    with closing(Session(asked, call.desk)) as session:
        result = inquire(session.open(), inquiry, call.desk.watcher() or nobody)
        _warn_of_notices(result, inquiry, asked._replace(options=options), call.desk)
    _tell(result, inquiry, call.desk)
    return exits.exit_of(result)


def _named(word: str | None, options: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return the option that the word stands for.

    :raises InvalidInput: when it is no id, or an id is given twice.
    """
    if word is None:
        return {}
    given = [name for name in ("dispatch_id", "run_id") if options.get(name)]
    if given:
        raise InvalidInput(f"An id and {' and '.join(given)} are given together.", "Give one of them.")
    plain = word.strip().lower()
    if re.fullmatch(r"[0-9a-f]{32}", plain):
        return {"dispatch_id": plain}
    if re.fullmatch(r"[0-9]{1,19}", plain):
        return {"run_id": plain}
    raise InvalidInput(
        "The word after wait is neither the id of an event nor that of a run.",
        "The first has 32 hexadecimal digits, the second is a number.",
    )


def _warn_of_notices(result: t.Mapping[str, t.Any], inquiry: Inquiry, asked: Asked, desk: Desk) -> None:
    """Tell whom a failure is to be told, and warn of those that could not be."""
    for warning in tell_failure(result, inquiry, asked.options, asked.env):
        desk.warn(warning)


def _tell(result: t.Mapping[str, t.Any], inquiry: Inquiry, desk: Desk) -> None:
    """Tell the verdict."""
    for run_ in result["runs"]:
        desk.tell(f"run {run_['id']}: {run_['conclusion'] or run_['status']} {run_['html_url']}".rstrip())
        for job in run_["jobs"]:
            for line in job.get("log_lines") or ():
                desk.tell(f"  {job['name']}: {line}")
    if result["error"]:
        desk.tell(f"Error: {result['msg']}")
    elif not result["runs"]:
        desk.tell(f"{inquiry.repository}: no run yet.")
    if desk.as_json:
        desk.give(result)
