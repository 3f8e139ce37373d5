# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What platforms post."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import Changes
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.changes.terraform_documents import (
    CANARY,
    counts,
    plan,
    read,
    resource,
)

RUN = {
    "payload_version": 1, "notification_configuration_id": "nc-1",
    "run_url": "https://app.terraform.io/app/o/w/runs/run-1",
    "run_id": "run-1",
    "run_message": CANARY, "workspace_id": "ws-1", "workspace_name": "prod", "organization_name": "o",
}  # fmt: skip
DRIFTED = {
    "payload_version": "2", "notification_configuration_id": "nc-1", "trigger_scope": "assessment",
    "trigger": "assessment:drifted", "message": CANARY,
    "details": {
        "new_assessment_result": {"id": "asmtres-1",
                                  "url": "https://app.terraform.io/api/v2/assessment-results/asmtres-1",
                                  "succeeded": True, "drifted": True, "resources_drifted": 4,
                                  "resources_undrifted": 55},
        "prior_assessment_result": {"drifted": False}, "workspace_id": "ws-1", "workspace_name": "prod",
    },
}  # fmt: skip


def hcp(trigger: str, status: str, **more: t.Any) -> Changes:
    note = {"trigger": trigger, "run_status": status, "message": CANARY, "run_updated_by": CANARY}
    return clean(read({**RUN, "notifications": [note], **more}))


def clean(found: Changes) -> Changes:
    assert CANARY not in repr(found)
    return found


@pytest.mark.parametrize(
    ("trigger", "status", "kind", "conditions"),
    [
        ("run:created", "pending", "unchanged", ()),
        ("run:planning", "planning", "unchanged", ()),
        ("run:needs_attention", "planned", "planned", ("change",)),
        ("run:applying", "applying", "unchanged", ()),
        ("run:completed", "applied", "applied", ("change",)),
        ("run:completed", "planned_and_finished", "unchanged", ()),
        ("run:errored", "errored", "failed", ("failed",)),
        ("run:errored", "canceled", "failed", ("failed",)),
        ("assessment:drifted", "", "drift", ("drift",)),
        ("assessment:failed", "", "failed", ("failed",)),
        ("verification", "", "unchanged", ()),
    ],
)
def test_notifications_of_hcp_terraform(trigger: str, status: str, kind: str, conditions: tuple[str, ...]) -> None:
    found = hcp(trigger, status)
    assert (found.source, found.kind, found.conditions) == ("hcp", kind, conditions)
    assert found.about == {"workspace": "prod", "name": "prod", "url": RUN["run_url"]}
    assert found.evidence.changes == []


def test_two_runs_are_two_changes_and_the_same_drift_is_one() -> None:
    one, two = hcp("run:completed", "applied"), hcp("run:completed", "applied", run_id="run-2")
    assert one.evidence.key != two.evidence.key
    assert one.evidence.key == hcp("run:completed", "applied", run_message="other").evidence.key
    drift = read(DRIFTED)
    again = json.loads(json.dumps(DRIFTED).replace("asmtres-1", "asmtres-2"))
    assert drift.evidence.key == read(again).evidence.key != ""


def test_an_assessment_has_numbers_and_a_link() -> None:
    found = clean(read(DRIFTED))
    assert (found.kind, counts(found)) == ("drift", {"drift": 4})
    assert found.about["url"].endswith("asmtres-1")
    assert "names no resources" in found.warnings[0]


@pytest.mark.parametrize(
    ("kind", "attributes", "expected"),
    [
        ("assessment-results", {"drifted": True, "succeeded": True}, "drift"),
        ("assessment-results", {"drifted": False, "succeeded": True}, "unchanged"),
        ("assessment-results", {"drifted": False, "succeeded": False, "error-msg": CANARY}, "failed"),
        (
            "plans",
            {"has-changes": True, "status": "finished", "resource-additions": 1, "resource-destructions": 2},
            "planned",
        ),
        ("plans", {"has-changes": False, "status": "finished", "resource-additions": 0}, "unchanged"),
        ("plans", {"status": "errored"}, "failed"),
        ("runs", {"has-changes": True, "status": "applied", "terraform-version": "1.9.0"}, "applied"),
        ("runs", {"has-changes": False, "status": "planned"}, "unchanged"),
        ("runs", {"has-changes": True, "status": "planned"}, "planned"),
    ],
)
def test_documents_of_the_api(kind: str, attributes: dict[str, t.Any], expected: str) -> None:
    found = clean(read({"data": {"id": "x-1", "type": kind, "attributes": attributes}}))
    assert found.kind == expected
    if "resource-destructions" in attributes:
        assert counts(found) == {"add": 1, "destroy": 2}
        assert found.conditions == ("change", "destroy")


def test_the_plan_of_an_assessment_is_a_plan() -> None:
    found = clean(read(plan(drift=[resource("aws_x.y", "update")]), source="hcp"))
    assert (found.source, found.kind, found.conditions) == ("hcp", "drift", ("drift",))


ATLANTIS = {
    "Workspace": "default",
    "Repo": {"FullName": "acme/site", "Owner": "acme", "CloneURL": f"https://u:{CANARY}@github.com/acme/site.git"},
    "Pull": {"Num": 1, "HeadCommit": "8ed0280678d49d42cd286610aabcfceb5bb673c6",
             "URL": "https://github.com/acme/site/pull/1",
             "HeadBranch": "topic", "Author": CANARY},
    "User": {"Username": CANARY}, "Success": True, "Directory": "terraform/example", "ProjectName": "example",
}  # fmt: skip


