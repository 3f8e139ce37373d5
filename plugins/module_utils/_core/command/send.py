# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""`send`: one event, or one for each of several repositories."""

from __future__ import annotations

import typing as t

from ..delivery.plan import Cause
from ..errors import InvalidInput
from ..event.envelope import Evidence
from .deliver import deliver, origin_of
from .fingerprint import fingerprint
from .inputs import REQUEST_VARIABLE, read_request
from .options import DRY_RUN, EXTRA, FOUND, SENDING, SOURCE, Option
from .parser import Command

if t.TYPE_CHECKING:  # pragma: no cover
    from .start import Call

COMMAND = Command(
    "send",
    "Send an event, and wait for the run it starts when asked to. What to send comes from options, from one JSON\n"
    "object with their names (a file, - for standard input, or the variable DISPATCH_REQUEST), or from both.",
    (
        *SENDING,
        *EXTRA,
        *FOUND,
        Option("request_file", "path", "file with the request; - is standard input", "FILE"),
        *SOURCE,
        DRY_RUN,
    ),
    """
  infradispatch send --repository acme/site --event-type infra-changed --wait
  infradispatch send --request-file request.json --output json
  jq -n '{repository: "acme/site", event_type: "x", client_payload: {service: "web"}}' | infradispatch send -
  infradispatch send - --dry-run < request.json
""",
    "-",
    "read the request, one JSON object, from standard input",
)
#: Names that a request may have.
NAMES = {
    name for option in (*SENDING, EXTRA[0], *FOUND) if not option.secret for name in (option.name, *option.aliases)
}
SECRETS = {option.name for option in SENDING if option.secret}


def run(call: Call) -> int:
    """Send what is asked for; return the status to exit with."""
    asked = call.gather(_request(call))
    options = with_payload(call, asked.options)
    return deliver(asked._replace(options=options), cause_of(options), call.desk)


def cause_of(options: t.Mapping[str, t.Any]) -> Cause:
    """Return why the event is sent. One of Terraform's has a fingerprint, by which receivers know it again."""
    origin, kind, evidence = origin_of(options), "custom", None
    if options.get("kind") is not None or options.get("evidence") is not None:
        from ..event.evidence import read_evidence, read_kind
        from ..event.values import read_payload

        kind = read_kind(options.get("kind"))
        given = options.get("evidence")
        evidence = None if given is None else read_evidence(read_payload(given, "evidence"))
    if origin.tool == "terraform" and not (evidence and evidence.key):
        evidence = (evidence or Evidence())._replace(key=key_of(options, Cause(origin)))
    return Cause(origin, kind, evidence)


def key_of(options: t.Mapping[str, t.Any], cause: Cause) -> str:
    """Return the fingerprint of a request.

    :raises InvalidInput: when the request is wrong.
    """
    from ..delivery.plan import read_plan
    from ..event.limits import RESERVED_KEY

    events = []
    for target in read_plan(options, cause).targets:
        said = {name: value for name, value in target.event.client_payload.items() if name != RESERVED_KEY}
        events.append((str(target.repository), target.event.event_type, said))
    return fingerprint(events)


def _request(call: Call) -> dict[str, t.Any] | None:
    """Return the request, from where it comes."""
    env = call.desk.streams.env
    path = call.arguments.get("request_file") or env.get("INFRADISPATCH_REQUEST_FILE")
    if call.positional is not None:
        if call.positional != "-":
            raise InvalidInput("send takes no word but -.", "Name a file by --request-file.")
        if path:
            raise InvalidInput("- and --request-file are given together.", "Give one of them.")
        path = "-"
    if path:
        source = "standard input" if path == "-" else "--request-file"
        return read_request(call.inputs.file(path, source), source, NAMES, SECRETS)
    text = env.get(REQUEST_VARIABLE)
    return read_request(text, REQUEST_VARIABLE, NAMES, SECRETS) if text else None


def with_payload(call: Call, options: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the options with the payload of a file in its place.

    :raises InvalidInput: when it is given twice.
    """
    path = options.get("client_payload_file")
    if path is None:
        return options
    if options.get("client_payload") is not None:
        raise InvalidInput("client_payload and client_payload_file are given together.", "Give one of them.")
    return {**options, "client_payload": call.inputs.file(path, "--client-payload-file").removeprefix("\ufeff")}
