# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""A plan as JSON: the document that ``terraform show -json PLANFILE`` prints.

Format: developer.hashicorp.com/terraform/internals/json-format, version 1 (and 0, before Terraform 1.1). Values, which
are most of it, are never made objects of; only whether an object that drifted differs at all is looked at.
"""

from __future__ import annotations

import functools
import typing as t

from ..errors import InvalidInput
from .terraform_actions import Change
from .terraform_json import Members, parse
from .terraform_result import Changes, Run, finish
from .terraform_tally import Tally

_LISTS = ("resource_changes", "resource_drift", "deferred_changes", "action_invocations", "relevant_attributes")
_SCALARS = ("format_version", "terraform_version", "complete", "errored", "applyable")
_OF_PLANS = {"planned_values", "resource_changes", "resource_drift", "output_changes", "configuration", "prior_state"}
_ADVICE = "Give what `terraform show -json PLANFILE` prints for a saved plan."
_READ = ("no-op", "read")


class Plan:
    """A plan as it is read, part by part, in whatever order the parts come."""

    def __init__(self, addresses: str) -> None:
        """Take how keys in addresses are shown."""
        self.facts: dict[str, t.Any] = {}
        self._names: set[str] = set()
        self._tally = Tally(addresses)
        self._addresses = addresses
        self._drift: list[Change] = []
        self._changing: set[str] = set()
        self._relevant: set[str] = set()
        self._outputs = 0
        self._invocations = 0

    def member(self, name: str) -> None:
        """Take note of a member."""
        self._names.add(name)

    def take(self, name: str, items: t.Any) -> None:
        """Take in some elements of one of the lists, as parsed JSON or as objects of the fast decoder."""
        for item in items:
            if name == "relevant_attributes":
                self._relevant.add(_text(_get(item, "resource")))
            elif name == "action_invocations":
                self._invocations += 1
                address = _text(_get(item, "address"))
                self._tally.mark("action_invocation", address, _text(_get(item, "type")))
            elif name == "deferred_changes":
                self._deferred(item)
            else:
                self._resource(name, change_of(item))

    def output(self, name: str, change: t.Any) -> None:
        """Take in the change of an output: its name and actions."""
        actions = _actions(change)
        if actions not in (("no-op",), ()):
            self._outputs += 1
            self._tally.add("output", Change(f"output.{name}", actions, "output", "root"), count=False)

    def _resource(self, name: str, change: Change) -> None:
        """Take in the change of a resource, or its drift: that counts later, when it is known what it is good for."""
        if name == "resource_drift":
            self._drift.append(change)
        elif self._tally.add("change", change) not in _READ:
            self._changing.add(change.address)

    def _deferred(self, item: t.Any) -> None:
        """Take in what Terraform put off."""
        change = change_of(_get(item, "resource_change") or {})
        self._tally.add("deferred", change._replace(reason=_text(_get(item, "reason")) or change.reason), count=False)

    def _count_drift(self) -> int:
        """Count the drift that matters; return how many entries do not.

        What differs in nothing is noise. A refresh-only plan has no changes: all its drift is what was asked for. In
        another plan drift matters where it leads to a change: of the object itself, or through the attributes that
        Terraform calls relevant. It shows people the same, and says of the others that nothing is to be done.
        """
        everything = "resource_changes" not in self._names
        ignored = 0
        for change in self._drift:
            matters = everything or change.address in self._changing or change.address in self._relevant
            if matters and not change.same and change.word not in (*_READ, "move", "import"):
                self._tally.add("drift", change, count=False)
            else:
                ignored += 1
        return ignored

    def result(self, on: t.Collection[str], warnings: t.Iterable[str] = ()) -> Changes:
        """Return what was found.

        :raises InvalidInput: when this is no plan, or one of a format that is not known.
        """
        version = _text(self.facts.get("format_version"))
        if version.partition(".")[0] not in ("0", "1"):
            if not version:
                raise InvalidInput("The JSON is no plan: it has no format_version.", _ADVICE)
            raise InvalidInput(f"Plan JSON of format {version[:20]!r} is not known.", "Update infradispatch.")
        if not self._names & _OF_PLANS:
            raise InvalidInput("The JSON is no plan; it looks like a state.", _ADVICE)
        ignored = self._count_drift()
        return finish(
            "plan",
            self._tally,
            on,
            Run(
                drift_ignored=ignored,
                outputs=self._outputs,
                invocations=self._invocations,
                errored=self.facts.get("errored") is True,
                complete=self.facts.get("complete") is not False,
            ),
            warnings=warnings,
            about={name: _text(self.facts.get(name)) for name in ("terraform_version", "format_version")},
        )


def read_document(read: t.Callable[[int], bytes], plan: Plan) -> bytes:
    """Take in a document that is read piece by piece; return the bytes that were read beyond its end.

    :raises InvalidInput: for what is no JSON, or is cut off.
    """
    decode, check = _decoder()
    members = Members(read, check)
    for name in members:
        plan.member(name)
        if name in _SCALARS:
            plan.facts[name] = members.value()
        elif name in _LISTS:
            for batch in members.items(functools.partial(decode, name)):
                plan.take(name, batch)
        elif name == "output_changes":
            for batch in members.items(functools.partial(decode, name)):
                _take_outputs(plan, batch)
    return members.rest()


def take_document(document: t.Mapping[str, t.Any], plan: Plan) -> None:
    """Take in a document that was parsed already."""
    for name, value in document.items():
        plan.member(str(name))
        if name in _SCALARS:
            plan.facts[name] = value
        elif name in _LISTS:
            plan.take(name, value if isinstance(value, (list, tuple)) else ())
        elif name == "output_changes":
            _take_outputs(plan, value)


def change_of(item: t.Any) -> Change:
    """Return what a ``resource_changes`` or ``resource_drift`` element says."""
    if not isinstance(item, dict):
        if hasattr(item, "previous_address"):
            return _fast_change(item)
        if not isinstance(item, t.Mapping):
            return Change("", ("unknown",))
    change = _get(item, "change") or {}
    actions = _actions(change)
    before, after = _get(change, "before"), _get(change, "after")
    return Change(
        _text(_get(item, "address")),
        actions,
        _text(_get(item, "type")),
        _text(_get(item, "module_address")),
        _text(_get(item, "mode")) or "managed",
        _text(_get(item, "previous_address")),
        _text(_get(item, "deposed")),
        _text(_get(item, "action_reason")),
        bool(_get(change, "importing")),
        actions == ("update",) and before is not None and bool(before == after),
    )


def _fast_change(item: t.Any) -> Change:
    """Return the same of an object that the fast decoder made."""
    change = item.change
    if change is None:
        return Change(item.address, ("unknown",), item.type, item.module_address, item.mode or "managed")
    actions = tuple(change.actions) or ("unknown",)
    before = getattr(change, "before", None)
    return Change(
        item.address,
        actions,
        item.type,
        item.module_address,
        item.mode or "managed",
        item.previous_address,
        item.deposed,
        item.action_reason,
        bool(change.importing),
        actions == ("update",) and before is not None and bytes(before) == bytes(change.after or b""),
    )


def _take_outputs(plan: Plan, outputs: t.Any) -> None:
    """Take in output changes."""
    for name, change in outputs.items() if isinstance(outputs, t.Mapping) else ():
        plan.output(str(name), change)


def _actions(change: t.Any) -> tuple[str, ...]:
    """Return the actions of a change; what is no list of words is one word that nobody knows."""
    actions = change.get("actions") if isinstance(change, (dict, t.Mapping)) else getattr(change, "actions", None)
    if isinstance(actions, (list, tuple)) and actions:
        return tuple(action if isinstance(action, str) else "unknown" for action in actions)
    return ("unknown",)


def _get(item: t.Any, name: str) -> t.Any:
    """Return a member of an object, if it is one."""
    return item.get(name) if isinstance(item, (dict, t.Mapping)) else None


def _text(value: t.Any) -> str:
    """Return a value if it is a text."""
    return value if isinstance(value, str) else ""


Decode = t.Callable[[str, bytes], t.Any]


def _decoder() -> tuple[Decode, t.Callable[[bytes], t.Any] | None]:
    """Return what parses a batch, and what passes over one: of msgspec where it is installed.

    The standard library parses slower than the walk through pieces passes over.
    """
    try:
        from .terraform_fast import checker, decoder

        return decoder(), checker()
    except ImportError:
        return (lambda _name, batch: parse(batch)), None
