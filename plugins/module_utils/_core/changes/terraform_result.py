# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What was found in what Terraform, or a platform that runs it, had to say."""

from __future__ import annotations

import typing as t

from ..errors import InvalidInput
from ..event.envelope import Evidence
from ..event.evidence import as_option

if t.TYPE_CHECKING:  # pragma: no cover
    from .terraform_tally import Tally

SOURCES = ("auto", "plan", "stream", "hcp", "atlantis", "spacelift")
ADDRESSES = ("keep", "drop", "hash")
CONDITIONS = ("change", "destroy", "drift", "failed")
DEFAULT_ON = ("change", "drift")


class Changes(t.NamedTuple):
    """The changes that one input tells of. Nothing in here is a value of an attribute, a variable or an output.

    ``source``: ``plan`` (the document of ``terraform show -json``), ``plan_stream``, ``apply_stream``, ``hcp``,
    ``atlantis`` or ``spacelift``.
    ``kind``: what an event about it is, see :func:`kind_of`.
    ``conditions``: those of :data:`CONDITIONS` that hold.
    ``matched``: whether one of the conditions that the user chose holds, so that an event is due.
    ``evidence``: key (``sha256:…``), summary (exact counts and flags), list of changes with the most dangerous first,
    and how many more there are than any event could hold.
    ``warnings``: sentences for people; nothing in them comes from the input.
    ``about``: texts, each there only if known: ``terraform_version``, ``format_version``, ``workspace``, ``url`` (the
    platform's own page), ``repository``, ``ref``, ``sha`` and ``name`` (workspace, project or stack).
    """

    source: str
    kind: str
    conditions: tuple[str, ...]
    matched: bool
    evidence: Evidence
    warnings: tuple[str, ...] = ()
    about: t.Mapping[str, str] = {}

    @property
    def event_type(self) -> str:
        """Return the type of an event about it, unless the user has one of his own."""
        return f"terraform-{self.kind}"

    @property
    def facts(self) -> dict[str, str]:
        """Return what the input says of where it comes from, by the names of an event's origin."""
        facts = {name: self.about.get(name, "") for name in ("repository", "ref", "sha", "url")}
        facts["name"] = self.about.get("name") or self.about.get("workspace", "")
        facts["version"] = self.about.get("terraform_version", "")
        return {name: text for name, text in facts.items() if text}

    def as_dict(self) -> dict[str, t.Any]:
        """Return it as a task gets it: what an event about it takes as options, and facts for conditions."""
        return {
            "kind": self.kind,
            "event_type": self.event_type,
            "conditions": list(self.conditions),
            "matched": self.matched,
            "evidence": as_option(self.evidence),
            "source_details": {"tool": "terraform", **self.facts},
        }


def kind_of(conditions: t.Collection[str], on: t.Collection[str], *, applied: bool = False) -> str:
    """Return the kind of the event, one of those that the envelope knows.

    ``failed`` when the run ended with an error, whatever it had found or done until then; else ``drift`` when there is
    drift and the user asked for it (the more severe of what was chosen, as everywhere); else ``applied`` or
    ``planned`` when something changes; else ``drift`` for drift that nobody asked for; else ``unchanged``. What a run
    applied is ``applied`` even if it found drift on the way: that has been dealt with.
    """
    if "failed" in conditions:
        return "failed"
    changes = "change" in conditions
    if applied and changes:
        return "applied"
    if "drift" in conditions and (not changes or "drift" in on or "always" in on):
        return "drift"
    return "planned" if changes else "unchanged"


def is_match(conditions: t.Collection[str], on: t.Collection[str]) -> bool:
    """Tell whether an event is due: a chosen condition holds, or every run was asked for."""
    return "always" in on or not set(on).isdisjoint(conditions)


class Run(t.NamedTuple):
    """What is known of a run beside its list of changes."""

    drift_ignored: int = 0
    outputs: int = 0
    invocations: int = 0
    errored: bool = False
    complete: bool = True
    applied: bool = False


def finish(
    source: str,
    tally: Tally,
    on: t.Collection[str],
    run: Run,
    *,
    warnings: t.Iterable[str] = (),
    about: t.Mapping[str, str] | None = None,
) -> Changes:
    """Return the result for what was added up."""
    counts, sections = tally.counts, tally.sections
    holding = {
        "change": bool(sections.get("change") or sections.get("deferred") or run.outputs or run.invocations),
        "destroy": bool(counts["destroy"]),
        "drift": bool(sections.get("drift")),
        "failed": run.errored,
    }
    conditions = tuple(name for name in CONDITIONS if holding[name])
    summary = {
        **counts,
        "drift": sections.get("drift", 0),
        "drift_ignored": run.drift_ignored,
        "outputs": run.outputs,
        "deferred": sections.get("deferred", 0),
        "failed": sections.get("failed", 0),
        "action_invocations": run.invocations,
        "has_changes": holding["change"],
        "complete": run.complete,
        "errored": run.errored,
    }
    return Changes(
        source,
        kind_of(conditions, on, applied=run.applied),
        conditions,
        is_match(conditions, on),
        tally.evidence(summary, "failed" if run.errored else "applied" if run.applied else ""),
        (*warnings, *_warnings(tally, run, source)),
        {name: value for name, value in (about or {}).items() if value},
    )


def _warnings(tally: Tally, run: Run, source: str) -> t.Iterator[str]:
    """Say what people should know of what was found."""
    if run.errored and source in ("plan", "plan_stream"):
        yield "Terraform could not finish this plan: what it tells of is not all that would change."
    elif run.errored:
        yield "The run ended with an error: some of its changes may be there, others not."
    if not run.complete:
        yield "The plan is incomplete: Terraform put some changes off to a later one."
    if tally.unknown:
        yield "Some actions have names that are not known: they are counted as `other`."


def check_choices(source: str, addresses: str, on: t.Iterable[str]) -> tuple[str, ...]:
    """Return ``on`` as a tuple. A single text with commas is taken apart, as options of a command line are.

    :raises InvalidInput: for a word that is none of the choices.
    """
    words = [word.strip() for word in on.split(",")] if isinstance(on, str) else list(on)
    _choice("from", source, SOURCES)
    _choice("addresses", addresses, ADDRESSES)
    for word in words:
        _choice("on", word, (*CONDITIONS, "always"))
    return tuple(words)


def _choice(option: str, word: str, choices: t.Sequence[str]) -> None:
    """Refuse a word that is no choice of the option."""
    if word not in choices:
        raise InvalidInput(f"{option} can't be {word!r}.", f"Choose from {', '.join(choices)}.")
