# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""`doctor`: who would hear an event, and may it be sent? With what to do about it."""

from __future__ import annotations

import typing as t
from contextlib import closing

from ..delivery.preflight import preflight, read_question
from ..errors import NoReceiver, NotFound, NotPermitted
from . import exits
from .options import ASKING
from .parser import Command
from .session import Session

if t.TYPE_CHECKING:  # pragma: no cover
    from .start import Call
    from .streams import Desk

COMMAND = Command(
    "doctor",
    "Tell who would hear an event and whether it may be sent, without sending one. Ends with the status that sending\n"
    "would end with; what is only worth knowing is a warning.",
    ASKING,
    """
  infradispatch doctor --repository acme/site --event-type infra-changed
  infradispatch doctor --repository acme/site --output json
""",
)
OK, WARNING, ERROR = "ok", "warning", "error"


class Finding(t.NamedTuple):
    """One line of the report."""

    level: str
    text: str
    hint: str = ""
    code: str = ""


def run(call: Call) -> int:
    """Look; return the status to exit with."""
    asked = call.gather()
    question = read_question(asked.options)
    with closing(Session(asked, call.desk)) as session:
        answer = preflight(session.open(), question)
    findings = findings_of(answer)
    if call.desk.as_json:
        call.desk.give(answer)
    else:
        call.desk.give_text(_report(findings, call.desk))
    worst = next((finding for finding in findings if finding.level == ERROR), None)
    return exits.EXITS.get(worst.code, exits.BUG) if worst else exits.OK


def findings_of(answer: t.Mapping[str, t.Any]) -> list[Finding]:
    """Return the lines of the report: what is well, and each problem by whether it stands in the way of an event."""
    name = answer["repository"]["full_name"]
    found = [_problem(problem, answer) for problem in answer["problems"]]
    kind = answer["credential"]["kind"]
    if answer["may_send"]:
        found.insert(0, Finding(OK, f"The credential ({kind}) may send events to {name}."))
    elif answer["may_send"] is None:
        how = answer["credential"]["how_known"]
        found.insert(0, Finding(WARNING, f"Whether the credential ({kind}) may send events is not known.", how))
    elif not any(finding.level == ERROR for finding in found):
        text = f"The credential ({kind}) may not send events to {name}."
        found.insert(0, Finding(ERROR, text, "Give it contents: write.", NotPermitted.code))
    if answer["heard_by"]:
        found.insert(1, Finding(OK, f"Heard by {', '.join(answer['heard_by'])}."))
    if answer["may_wait"]:
        found.append(Finding(OK, f"The runs of {name} may be read, so it can be waited for them."))
    return found


def _problem(problem: t.Mapping[str, str], answer: t.Mapping[str, t.Any]) -> Finding:
    """Return a problem: an error when an event would not be sent or not be heard, else a warning."""
    code = problem["code"]
    if code == NoReceiver.code:
        grave = not answer["heard_by"]
    elif code == NotFound.code and answer["may_send"] is not False:
        grave = answer["repository"]["id"] is None  # else it has moved, and GitHub redirects
    else:
        grave = answer["may_send"] is False and code in exits.EXITS
    return Finding(ERROR if grave else WARNING, problem["message"], problem["hint"], code)


def _report(findings: t.Sequence[Finding], desk: Desk) -> str:
    """Return the report for people."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.level + ':':9}{finding.text}")
        if finding.hint:
            lines.append(f"{'':9}{finding.hint}")
    return desk.masked("\n".join(lines) + "\n")
