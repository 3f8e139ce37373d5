# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What one workflow file says about repository_dispatch: pure functions over its parsed text."""

from __future__ import annotations

import re
import typing as t

from ..github.workflows import WorkflowFile

RUN_NAME, STEPS, NOWHERE = "run-name", "steps", "no"
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TEXT = re.compile(r"'(?:[^']|'')*'")
# The id itself, or the JSON of something that holds it; an object without toJSON() shows as the word Object.
_ID = re.compile(
    r"github\.event\.client_payload\.dispatch\.id(?![\w.-])"
    r"|tojson\(github(?:\.event(?:\.client_payload(?:\.dispatch)?)?)?\)"
)
# What a sender decides: the payload and the type, alone or within the whole event.
_FOREIGN = re.compile(
    r"github\.event\.(?:client_payload|action)(?![\w-])|github\.event\s*\[|github\.event\.\*|tojson\(github(?:\.event)?\)"
)
_VARIABLE = re.compile(r"(?<![\w.-])env\.([\w-]+)")


class Receiver(t.NamedTuple):
    """A workflow that listens to repository_dispatch.

    ``types`` is None for all types. ``findable`` tells where its run shows the event's id: ``run-name``, ``steps`` or
    ``no``. ``unsafe`` lists the places where a value of the event becomes part of a script.
    """

    path: str
    name: str
    state: str
    types: tuple[str, ...] | None
    findable: str
    unsafe: tuple[str, ...]

    @property
    def enabled(self) -> bool:
        """Tell whether it can run; a state that is not known counts as enabled."""
        return not self.state.startswith("disabled") and self.state != "deleted"

    def hears(self, event_type: str) -> bool:
        """Tell whether an event of this type certainly starts it."""
        return self.enabled and (self.types is None or event_type in self.types)

    def may_hear(self, event_type: str) -> bool:
        """Tell whether an event of this type starts it if GitHub took ``*`` in a type for a pattern.

        GitHub documents types as words only; others document patterns. So nobody knows.
        """
        patterns = [word for word in self.types or () if "*" in word]
        return self.enabled and not self.hears(event_type) and any(_matches(event_type, word) for word in patterns)

    def as_dict(self) -> dict[str, t.Any]:
        """Return it as the public contract shows it."""
        types = None if self.types is None else list(self.types)
        return {**self._asdict(), "types": types, "unsafe": list(self.unsafe), "enabled": self.enabled}


def read_receiver(file: WorkflowFile, content: t.Mapping[str, t.Any]) -> Receiver | None:
    """Return the receiver in a workflow whose scalars are all texts; None when it hears no repository_dispatch."""
    listens, types = _types(content.get("on"))
    if not listens:
        return None
    return Receiver(
        path=file.path,
        name=_plain(content.get("name")) or file.name or file.path,
        state=file.state,
        types=types,
        findable=_findable(content),
        unsafe=tuple(_unsafe(content)),
    )


def _types(on: object) -> tuple[bool, tuple[str, ...] | None]:
    """Read ``on``: a word, a list of words, or a mapping whose entry may hold ``types`` as a word or a list."""
    if isinstance(on, str):
        return on == "repository_dispatch", None
    if isinstance(on, list):
        return "repository_dispatch" in on, None
    if not isinstance(on, dict) or "repository_dispatch" not in on:
        return False, None
    entry = on["repository_dispatch"]
    types = entry.get("types") if isinstance(entry, dict) else None
    words = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    return True, tuple(filter(None, map(_plain, words))) or None


def _plain(value: object) -> str:
    """Return a text that can be shown, without halves of surrogate pairs; empty when it is none."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def _matches(event_type: str, pattern: str) -> bool:
    """Tell whether the pattern covers the type, with ``*`` for any characters."""
    regular = ".*".join(re.escape(part) for part in re.split(r"\*+", pattern))
    return re.fullmatch(regular, event_type, re.DOTALL) is not None


def _findable(content: t.Mapping[str, t.Any]) -> str:
    """Tell where the id of the event would be seen."""
    if _shows_id(content.get("run-name")):
        return RUN_NAME
    for _place, job in _jobs(content):
        if any(map(_shows_id, [job.get("name"), *(step.get("name") for _number, step in _steps(job))])):
            return STEPS
    return NOWHERE


def _expressions(text: object) -> list[str]:
    """Return the expressions in a text in one spelling: ``a['b'].C`` becomes ``a.b.c``; texts within are dropped."""
    found = _EXPRESSION.findall(text) if isinstance(text, str) else []
    dotted = (re.sub(r"\s*\[\s*'([\w-]+)'\s*\]", r".\1", inside) for inside in found)
    return [re.sub(r"\s*([.()])\s*", r"\1", _TEXT.sub("''", inside)).lower() for inside in dotted]


def _shows_id(text: object) -> bool:
    """Tell whether a text has an expression that shows the id."""
    return any(map(_ID.search, _expressions(text)))


def _foreign(text: object, variables: t.Collection[str]) -> bool:
    """Tell whether a text has an expression whose value a sender decides, directly or by a variable."""
    return any(
        _FOREIGN.search(inside) or any(name in variables for name in _VARIABLE.findall(inside))
        for inside in _expressions(text)
    )


def _variables(*parts: t.Mapping[str, t.Any]) -> set[str]:
    """Return the names of the environment variables (in lower case) whose value a sender decides."""
    tables = [part.get("env") for part in parts]
    return {
        str(name).lower()
        for table in tables
        for name, value in (table.items() if isinstance(table, dict) else ())
        if _foreign(value, ())
    }


def _unsafe(content: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Yield the places where a value of the event is pasted into a script before the shell reads it.

    Source: GitHub's "script injections". ``${{ env.NAME }}`` pastes too; ``$NAME`` would not.
    """
    for place, job in _jobs(content):
        for number, step in _steps(job):
            variables = _variables(content, job, step)
            options = step.get("with")
            script = options.get("script") if isinstance(options, dict) else None
            for key, text in (("run", step.get("run")), ("with.script", script)):
                if _foreign(text, variables):
                    yield f"{place}.steps[{number}].{key}"


def _jobs(content: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """Yield the jobs with their place."""
    jobs = content.get("jobs")
    for name, job in jobs.items() if isinstance(jobs, dict) else ():
        if isinstance(job, dict):
            yield f"jobs.{_plain(name)}", job


def _steps(job: t.Mapping[str, t.Any]) -> t.Iterator[tuple[int, dict[str, t.Any]]]:
    """Yield the steps with their number."""
    steps = job.get("steps")
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict):
            yield number, step
