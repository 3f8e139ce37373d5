# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class J: plans of real Terraform, with every action it has without a provider (P39), and with secrets (P40).

The documents are made anew by each Terraform of this machine, and are there as files for machines that have none.
"""

from __future__ import annotations

import functools
import io
import json
import typing as t
from pathlib import Path

import jsonschema
import pytest
from terraform.documents.make import HERE, documents
from terraform.support.terraform import ROOT, find_all

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import (
    Changes,
    classify_plan,
    read_changes,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform_markdown import markdown
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Origin, make_event

CANARIES = ("ZZ-CANARY-2", "ZZ-CANARY-3")
KEY = "ZZ-KEY-1"
SCHEMA = json.loads((ROOT / "docs" / "schema" / "dispatch-1.schema.json").read_text("utf-8"))
Documents = t.Mapping[str, bytes]


@functools.lru_cache
def _made(program: str, folder: Path) -> Documents:
    return documents(folder, program)


@pytest.fixture(params=["files", "oldest", "newest"], scope="module")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Documents:
    """Return the documents by their names: the files, and those that Terraform makes now."""
    if request.param == "files":
        return {path.name: path.read_bytes() for path in HERE.glob("*.json")}
    found = find_all(tmp_path_factory.mktemp("programs"))
    if not found or (request.param == "newest" and len(found) < 2):
        pytest.skip("There is no such Terraform.")
    program = found[0 if request.param == "oldest" else -1].program
    return _made(program, tmp_path_factory.mktemp("documents"))


def read(text: bytes, **options: t.Any) -> Changes:
    return read_changes(io.BytesIO(text), **options)


def both(made: Documents, name: str) -> tuple[Changes, Changes]:
    """Read the document and the stream of one plan."""
    document, stream = read(made[f"{name}.json"]), read(made[f"{name}.stream.json"])
    assert (document.source, stream.source) == ("plan", "plan_stream")
    assert classify_plan(json.loads(made[f"{name}.json"])) == document
    assert (document.kind, document.conditions) == (stream.kind, stream.conditions)
    return document, stream


def counts(found: Changes, *but: str) -> dict[str, int]:
    """Return the counts that are not zero."""
    numbers = {name: n for name, n in found.evidence.summary.items() if n and not isinstance(n, (bool, dict))}
    return {name: n for name, n in numbers.items() if name not in but}


def payload(found: Changes) -> str:
    """Return the event that would be sent, which the schema allows."""
    event = make_event("x", {}, Origin("terraform"), dispatch_id="0" * 32, kind=found.kind, evidence=found.evidence)
    jsonschema.validate(event.client_payload["dispatch"], SCHEMA)
    return event.body.decode()


@pytest.mark.parametrize(
    ("name", "expected", "conditions"),
    [
        ("create", {"add": 6}, ("change",)),
        ("moves", {"move": 1, "import": 1, "forget": 1}, ("change",)),
        ("moves-again", {}, ()),
        ("replaces", {"add": 3, "change": 1, "destroy": 4, "replace": 2}, ("change", "destroy")),
        ("destroy", {"destroy": 5}, ("change", "destroy")),
        ("secret", {"add": 1, "outputs": 2}, ("change",)),
        ("output", {"outputs": 1}, ("change",)),
        ("check", {"add": 1, "read": 1}, ("change",)),
        ("check-again", {"read": 1}, ()),
        ("refresh-only", {}, ()),
    ],
)
def test_p39_every_plan_is_counted_for_what_it_does(
    made: Documents, name: str, expected: dict[str, int], conditions: tuple[str, ...]
) -> None:
    document, stream = both(made, name)
    assert counts(document, "no_op") == counts(stream) == expected
    assert document.conditions == conditions
    assert document.evidence.summary["has_changes"] is bool(conditions)
    assert document.matched is bool(conditions)
    assert document.kind == ("planned" if conditions else "unchanged")
    assert document.warnings == stream.warnings == ()
    if name != "replaces":  # a stream does not tell in which order
        assert document.evidence.key == stream.evidence.key
    payload(document)
    payload(stream)


def test_p39_a_forgotten_resource_is_never_destroyed(made: Documents) -> None:
    found = read(made["moves.json"])
    gone = [entry for entry in found.evidence.changes if entry["actions"] == ["forget"]]
    assert [entry["address"] for entry in gone] == ["terraform_data.gone"]
    assert found.evidence.summary["destroy"] == 0
    assert "destroy" not in found.conditions
    assert found.evidence.changes[0] == gone[0]


def test_p39_both_orders_of_a_replacement_are_told_apart_and_counted_alike(made: Documents) -> None:
    actions = {entry["address"]: entry["actions"] for entry in read(made["replaces.json"]).evidence.changes}
    assert actions["terraform_data.replaced"] == ["delete", "create"]
    assert actions["terraform_data.before"] == ["create", "delete"]


def test_p39_words_that_nobody_knows_yet_are_counted_with_a_warning(made: Documents) -> None:
    plan = json.loads(made["create.json"])
    plan["resource_changes"][0]["change"]["actions"] = ["teleport"]
    found = classify_plan(plan)
    assert counts(found) == {"add": 5, "other": 1}
    assert found.evidence.changes[0]["actions"] == ["teleport"]
    assert len(found.warnings) == 1
    payload(found)


@pytest.mark.parametrize(
    ("name", "expected", "kind"),
    [
        ("create-apply", {"add": 6}, "applied"),
        ("moves-apply", {"import": 1, "forget": 1}, "applied"),
        ("replaces-apply", {"add": 3, "change": 1, "destroy": 4}, "applied"),
        ("check-apply", {"add": 1}, "applied"),
        ("fails-apply", {"add": 1, "failed": 1}, "failed"),
    ],
)
def test_applies_are_what_they_did(made: Documents, name: str, expected: dict[str, int], kind: str) -> None:
    found = read(made[f"{name}.stream.json"])
    assert (found.source, found.kind, counts(found)) == ("apply_stream", kind, expected)
    payload(found)


def test_a_failed_apply_names_what_failed_and_the_end_of_nothing(made: Documents) -> None:
    found = read(made["fails-apply.stream.json"])
    assert [(entry["address"], "failed" in entry) for entry in found.evidence.changes] == [
        ("terraform_data.broken", True),
        ("terraform_data.fine", False),
    ]
    cut = read(made["create-apply.stream.json"][:-700])
    assert cut.kind == "failed"


def test_an_errored_plan_is_no_plan_without_changes(made: Documents) -> None:
    found = read(made["errored.stream.json"])
    assert (found.kind, found.conditions, found.matched) == ("failed", ("failed",), False)


def test_p40_no_value_gets_out_of_any_document(made: Documents) -> None:
    seen = 0
    for name, text in made.items():
        seen += any(canary.encode() in text for canary in CANARIES)
        found = read(text)
        told = [payload(found), markdown(found), repr(found)]
        assert not [canary for canary in CANARIES if any(canary in shown for shown in told)], name
    assert seen >= 3


def test_p40_keys_of_for_each_are_dropped_or_hashed(made: Documents) -> None:
    for name in ("create.json", "create.stream.json", "create-apply.stream.json"):
        assert KEY in payload(read(made[name]))
        for addresses in ("drop", "hash"):
            found = read(made[name], addresses=addresses)
            assert KEY not in payload(found) + markdown(found) + repr(found)
            assert counts(found) == counts(read(made[name]))


def test_p40_marks_of_any_form_or_none_make_no_difference(made: Documents) -> None:
    plan = json.loads(made["secret.json"])
    expected = classify_plan(plan)
    for mark in (True, False, {}, {"input": True}, [], None, "gone"):
        for change in plan["resource_changes"]:
            for name in ("before_sensitive", "after_sensitive"):
                change["change"][name] = mark
                if mark == "gone":
                    del change["change"][name]
        found = classify_plan({**plan, "format_version": "0.1"})
        assert (found.evidence, found.conditions) == (expected.evidence, expected.conditions)


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.99])
def test_p40_a_plan_that_cannot_be_parsed_is_not_shown(made: Documents, cut: float) -> None:
    text = made["secret.json"]
    for broken in (text[: int(len(text) * cut)], text.replace(b'"after":', b'"after"!', 1)):
        for source in ("auto", "plan"):
            with pytest.raises(InvalidInput) as caught:
                read(broken, source=source)
            shown = str(caught.value) + repr(caught.value.as_dict()) + repr(caught.value.__cause__)
            assert not [canary for canary in CANARIES if canary in shown]
