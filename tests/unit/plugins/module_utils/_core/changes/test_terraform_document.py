# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan comes to, whichever way it is read: as text, with or without msgspec, or parsed already."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import Changes, classify_plan
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.changes.terraform_documents import (
    CANARY,
    counts,
    plan,
    read,
    resource,
)

ADDRESS = 'module.a["x"].aws_x.y'


def both(document: dict[str, t.Any], **options: t.Any) -> Changes:
    """Read a plan as text and as parsed JSON; both come to the same."""
    found = read(document, **options)
    assert classify_plan(document, **options) == found
    assert CANARY not in repr(found)
    return found


@pytest.mark.parametrize(
    ("change", "expected", "conditions"),
    [
        (resource(ADDRESS, "no-op"), {"no_op": 1}, ()),
        (resource("data.aws_x.y", "read", mode="data", action_reason="read_because_check_nested"), {"read": 1}, ()),
        (resource(ADDRESS, "create"), {"add": 1}, ("change",)),
        (resource(ADDRESS, "update"), {"change": 1}, ("change",)),
        (resource(ADDRESS, "delete"), {"destroy": 1}, ("change", "destroy")),
        (resource(ADDRESS, "delete", deposed="00aa11bb"), {"destroy": 1}, ("change", "destroy")),
        (resource(ADDRESS, "delete", "create"), {"add": 1, "destroy": 1, "replace": 1}, ("change", "destroy")),
        (resource(ADDRESS, "create", "delete"), {"add": 1, "destroy": 1, "replace": 1}, ("change", "destroy")),
        (resource(ADDRESS, "forget", action_reason="delete_because_no_resource_config"), {"forget": 1}, ("change",)),
        (resource(ADDRESS, "create", "forget"), {"add": 1, "forget": 1}, ("change",)),
        (resource(ADDRESS, "no-op", previous_address="aws_x.old"), {"no_op": 0, "move": 1}, ("change",)),
        (resource(ADDRESS, "update", previous_address="aws_x.old"), {"change": 1, "move": 1}, ("change",)),
        (resource(ADDRESS, "no-op", change={"importing": {"id": CANARY}}), {"import": 1}, ("change",)),
        (resource(ADDRESS, "update", change={"importing": {"id": CANARY}}), {"change": 1, "import": 1}, ("change",)),
        (resource(ADDRESS, "explode"), {"other": 1}, ("change",)),
        (resource(ADDRESS, "create", "update", "delete"), {"other": 1}, ("change",)),
        (resource(ADDRESS), {"other": 1}, ("change",)),
        ({"address": ADDRESS}, {"other": 1}, ("change",)),
        ({"address": ADDRESS, "change": {"actions": "create"}}, {"other": 1}, ("change",)),
        ({"address": ADDRESS, "change": {"actions": [7]}}, {"other": 1}, ("change",)),
        ({"address": None, "mode": None, "type": 3, "change": {"actions": ["create"]}}, {"add": 1}, ("change",)),
        ("nonsense", {"other": 1}, ("change",)),
    ],
)  # fmt: skip
def test_every_action_is_counted_for_what_it_is(
    change: t.Any, expected: dict[str, int], conditions: tuple[str, ...]
) -> None:
    found = both(plan(change))
    assert counts(found) == {name: number for name, number in expected.items() if number}
    assert found.conditions == conditions
    assert found.kind == ("planned" if conditions else "unchanged")
    assert found.matched is bool(conditions)
    assert found.evidence.summary["has_changes"] is bool(conditions)
    assert any("not known" in warning for warning in found.warnings) is ("other" in expected)
    assert len(found.evidence.changes) == bool(conditions)
    assert bool(found.evidence.key) is bool(conditions)


def test_an_entry_has_address_type_actions_and_what_explains_them() -> None:
    found = both(plan(resource(ADDRESS, "delete", "create", deposed="00aa", action_reason="replace_by_request",
                               previous_address="aws_x.z", module_address='module.a["x"]')))  # fmt: skip
    entry = {"address": ADDRESS, "type": "aws_x", "actions": ["delete", "create"], "previous_address": "aws_x.z",
             "deposed": "00aa", "reason": "replace_by_request"}  # fmt: skip
    assert found.evidence.changes == [entry]
    assert found.evidence.summary["modules"] == {"module.a": {"add": 1, "destroy": 1, "replace": 1, "move": 1}}
    assert found.about == {"terraform_version": "1.11.4", "format_version": "1.2"}


