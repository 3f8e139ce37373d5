# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The events that ``terraform plan -json`` and ``terraform apply -json`` print, one JSON object a line.

Format: developer.hashicorp.com/terraform/internals/machine-readable-ui, version 1. Read line by line, in memory that
does not grow with their number. A failed apply has no summary: what it did is added up from the single events. Applying
a saved plan says nothing of moves and of outputs.
"""

from __future__ import annotations

import json
import typing as t

from ..errors import InvalidInput
from .terraform_actions import Change, stream_actions
from .terraform_result import Changes, Run, finish
from .terraform_tally import Tally

_QUIET = ("move", "import", "forget")  # an apply has no event of its own for them


class Stream:
    """A stream of events as it is read."""

    def __init__(self, addresses: str) -> None:
        """Take how keys in addresses are shown."""
        self.understood = 0
        self._planned = Tally(addresses)
        self._applied = Tally(addresses)
        self._quiet = Tally(addresses)  # planned, and done by an apply without a word
        self._about: dict[str, str] = {}
        self._is_apply = self._error = self._ended = False
        self._noise = self._outputs = self._invocations = self._imported = 0
        self._handlers: dict[str, t.Callable[[dict[str, t.Any]], None]] = {
            "version": self._version,
            "planned_change": self._planned_change,
            "resource_drift": self._resource_drift,
            "apply_start": self._start,
            "apply_complete": self._complete,
            "apply_errored": self._errored,
            "change_summary": self._summary,
            "outputs": self._take_outputs,
            "diagnostic": self._diagnostic,
            "planned_action_invocation": self._invocation,
        }

    def take(self, line: bytes) -> bool:
        """Take in one line; tell whether it was an event."""
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            return False
        kind = event.get("type") if isinstance(event, dict) else None
        if not isinstance(kind, str):
            return False
        self.understood += 1
        handler = self._handlers.get(kind)
        if handler is not None:
            handler(event)
        return True

    def result(self, on: t.Collection[str], warnings: t.Iterable[str] = ()) -> Changes:
        """Return what was found. A stream without an end is one of a run that did not get there: it failed."""
        if not self.understood:
            raise InvalidInput(
                "No line is an event of Terraform.", "Give what `terraform plan -json` prints, unchanged."
            )
        told = list(warnings)
        if not self._ended and not self._error:
            told.append("The stream ends before its summary: it was cut off, or Terraform was ended.")
        failed = self._error or not self._ended
        tally = self._planned
        if self._is_apply:
            tally = self._applied
            if not failed:
                tally.merge(self._quiet)
                self._count_imports(tally)
        return finish(
            "apply_stream" if self._is_apply else "plan_stream",
            tally,
            on,
            Run(
                drift_ignored=self._noise,
                outputs=0 if self._is_apply and failed else self._outputs,
                invocations=self._invocations,
                errored=failed,
                applied=self._is_apply,
            ),
            warnings=told,
            about=self._about,
        )

    def _count_imports(self, tally: Tally) -> None:
        """Count the imports that only the summary tells of: applying a saved plan names none."""
        more = self._imported - tally.counts["import"]
        if more > 0:
            tally.counts["import"] += more
            tally.sections["change"] = tally.sections.get("change", 0) + more
            tally.mark("imports", str(more))

    def _version(self, event: dict[str, t.Any]) -> None:
        version = str(event.get("ui", ""))
        if version.partition(".")[0] not in ("", "0", "1"):
            raise InvalidInput(f"Events of format {version[:20]!r} are not known.", "Update infradispatch.")
        self._about = {"terraform_version": str(event.get("terraform", ""))[:50], "format_version": version[:20]}

    def _planned_change(self, event: dict[str, t.Any]) -> None:
        change = _change(event.get("change"))
        if self._planned.add("change", change) in _QUIET or change.previous or change.importing:
            self._quiet.add("change", _quiet_part(change))

    def _resource_drift(self, event: dict[str, t.Any]) -> None:
        change = _change(event.get("change"))
        if change.word in ("no-op", "read", "move", "import"):
            self._noise += 1
            return
        for tally in (self._planned, self._applied):
            tally.add("drift", change, count=False)

    def _complete(self, event: dict[str, t.Any]) -> None:
        change = _change(event.get("hook"))
        if change.word not in ("read", "no-op"):  # data sources are read by a plan, too
            self._applying()
            self._applied.add("change", change)

    def _errored(self, event: dict[str, t.Any]) -> None:
        change = _change(event.get("hook"))
        self._error = True
        if change.word not in ("read", "no-op"):
            self._applying()
            self._applied.add("failed", change, count=False)

    def _start(self, event: dict[str, t.Any]) -> None:
        if _change(event.get("hook")).word not in ("read", "no-op"):
            self._applying()

    def _applying(self) -> None:
        """Take note that this is an apply: the end of its plan was not the end."""
        if not self._is_apply:
            self._is_apply, self._ended = True, False

    def _summary(self, event: dict[str, t.Any]) -> None:
        changes = event.get("changes")
        operation = changes.get("operation") if isinstance(changes, dict) else None
        if isinstance(changes, dict) and operation in ("apply", "destroy"):
            self._is_apply = self._ended = True
            imported = changes.get("import")
            self._imported = imported if isinstance(imported, int) else 0
        elif not self._is_apply:
            self._ended = True

    def _take_outputs(self, event: dict[str, t.Any]) -> None:
        outputs = event.get("outputs")
        for name, output in outputs.items() if isinstance(outputs, dict) else ():
            word = output.get("action") if isinstance(output, dict) else None
            if word is None or word == "noop":
                continue
            self._outputs += 1
            change = Change(f"output.{name}", stream_actions(word), "output", "root")
            for tally in (self._planned, self._quiet):
                tally.add("output", change, count=False)

    def _diagnostic(self, event: dict[str, t.Any]) -> None:
        diagnostic = event.get("diagnostic")
        severity = diagnostic.get("severity") if isinstance(diagnostic, dict) else event.get("@level")
        self._error |= severity == "error"

    def _invocation(self, event: dict[str, t.Any]) -> None:
        del event  # holds nothing but names that a provider chose
        self._invocations += 1


def _change(said: t.Any) -> Change:
    """Return what an event says of a resource."""
    said = said if isinstance(said, dict) else {}
    resource = _dict(said.get("resource"))
    previous = _dict(said.get("previous_resource"))
    word = said.get("action")
    address = _text(resource.get("addr"))
    data = address.startswith("data.") or ".data." in address
    return Change(
        address,
        stream_actions(word),
        _text(resource.get("resource_type")),
        _text(resource.get("module")),
        "data" if data else "managed",
        _text(previous.get("addr")) or ("(unknown)" if word == "move" else ""),
        _text(said.get("deposed")),
        _text(said.get("reason")),
        word == "import" or bool(said.get("importing")),
    )


def _quiet_part(change: Change) -> Change:
    """Return what an apply does of a change without an event: the move, the import or the forgetting itself."""
    return change if change.word in _QUIET else change._replace(actions=("no-op",))


def _dict(value: t.Any) -> dict[str, t.Any]:
    """Return a value if it is an object."""
    return value if isinstance(value, dict) else {}


def _text(value: t.Any) -> str:
    """Return a value if it is a text."""
    return value if isinstance(value, str) else ""