def test_an_apply_of_atlantis() -> None:
    found = clean(read(ATLANTIS))
    assert (found.source, found.kind, found.conditions) == ("atlantis", "applied", ("change",))
    assert found.about == {
        "workspace": "default", "name": "example", "repository": "acme/site", "ref": "topic",
        "url": "https://github.com/acme/site/pull/1", "sha": "8ed0280678d49d42cd286610aabcfceb5bb673c6",
    }  # fmt: skip
    failed = clean(read({**ATLANTIS, "Success": False, "Pull": {"HeadCommit": "not one"}}))
    assert (failed.kind, failed.conditions, "sha" in failed.about) == ("failed", ("failed",), False)
    assert failed.evidence.key != found.evidence.key


@pytest.mark.parametrize(
    ("said", "kind", "number"),
    [({"HasDrift": True}, "drift", 1), ({"Drifted": False}, "unchanged", 0), ({"ProjectsWithDrift": 3}, "drift", 3)],
)
def test_drift_of_atlantis(said: dict[str, t.Any], kind: str, number: int) -> None:
    found = clean(read({**ATLANTIS, **said}))
    assert (found.kind, found.evidence.summary["drift"]) == (kind, number)


SPACELIFT = {
    "account": "acme", "state": "FINISHED", "stateVersion": 4, "timestamp": 1596979684,
    "run": {
        "id": "01EF", "branch": "main", "type": "TRACKED", "triggeredBy": CANARY,
        "url": "https://acme.app.spacelift.io/x?token=y",
        "commit": {"authorLogin": CANARY, "hash": "0ee3a3b7266daf5a1d44a193a0f48ce995fa75eb", "message": CANARY},
        "delta": {"added": 1, "changed": 2, "deleted": 3, "resources": 40},
    },
    "stack": {"id": "stack-1", "name": "Stack", "description": CANARY},
}  # fmt: skip


def spacelift(state: str = "FINISHED", **run: t.Any) -> Changes:
    return clean(read({**SPACELIFT, "state": state, "run": {**t.cast("dict[str, t.Any]", SPACELIFT["run"]), **run}}))


@pytest.mark.parametrize(
    ("state", "run", "kind"),
    [
        ("FINISHED", {}, "applied"),
        ("FINISHED", {"type": "PROPOSED"}, "planned"),
        ("UNCONFIRMED", {}, "planned"),
        ("FINISHED", {"delta": {"added": 0, "changed": 0, "deleted": 0, "resources": 9}}, "unchanged"),
        ("FINISHED", {"delta": None}, "unchanged"),
        ("FAILED", {}, "failed"),
        ("STOPPED", {"delta": None}, "failed"),
        ("FINISHED", {"driftDetection": True, "type": "PROPOSED"}, "drift"),
        ("FINISHED", {"drift_detection": True, "delta": None}, "unchanged"),
    ],
)
def test_webhooks_of_spacelift(state: str, run: dict[str, t.Any], kind: str) -> None:
    found = spacelift(state, **run)
    assert (found.source, found.kind) == ("spacelift", kind)
    assert found.about["url"] == "https://acme.app.spacelift.io/x"
    if kind == "applied":
        assert counts(found) == {"add": 1, "change": 2, "destroy": 3}


def test_changes_of_spacelift_have_addresses() -> None:
    changes = [
        {
            "action": "added",
            "entity": {"address": "aws_x.y", "type": "aws_x", "entity_type": "resource", "data": CANARY},
        },
        {"action": "deleted", "entity": {"address": "aws_x.z", "type": "aws_x"}},
        {"action": "changed", "entity": {"address": "o", "type": "output", "entity_type": "output"}},
        {"action": "added", "entity": {"address": "module.m", "entity_type": "module"}},
        {"action": "turned", "entity": {"address": "aws_x.w", "type": "aws_x"}},
    ]
    found = clean(
        read(
            {"run_updated": {"state": "FINISHED", "run": {"changes": changes, "type": "TRACKED"}, "stack": {"id": "s"}}}
        )
    )
    assert counts(found) == {"add": 1, "destroy": 1, "other": 1}
    assert [entry["address"] for entry in found.evidence.changes] == ["aws_x.z", "aws_x.w", "o", "aws_x.y"]


@pytest.mark.parametrize("source", ["hcp", "atlantis", "spacelift"])
@pytest.mark.parametrize("document", [{}, {"x": CANARY}, {"run": 1, "stack": 2}, {"data": [1]}])
def test_what_is_no_document_of_the_platform_is_refused(source: str, document: dict[str, t.Any]) -> None:
    with pytest.raises(InvalidInput, match="no document") as caught:
        read(document, source=source)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://u:p@x/", 7, "ftp://x", ""])
def test_a_link_that_is_none_is_left_out(url: t.Any) -> None:
    assert "url" not in hcp("run:completed", "applied", run_url=url).about


@pytest.mark.parametrize(
    "broken", [{"notifications": None}, {"notifications": [1]}, {"workspace_name": 3}, {"run_id": None}]
)
def test_members_of_other_types_do_no_harm(broken: dict[str, t.Any]) -> None:
    note = {"trigger": "run:completed", "run_status": "applied"}
    assert read({**RUN, "notifications": [note], **broken}).source == "hcp"