@pytest.mark.parametrize("actions", [["create"], ["update"], ["delete"], ["no-op"], ["strange"]])
def test_outputs_change_without_a_resource(actions: list[str]) -> None:
    found = both(plan(resource("aws_x.y", "no-op"), output_changes={"o": {"actions": actions, "after": CANARY}}))
    changes = actions != ["no-op"]
    assert found.conditions == (("change",) if changes else ())
    assert found.evidence.summary["outputs"] == changes
    assert [entry["address"] for entry in found.evidence.changes] == (["output.o"] if changes else [])


def test_deferred_changes_and_invocations_are_counted_and_told() -> None:
    deferred = {"reason": "provider_config_unknown", "resource_change": resource("aws_x.y", "create")}
    found = both(plan(deferred_changes=[deferred], complete=False, resource_changes=[],
                      action_invocations=[{"address": "action.a.b", "config_values": {"x": CANARY}}]))  # fmt: skip
    assert counts(found) == {"deferred": 1, "action_invocations": 1}
    assert found.conditions == ("change",)
    assert found.evidence.changes[0]["reason"] == "provider_config_unknown"
    assert found.evidence.changes[0]["deferred"] is True
    assert ["incomplete" in warning for warning in found.warnings] == [True]


def test_an_errored_plan_failed_whatever_it_holds() -> None:
    found = both(plan(resource("aws_x.y", "create"), errored=True))
    assert (found.kind, found.conditions, found.matched) == ("failed", ("change", "failed"), True)
    assert "could not finish" in found.warnings[0]
    assert not both(plan(errored=True)).matched
    assert both(plan(errored=True), on="failed").matched


DRIFT = resource("aws_x.y", "update")


def test_a_refresh_only_plan_has_all_its_drift_and_the_same_key_again() -> None:
    found = both(plan(drift=[DRIFT, resource("aws_x.z", "delete")]))
    assert (found.kind, found.conditions) == ("drift", ("drift",))
    assert counts(found) == {"drift": 2}
    assert [entry["drift"] for entry in found.evidence.changes] == [True, True]
    again = both(plan(drift=[resource("aws_x.z", "delete"), DRIFT], timestamp="later", terraform_version="1.15.5"))
    assert again.evidence.key == found.evidence.key
    assert both(plan(drift=[DRIFT])).evidence.key != found.evidence.key


@pytest.mark.parametrize(
    "noise",
    [
        resource("aws_x.z", "no-op"),
        resource("aws_x.z", "no-op", previous_address="aws_x.old"),
        resource("aws_x.z", "update", change={"before": {"a": 1}, "after": {"a": 1}}),
    ],
)
def test_drift_that_differs_in_nothing_is_none(noise: dict[str, t.Any]) -> None:
    found = both(plan(drift=[noise]))
    assert (found.kind, counts(found)) == ("unchanged", {"drift_ignored": 1})


@pytest.mark.parametrize("reverse", [False, True])
def test_drift_in_a_plan_counts_where_it_leads_to_a_change(reverse: bool) -> None:
    document = plan(
        resource("aws_x.y", "update"), resource("aws_x.quiet", "no-op"),
        drift=[DRIFT, resource("aws_x.quiet", "update"), resource("aws_x.read", "update")],
        relevant_attributes=[{"resource": "aws_x.read", "attribute": ["id"]}],
    )  # fmt: skip
    found = both(dict(reversed(document.items())) if reverse else document)
    assert counts(found) == {"change": 1, "no_op": 1, "drift": 2, "drift_ignored": 1}
    assert found.conditions == ("change", "drift")


@pytest.mark.parametrize(
    ("on", "kind", "matched"),
    [
        (("change", "drift"), "drift", True),
        ("change", "planned", True),
        ("destroy", "planned", False),
        ("always", "drift", True),
        ("drift, destroy", "drift", True),
    ],
)
def test_the_kind_is_the_most_severe_that_was_asked_for(on: t.Any, kind: str, matched: bool) -> None:
    found = both(plan(resource("aws_x.y", "update"), drift=[DRIFT]), on=on)
    assert (found.kind, found.matched) == (kind, matched)


