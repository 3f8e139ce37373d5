# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""From what Terraform, or a platform that runs it, has to say to the evidence of an event.

What happened is read from the JSON, never from an exit code: ``plan -detailed-exitcode`` is 2 without a change for some
configurations, and wrappers turn it into 1. No value of an attribute, variable or output gets any further than here.
"""

from __future__ import annotations

import json
import typing as t

from ..errors import InvalidInput
from .terraform_document import Plan, read_document, take_document
from .terraform_result import DEFAULT_ON, Changes, check_choices
from .terraform_text import Text

__all__ = ["Changes", "classify_plan", "read_changes"]

_PLATFORMS = ("hcp", "atlantis", "spacelift")
_WHOLE = 1 << 20  # bytes of a platform's document, and of what may be one
_LARGEST = 1 << 24  # bytes of a platform's document when the user says it is one


def read_changes(
    data: t.BinaryIO, *, source: str = "auto", addresses: str = "keep", on: t.Iterable[str] | str = DEFAULT_ON
) -> Changes:
    """Return the changes that an input tells of. Only ``data.read(size)`` is used, so that a pipe will do.

    ``source``: ``plan``, ``stream``, ``hcp``, ``atlantis``, ``spacelift``, or ``auto`` to find out. ``addresses``: what
    becomes of keys of ``for_each`` in addresses: ``keep``, ``drop`` or ``hash``. ``on``: the conditions to have an
    event for: ``change``, ``drift``, ``destroy``, ``failed``, ``always``.

    :raises InvalidInput: when it is none of these, of an unknown version, or a document that was cut off.
    """
    wanted = check_choices(source, addresses, on)
    text = Text(data)
    if not text.skip_to_object():
        raise InvalidInput("The input is empty, or holds no JSON.", "Look at what the command before it printed.")
    if source == "stream" or (source == "auto" and _is_event(text)):
        return _read_stream(text, addresses, wanted)
    if source == "plan":
        return _read_plan(text, addresses, wanted)
    document, platform = _whole(text, _WHOLE if source == "auto" else _LARGEST)
    if platform or (source != "auto" and "format_version" not in document):
        from .terraform_adapters import read_platform

        return read_platform(source if source != "auto" else platform, document, addresses, wanted)
    found = _read_plan(text, addresses, wanted)
    return found if source == "auto" else found._replace(source=source)


def classify_plan(
    plan: t.Mapping[str, t.Any], *, addresses: str = "keep", on: t.Iterable[str] | str = DEFAULT_ON
) -> Changes:
    """Return the changes in a plan's JSON that was parsed already: the same that :func:`read_changes` finds.

    :raises InvalidInput: when it is no plan, or one of an unknown version.
    """
    wanted = check_choices("plan", addresses, on)
    if not isinstance(plan, t.Mapping):
        raise InvalidInput("The plan is no object.", "Give the parsed output of `terraform show -json PLANFILE`.")
    found = Plan(addresses)
    take_document(plan, found)
    return found.result(wanted)


def _read_plan(text: Text, addresses: str, on: tuple[str, ...]) -> Changes:
    """Read a plan document."""
    plan = Plan(addresses)
    text.pass_over_rest(read_document(text.read, plan))
    return plan.result(on, _not_understood(text))


def _read_stream(text: Text, addresses: str, on: tuple[str, ...]) -> Changes:
    """Read a stream of events."""
    from .terraform_stream import Stream

    stream = Stream(addresses)
    for line in text.lines():
        if not stream.take(line):
            text.pass_over(line)
    return stream.result(on, _not_understood(text))


def _is_event(text: Text) -> bool:
    """Tell whether the first line is an event: a whole object with a type and the marks of Terraform's logs."""
    event = _object(text.head().lstrip().partition(b"\n")[0])
    return isinstance(event.get("type"), str) and ("@level" in event or event["type"] == "version")


def _whole(text: Text, size: int) -> tuple[dict[str, t.Any], str]:
    """Return the document if it is no larger than this, and the platform that it is from."""
    from .terraform_adapters import platform_of

    head = text.head(size + 1)
    document = _object(head) if len(head) <= size else {}
    return document, platform_of(document)


def _object(line: bytes) -> dict[str, t.Any]:
    """Return the object that a text is; an empty one if it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _not_understood(text: Text) -> list[str]:
    """Say how many lines were passed over."""
    number = text.not_understood
    return (
        [f"{number} line{'s' * (number != 1)} of the input {'were' if number != 1 else 'was'} no JSON."]
        if number
        else []
    )
