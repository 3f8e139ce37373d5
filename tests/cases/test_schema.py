# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published schema of the envelope: what is sent keeps to it, and it refuses what is wrong."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import jsonschema
import pytest
from cases.support.world import World

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import classify_plan
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.plan import read_plan
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import (
    KINDS,
    SCHEMA,
    Evidence,
    Origin,
    make_event,
    new_id,
)
from ansible_collections.infradispatch.github.plugins.module_utils._module import cause_of

PATH = Path(__file__).resolve().parents[2] / "docs" / "schema" / "dispatch-1.schema.json"
CONTENT = json.loads(PATH.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(CONTENT)
FULL_ORIGIN = Origin("ansible", "site.yml", "acme/infra", "refs/heads/main", "0" * 40, "https://example.com/1")
EVIDENCE = Evidence(
    "sha256:" + "a" * 64, {"hosts": {"ok": 3, "changed": 1}, "check": False}, [{"task": "Render", "host": "web1"}]
)


CUSTOM = {"kind": "custom", "evidence": None, "source_details": None}


def envelope_of(payload: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The envelope as a receiver gets it: through JSON."""
    return json.loads(json.dumps(payload))["dispatch"]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(CONTENT)


def test_the_schema_knows_the_kinds_and_the_version_of_the_code() -> None:
    assert tuple(CONTENT["properties"]["kind"]["enum"]) == KINDS
    assert CONTENT["properties"]["schema"]["const"] == SCHEMA
    assert set(CONTENT["properties"]["source"]["properties"]) == set(Origin._fields)


def test_an_event_that_arrived_keeps_to_it(world: World) -> None:
    """The whole way: what the local GitHub accepted."""
    world.run(world.by_app(event_type="infra-changed", client_payload={"service": "web"}))
    accepted = world.github.events("acme/site")[-1]
    VALIDATOR.validate(envelope_of(accepted.client_payload or {}))


@pytest.mark.parametrize("payload", [None, {}, {"a": [1, {"b": None}]}, '{"text": "of JSON"}'])
def test_every_event_of_a_task_keeps_to_it(payload: t.Any) -> None:
    options = {"repositories": ["acme/site", "acme/audit"], "event_type": "x", "client_payload": payload}
    for target in read_plan(options, cause_of({**CUSTOM, **options})).targets:
        VALIDATOR.validate(envelope_of(target.event.client_payload))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [0, 1, 3000], ids=["no change", "one change", "too many changes"])
def test_events_with_evidence_keep_to_it(kind: str, count: int) -> None:
    evidence = EVIDENCE._replace(changes=[*EVIDENCE.changes] * count)
    event = make_event("x", {"user": "data"}, FULL_ORIGIN, dispatch_id=new_id(), kind=kind, evidence=evidence)
    envelope = envelope_of(event.client_payload)
    VALIDATOR.validate(envelope)
    assert ("truncated" in envelope) == (count == 3000)


@pytest.mark.parametrize("count", [0, 1, 5000], ids=["no change", "one change", "more than a list holds"])
def test_events_of_what_terraform_found_keep_to_it(count: int) -> None:
    """As module and filter return it, and as the options of an event take it."""
    change = {"mode": "managed", "type": "aws_x", "change": {"actions": ["update"]}}
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [{"address": f"aws_x.y[{number}]", **change} for number in range(count)],
    }
    found = classify_plan(plan, on="always").as_dict()
    options = {"repository": "acme/site", **{name: found[name] for name in ("event_type", "kind", "evidence")}}
    (target,) = read_plan(options, cause_of({**options, "source_details": found["source_details"]})).targets
    envelope = envelope_of(target.event.client_payload)
    VALIDATOR.validate(envelope)
    assert envelope["source"] == {"tool": "terraform", "version": "1.11.4"}
    listed, cut = len(envelope.get("changes", [])), envelope.get("truncated", {}).get("changes", 0)
    assert (listed + cut, envelope["summary"]["change"]) == (count, count)


FULL = envelope_of(
    make_event("x", {}, FULL_ORIGIN, dispatch_id=new_id(), kind="changed", evidence=EVIDENCE).client_payload
)

#: Path in the envelope, and a value that must not stand there (``...``: taken away).
WRONG: list[tuple[str, t.Any]] = [
    ("schema", 2),
    ("schema", "1"),
    ("schema", ...),
    ("id", "8AB3" * 8),
    ("id", "a" * 31),
    ("id", "a" * 33),
    ("id", 7),
    ("id", ...),
    ("kind", "Changed"),
    ("kind", ...),
    ("key", "md5:" + "a" * 32),
    ("source", "ansible"),
    ("source", ...),
    ("source.tool", "puppet"),
    ("source.tool", ...),
    ("source.name", ""),
    ("source.user", "octocat"),
    ("source.sha", "main"),
    ("summary", [1]),
    ("summary.hosts", "three"),
    ("summary.hosts.ok", None),
    ("changes", {}),
    ("changes", ["text"]),
    ("truncated", True),
    ("truncated", {"changes": 0}),
    ("truncated", {"changes": 1, "summary": 1}),
    ("token", "secret"),
]


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_what_is_wrong_is_refused(path: str, value: t.Any) -> None:
    envelope = copy.deepcopy(FULL)
    VALIDATOR.validate(envelope)
    *folders, name = path.split(".")
    place = envelope
    for folder in folders:
        place = place[folder]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(envelope)


def test_a_count_of_what_was_cut_needs_what_was_kept() -> None:
    envelope = {**FULL, "truncated": {"changes": 5}}
    VALIDATOR.validate(envelope)
    del envelope["changes"]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(envelope)
