# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""`plan`: what Terraform has planned, found to have drifted or applied becomes an event, when it is worth one."""

from __future__ import annotations

import importlib
import typing as t

from ..delivery.plan import Cause
from ..delivery.task import nothing_to_send
from ..errors import InvalidInput
from ..event.envelope import Evidence
from .deliver import deliver, origin_of, report
from .options import DRY_RUN, EXTRA, SENDING, SOURCE, Option
from .parser import Command
from .send import with_payload

if t.TYPE_CHECKING:  # pragma: no cover
    from .start import Call

CONDITIONS = ("change", "drift", "destroy", "always")
_DEFAULT = ("change", "drift")
_FORMS = ("auto", "terraform", "hcp", "atlantis", "spacelift")
_KEYS = ("keep", "drop", "hash")
_MOST_ROWS = 200

COMMAND = Command(
    "plan",
    "Send what a Terraform plan, drift check or apply has found: addresses, types, actions and counts, never a value.\n"
    "Reads terraform show -json, and the streams of terraform plan -json and apply -json. When none of the conditions\n"
    "holds, nothing is sent, and the status is 0.",
    (
        Option(
            "on", "words", "send on: change, drift, destroy, always (default: change,drift)", "WORDS", repeatable=True
        ),
        Option("from", "text", "what has written it (default: auto)", "|".join(_FORMS)),
        Option("address_keys", "text", "keys of for_each in addresses (default: keep)", "|".join(_KEYS)),
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


class Found(t.Protocol):
    """What the reader of plans gives: kind of the event, conditions that hold, evidence, and doubts for people."""

    kind: str
    conditions: t.Collection[str]
    evidence: Evidence
    warnings: t.Sequence[str]


#: Reads a plan: the stream, what has written it, and what becomes of keys in addresses.
ReadChanges = t.Callable[[t.BinaryIO, str, str], Found]


def run(call: Call) -> int:
    """Read the plan, and send what it is about; return the status to exit with."""
    asked = call.gather()
    options = with_payload(call, asked.options)
    conditions = _conditions(options.get("on"))
    form = _choice(options, "from", _FORMS)
    keys = _choice(options, "address_keys", _KEYS)
    origin = origin_of(options, "terraform")
    path = call.positional
    if options.get("markdown") and (options.get("dry_run") or call.desk.as_json):
        raise InvalidInput("markdown does not go with dry_run or output json.", "All of them use standard output.")
    if path is None:
        raise InvalidInput("No plan is named.", "Give a file, or - for standard input.")
    with call.inputs.stream(path, "plan") as stream:
        found = _reader()(stream, form, keys)
    for warning in found.warnings:
        call.desk.warn(warning)
    if options.get("markdown"):
        call.desk.give_text(markdown_of(found))
    if not ({"always", *found.conditions} & set(conditions)):
        call.desk.tell(f"Nothing to send: the plan has nothing of {', '.join(conditions)}.")
        return report(nothing_to_send(), call.desk)
    told = {"event_type": f"terraform-{found.kind}", **options}
    return deliver(asked._replace(options=told), Cause(origin, found.kind, found.evidence), call.desk)


def _reader() -> ReadChanges:
    """Return what reads plans; the one place that knows where it is. Loaded by name: only this command needs it."""
    module = importlib.import_module("..changes.terraform", __package__)
    return t.cast(ReadChanges, module.read_changes)


def _conditions(words: object) -> list[str]:
    """Return the conditions under which an event is sent.

    :raises InvalidInput: when one of them is none.
    """
    given = list(words) if isinstance(words, list) and words else list(_DEFAULT)
    if not all(word in CONDITIONS for word in given):
        raise InvalidInput(f"on is none of {', '.join(CONDITIONS)}.", f"Leave it out for {', '.join(_DEFAULT)}.")
    return given


def _choice(options: t.Mapping[str, t.Any], name: str, choices: t.Sequence[str]) -> str:
    """Return one of the choices; the first is the default.

    :raises InvalidInput: for anything else.
    """
    value = options.get(name) or choices[0]
    if value not in choices:
        raise InvalidInput(f"{name} is none of {', '.join(choices)}.", f"Leave it out for {choices[0]}.")
    return str(value)


def markdown_of(found: Found) -> str:
    """Return a readable table: the counts, and one row for each change up to a number that a page can show."""
    counts = [
        f"{name} {value}"
        for name, value in found.evidence.summary.items()
        if isinstance(value, int) and value is not True
    ]
    lines = [f"### Terraform: {found.kind}", "", ", ".join(counts) or "No changes.", ""]
    changes = list(found.evidence.changes)
    if changes:
        lines += ["| actions | address |", "| --- | --- |"]
        lines += [f"| {_actions(change)} | `{_cell(change.get('address'))}` |" for change in changes[:_MOST_ROWS]]
    if len(changes) > _MOST_ROWS:
        lines += ["", f"… and {len(changes) - _MOST_ROWS} more."]
    return "\n".join(lines) + "\n"


def _actions(change: t.Mapping[str, t.Any]) -> str:
    """Return the actions of a change."""
    actions = change.get("actions") or change.get("action") or ""
    return _cell(", ".join(map(str, actions)) if isinstance(actions, (list, tuple)) else actions)


def _cell(value: object) -> str:
    """Return text that breaks no table and no code: addresses hold what people put into them."""
    text = " ".join(str(value if value is not None else "").split())
    return text.replace("`", "'").replace("|", "\\|")
