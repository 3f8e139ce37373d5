# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""`plan`: what Terraform has planned, found to have drifted or applied becomes an event, when it is worth one."""

from __future__ import annotations

import typing as t

from ..changes.terraform_result import ADDRESSES, CONDITIONS, DEFAULT_ON, SOURCES, check_choices
from ..delivery.plan import Cause
from ..delivery.task import nothing_to_send
from ..errors import InvalidInput
from ..event.envelope import Origin
from .deliver import deliver, origin_of, report
from .options import DRY_RUN, EXTRA, SENDING, SOURCE, Option
from .parser import Command
from .send import with_payload

if t.TYPE_CHECKING:  # pragma: no cover
    from ..changes.terraform_result import Changes
    from .start import Call

COMMAND = Command(
    "plan",
    "Send what a Terraform plan, drift check or apply has found: addresses, types, actions and counts, never a value.\n"
    "Reads terraform show -json, and the streams of terraform plan -json and apply -json. When none of the conditions\n"
    "holds, nothing is sent, and the status is 0.",
    (
        Option(
            "on",
            "words",
            f"send on: {', '.join(CONDITIONS)}, always (default: {','.join(DEFAULT_ON)})",
            "WORDS",
            repeatable=True,
        ),
        Option("from", "text", "what has written it (default: auto)", "|".join(SOURCES)),
        Option("address_keys", "text", "keys of for_each in addresses (default: keep)", "|".join(ADDRESSES)),
        Option("markdown", "flag", "print a table of the changes, such as for a step summary"),
        DRY_RUN,
        *SENDING,
        *EXTRA,
        *SOURCE,
    ),
    """
  terraform plan -json | infradispatch plan - --repository acme/site
  terraform show -json plan.tfplan | infradispatch plan - --on destroy --repository acme/site --wait
  infradispatch plan plan.json --dry-run --repository acme/site
  terraform plan -refresh-only -json | infradispatch plan - --on drift --markdown >> "$GITHUB_STEP_SUMMARY"
""",
    "FILE",
    "plan document or stream; - is standard input",
)


def run(call: Call) -> int:
    """Read the plan, and send what it is about; return the status to exit with."""
    from ..changes.terraform import read_changes

    asked = call.gather()
    options = with_payload(call, asked.options)
    on = options.get("on") or DEFAULT_ON
    source, addresses = options.get("from") or SOURCES[0], options.get("address_keys") or ADDRESSES[0]
    check_choices(source, addresses, on)
    origin = origin_of(options, "terraform")
    path = call.positional
    if options.get("markdown") and (options.get("dry_run") or call.desk.as_json):
        raise InvalidInput("markdown does not go with dry_run or output json.", "All of them use standard output.")
    if path is None:
        raise InvalidInput("No plan is named.", "Give a file, or - for standard input.")
    with call.inputs.stream(path, "plan") as stream:
        found = read_changes(stream, source=source, addresses=addresses, on=on)
    for warning in found.warnings:
        call.desk.warn(warning)
    if options.get("markdown"):
        from ..changes.terraform_markdown import markdown

        call.desk.give_text(markdown(found))
    if not found.matched:
        call.desk.tell(f"Nothing to send: the plan has nothing of {', '.join(on)}.")
        return report(nothing_to_send(), call.desk)
    told = {"event_type": found.event_type, **options}
    return deliver(asked._replace(options=told), Cause(_from(origin, found), found.kind, found.evidence), call.desk)


def _from(origin: Origin, found: Changes) -> Origin:
    """Return where the event comes from: what the user says, else what the input says of itself."""
    known = origin._asdict()
    return origin._replace(**{name: text for name, text in found.facts.items() if not known[name]})
