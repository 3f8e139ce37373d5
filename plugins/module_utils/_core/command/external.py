# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""`external`: the preview for Terraform's `data "external"`, by its protocol.

One JSON object of texts comes in on standard input, one goes out on standard output and nothing else; a failure is one
line on standard error. Terraform runs it at plan, refresh and apply, so it never sends anything, and asks nobody unless
a lookup is asked for.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import typing as t

from ..delivery.plan import Cause, read_plan
from ..errors import InvalidInput
from ..event.envelope import Evidence, Origin
from ..event.limits import check_dispatch_id
from ..secret import redact
from . import exits
from .answer import preview_of
from .gather import read_value
from .inputs import closest, decode, parse, read_request, shown_name
from .options import CONNECTION, DEADLINE, Option
from .parser import Command
from .send import NAMES, SECRETS, key_of
from .streams import Streams

if t.TYPE_CHECKING:  # pragma: no cover
    from .start import Call

_LOOKUP = Option("lookup", "flag", "look for the last run of this event, too (default: no)")
COMMAND = Command(
    "external",
    'The preview for Terraform\'s data "external": reads a query, one JSON object of texts, from standard input and\n'
    "writes one JSON object of texts. Read-only, and the same answer for the same query. The query has repository,\n"
    "event_type and client_payload (JSON), or request (one JSON object, as for send).",
    (_LOOKUP, DEADLINE._replace(help="limit for the lookup (default: 10)"), *CONNECTION),
    """
  echo '{"repository": "acme/site", "event_type": "infra-changed"}' | infradispatch external
  data "external" "preview" { program = ["infradispatch", "external"], query = { request = local.request } }
""",
    reports=False,
)
_SETTINGS = ("last_fingerprint", "lookup", "dispatch_id")
_PARTS = ("repository", "repositories", "event_type", "client_payload")
_TOOL = Origin("terraform")
_CREDENTIAL = re.compile(r"(?i)token|passw|secret|private_?key|api_?key|credential|authorization|\bpem\b")
_PASSWORD_IN_URL = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
_WHY = "Terraform keeps the query in its state as plain text, and shows it in plans."


def run_with(data: bytes | None) -> int:
    """Run with a query that was read before, or None when it was not; return the status to exit with."""
    from .start import run as start

    streams = Streams.of_process()
    return start(["external"], streams if data is None else streams._replace(stdin=io.BytesIO(data)))


def run(call: Call) -> int:
    """Answer the query; return the status to exit with."""
    if call.desk.streams.stdout is None:
        raise InvalidInput("Standard output is closed.", "The answer goes there.")
    with contextlib.redirect_stdout(sys.stderr):  # whatever a library says there would break the protocol
        answer = _answer(call, read_query(call.inputs.standard_input("external")))
    return exits.OK if call.desk.give_bytes(answer) else exits.BUG


def read_query(data: bytes) -> dict[str, str]:
    """Return the query.

    :raises InvalidInput: when it is none, or holds what looks like a credential.
    """
    query = parse(decode(data, "The query"), "The query")
    if not isinstance(query, dict):
        raise InvalidInput("The query is not a JSON object.", "Terraform writes one of the block's query.")
    for name, value in query.items():
        _refuse_credentials(name, value)
        if name not in (*_PARTS, *_SETTINGS, "request"):
            advice = closest(name, (*_PARTS, *_SETTINGS, "request"))
            raise InvalidInput(f"The query has the unknown name {shown_name(name)}.", advice)
        if not isinstance(value, str):
            raise InvalidInput(f"{name} in the query is no text.", "Use jsonencode() for what is none.")
    return t.cast("dict[str, str]", query)


def _refuse_credentials(name: str, value: object) -> None:
    """Refuse a part of the query that would keep a credential in Terraform's state.

    :raises InvalidInput: without showing the value.
    """
    by_environment = f"{_WHY} Give credentials by the environment of Terraform, and replace this one."
    if _CREDENTIAL.search(name):
        raise InvalidInput(f"The query has {shown_name(name)}, which looks like a credential.", by_environment)
    text = value if isinstance(value, str) else repr(value)
    # Users in addresses are common and no secret; a space keeps `redact` from looking at them.
    if _PASSWORD_IN_URL.search(text) or redact(text.replace("://", ": //")) != text.replace("://", ": //"):
        raise InvalidInput(f"{shown_name(name)} in the query holds what looks like a credential.", by_environment)


def _answer(call: Call, query: dict[str, str]) -> bytes:
    """Return the answer to a query."""
    options = _options(query)
    key = key_of(options, Cause(_TOOL))
    targets = read_plan(options, Cause(_TOOL, "custom", Evidence(key=key)), lambda: "0" * 32).targets
    events = [(str(target.repository), target.event.event_type, target.event.payload_bytes) for target in targets]
    asked = call.gather({"lookup": read_value(_LOOKUP, query["lookup"], "lookup")} if query.get("lookup") else None)
    more = {}
    if asked.options.get("lookup"):
        from .lookup import look_up

        if len(targets) > 1:
            raise InvalidInput("lookup goes with one repository only.", "Ask for each of them on its own.")
        given = query.get("dispatch_id")
        dispatch_id = check_dispatch_id(given) if given else key.partition(":")[2][:32]
        more = look_up(call.desk, asked, targets[0].repository, dispatch_id)
    return preview_of(events, key, would_send=query.get("last_fingerprint") != key, more=more)


def _options(query: t.Mapping[str, str]) -> dict[str, t.Any]:
    """Return the options of the event in a query."""
    parts = {name: query[name] for name in _PARTS if query.get(name, "").strip()}
    if "request" not in query:
        found: dict[str, t.Any] = dict(parts)
        if "repositories" in found:
            option = Option("repositories", "words", "")
            found["repositories"] = read_value(option, found["repositories"], "repositories")
        return found
    if parts:
        raise InvalidInput(f"request and {', '.join(parts)} are given together.", "Give one of them.")
    return read_request(query["request"], "request", NAMES, SECRETS)
