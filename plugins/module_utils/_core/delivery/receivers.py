# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Who would hear an event: what the workflow files of a repository say, as pure functions over their text."""

from __future__ import annotations

import difflib
import re
import typing as t

from ..clock import Deadline
from ..errors import MissingLibrary, NoReceiver
from ..github.client import GitHub
from ..github.credentials import Scope
from ..github.urls import Repository
from ..github.workflows import WorkflowFile, read_workflows

ACTIVE = ("", "active")
_ID = re.compile(r"github\.event\.client_payload(?:\.dispatch(?:\.id)?)?\b(?![\w.-])")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_FOREIGN = re.compile(
    r"github\.event\.(?:client_payload|action\b)|github\.event\s*[\[)]|toJSON\(\s*github(?:\.event)?\s*\)",
    re.IGNORECASE,
)


class Receiver(t.NamedTuple):
    """A workflow that listens to repository_dispatch.

    ``types`` is None for all types. ``findable`` tells how its run can be found: ``run-name``, ``steps`` or ``no``.
    ``unsafe`` lists the places where a value of the event becomes part of a script.
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
        return self.state in ACTIVE

    def hears(self, event_type: str) -> bool:
        """Tell whether an event of this type would start it."""
        return self.enabled and (self.types is None or event_type in self.types)

    def as_dict(self) -> dict[str, t.Any]:
        """Return it as the public contract shows it."""
        types = None if self.types is None else list(self.types)
        return {**self._asdict(), "types": types, "unsafe": list(self.unsafe), "enabled": self.enabled}


class Survey(t.NamedTuple):
    """All receivers of a repository, and the files that could not be understood."""

    receivers: list[Receiver]
    unreadable: list[str]

    def hearing(self, event_type: str) -> list[Receiver]:
        """Return the receivers that an event of this type would start."""
        return [receiver for receiver in self.receivers if receiver.hears(event_type)]

    def closest(self, event_type: str) -> list[str]:
        """Return the types that somebody listens to and that look like this one, the nearest first."""
        types = sorted({word for receiver in self.receivers for word in receiver.types or ()} - {event_type})
        lowered = {word.lower(): word for word in types}
        near = difflib.get_close_matches(event_type.lower(), list(lowered), n=3, cutoff=0.6)
        return [lowered[word] for word in near]

    @property
    def certain(self) -> bool:
        """Tell whether the files leave no doubt about who hears what: all readable, and no ``*`` among the types."""
        return not self.unreadable and not any("*" in word for one in self.receivers for word in one.types or ())

    def nobody(self, repository: str, event_type: str, *, sent: bool) -> NoReceiver:
        """Return the error for an event that nobody hears."""
        near = self.closest(event_type)
        files = [one.path for one in self.receivers if set(near) & set(one.types or ())]
        guess = f" Did you mean {near[0]} ({', '.join(files)})?" if near else ""
        accepted = "GitHub accepted the event, and no" if sent else "No"
        return NoReceiver(
            f"{accepted} workflow on the default branch of {repository} listens to {event_type}.{guess}",
            "Add it to on.repository_dispatch.types of an enabled workflow on the default branch, or mend event_type.",
            closest=near,
        )


def ask(github: GitHub, repository: Repository, scope: Scope, deadline: Deadline) -> Survey:
    """Read the workflow files on the default branch and return what they say.

    :raises InfradispatchError: when they can't be read, or PyYAML is not installed.
    """
    return survey(read_workflows(github, repository, scope, deadline))


def survey(files: t.Iterable[WorkflowFile]) -> Survey:
    """Return what the files say.

    :raises MissingLibrary: when PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError:
        raise MissingLibrary("PyYAML", "The Python library PyYAML is not installed.") from None
    receivers, unreadable = [], []
    for file in files:
        try:
            # BaseLoader keeps every word a text: `on` stays on, and a type such as 1.0 or yes stays what it is.
            content = yaml.load(file.text, Loader=yaml.BaseLoader)  # noqa: S506 - makes texts, lists and mappings only
        except (yaml.YAMLError, RecursionError):
            unreadable.append(file.path)
            continue
        if isinstance(content, dict):
            receiver = read_receiver(file, content)
            if receiver is not None:
                receivers.append(receiver)
    return Survey(receivers, unreadable)


def read_receiver(file: WorkflowFile, content: t.Mapping[str, t.Any]) -> Receiver | None:
    """Return the receiver in a workflow, or None when it does not listen to repository_dispatch."""
    listens, types = _types(content.get("on"))
    if not listens:
        return None
    name = content.get("name")
    return Receiver(
        path=file.path,
        name=name if isinstance(name, str) and name else file.name or file.path,
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
    if isinstance(types, str) and types:
        return True, (types,)
    if isinstance(types, list) and types:
        return True, tuple(word for word in types if isinstance(word, str))
    return True, None


def _findable(content: t.Mapping[str, t.Any]) -> str:
    """Tell where the id of the event would be seen."""
    if _shows_id(content.get("run-name")):
        return "run-name"
    for _place, job in _jobs(content):
        names = [job.get("name"), *(step.get("name") for _number, step in _steps(job))]
        if any(_shows_id(name) for name in names):
            return "steps"
    return "no"


def _shows_id(text: object) -> bool:
    """Tell whether a text has an expression that shows the id, alone or within the whole payload."""
    return isinstance(text, str) and any(_ID.search(inside) for inside in _EXPRESSION.findall(text))


def _unsafe(content: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Yield the places where a value of the event is pasted into a script before the shell reads it."""
    for place, job in _jobs(content):
        for number, step in _steps(job):
            options = step.get("with")
            scripts = {
                "run": step.get("run"),
                "with.script": options.get("script") if isinstance(options, dict) else None,
            }
            for key, script in scripts.items():
                if isinstance(script, str) and any(_FOREIGN.search(inside) for inside in _EXPRESSION.findall(script)):
                    yield f"{place}.steps[{number}].{key}"


def _jobs(content: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """Yield the jobs with their place."""
    jobs = content.get("jobs")
    for name, job in jobs.items() if isinstance(jobs, dict) else ():
        if isinstance(job, dict):
            yield f"jobs.{name}", job


def _steps(job: t.Mapping[str, t.Any]) -> t.Iterator[tuple[int, dict[str, t.Any]]]:
    """Yield the steps with their number."""
    steps = job.get("steps")
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict):
            yield number, step