@pytest.mark.parametrize("version", ["2.0", "10.1", "", None, 1, "x"])
def test_an_unknown_format_is_refused(version: t.Any) -> None:
    for reader in (read, classify_plan):
        with pytest.raises(InvalidInput, match="format"):
            reader(plan(resource("a.b", "create"), format_version=version))


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.99"])
def test_a_known_format_is_taken(version: str) -> None:
    assert both(plan(resource("a.b", "create"), format_version=version)).kind == "planned"


def test_a_state_and_other_things_are_no_plan() -> None:
    with pytest.raises(InvalidInput, match="state"):
        read({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"x": CANARY}})
    with pytest.raises(InvalidInput, match="no object"):
        classify_plan(t.cast("t.Any", [1]))
    assert both({"format_version": "1.2", "planned_values": {}}).kind == "unchanged"


def test_lists_of_other_types_are_empty() -> None:
    assert both(plan(resource_changes=None, resource_drift={}, output_changes=None, complete="x")).kind == "unchanged"
    assert both(plan(resource_changes=7, output_changes=[1], terraform_version={"a": []})).about.keys() == {
        "format_version"
    }


@given(st.data())
def test_the_key_knows_neither_order_nor_time_nor_version(data: st.DataObject) -> None:
    actions = st.sampled_from([("create",), ("update",), ("delete",), ("delete", "create"), ("forget",)])
    chosen = data.draw(st.dictionaries(st.integers(0, 30), actions, min_size=1, max_size=6))
    changes = [resource(f"aws_x.y[{number}]", *words) for number, words in chosen.items()]
    first = classify_plan(plan(*changes)).evidence
    again = classify_plan(plan(*data.draw(st.permutations(changes)), timestamp="x", terraform_version="9.9.9")).evidence
    assert again.key == first.key
    assert again.changes == first.changes
    other = [*changes[:-1], resource("aws_x.other", "create")]
    assert classify_plan(plan(*other)).evidence.key != first.key
    assert classify_plan(plan(*changes[:-1], resource("a.b", "no-op"))).evidence.key != first.key


def test_keys_of_for_each_are_kept_dropped_or_hashed() -> None:
    document = plan(resource(f'aws_x.y["{CANARY}"]', "create"), resource("aws_x.n[3]", "create"))
    shown = {how: [entry["address"] for entry in classify_plan(document, addresses=how).evidence.changes]
             for how in ("keep", "drop", "hash")}  # fmt: skip
    assert shown["keep"] == [f'aws_x.y["{CANARY}"]', "aws_x.n[3]"][::-1]
    assert shown["drop"] == ["aws_x.n[3]", "aws_x.y[...]"]
    assert shown["hash"][1].startswith('aws_x.y["sha256:')
    assert CANARY not in json.dumps([shown["drop"], shown["hash"]])
    keys = {classify_plan(document, addresses=how).evidence.key for how in ("keep", "drop", "hash")}
    assert len(keys) == 3


@pytest.mark.parametrize("options", [{"source": "jenkins"}, {"addresses": "some"}, {"on": ("change", "much")}])
def test_a_choice_that_is_none_is_refused(options: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidInput, match="can't be"):
        read(plan(), **options)


def test_more_changes_than_fit_are_counted_exactly_and_the_worst_are_listed() -> None:
    changes = [resource(f"module.m{n % 99}.aws_x.y[{n}]", "create") for n in range(5000)]
    found = classify_plan(plan(*changes, *(resource(f"aws_x.d[{n}]", "delete") for n in range(7))))
    assert counts(found) == {"add": 5000, "destroy": 7}
    assert len(found.evidence.changes) + found.evidence.omitted == 5007
    assert [entry["actions"] for entry in found.evidence.changes[:8]] == [["delete"]] * 7 + [["create"]]
    modules = found.evidence.summary["modules"]
    assert sum(of.get("add", 0) for of in modules.values()) == 5000
    assert len(modules) == 41
