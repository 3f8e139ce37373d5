# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`plan`, from a document to the event."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import Console, Done
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import DISPATCHES
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import Answer, Stub


def _plan(changes: t.Sequence[t.Sequence[str]] = (), drift: bool = False) -> bytes:
    """Return the document of a plan with one change for each list of actions."""
    entries = [
        {
            "address": f"terraform_data.it[{json.dumps(f'key|{number}')}]",
            "mode": "managed",
            "type": "terraform_data",
            "name": "it",
            "provider_name": "terraform.io/builtin/terraform",
            "change": {"actions": actions, "before": {"input": 1}, "after": {"input": 2}},
        }
        for number, actions in enumerate(changes)
    ]
    drifted = [{**entries[0], "change": {**entries[0]["change"], "actions": ["update"]}}] if drift else []
    document = {"format_version": "1.2", "terraform_version": "1.11.4", "complete": True, "errored": False}
    # A plan with -refresh-only has drift, and no changes.
    found = {"resource_drift": drifted} if drift else {"resource_changes": entries}
    return json.dumps({**document, **found}).encode()


UPDATE, REPLACE = ["update"], ["delete", "create"]


def run(console: Console, *words: str, plan: bytes, **env: str) -> Done:
    return console("plan", "-", "--repository", "acme/site", *words, stdin=plan, **env)


def test_what_was_found_is_sent(console: Console, stub: Stub) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    words = ("--output", "json", "--client-payload", '{"mine": 1}', "--source-name", "prod")
    done = run(console, *words, plan=_plan([UPDATE, REPLACE]))
    assert (done.status, done.value["outcome"]) == (0, "accepted")
    (body,) = stub.sent("POST", DISPATCHES)
    ours = body["client_payload"].pop("dispatch")
    assert body == {"event_type": "terraform-planned", "client_payload": {"mine": 1}}
    assert (ours["kind"], len(ours["key"]), len(ours["changes"])) == ("planned", 71, 2)
    assert ours["source"] == {"tool": "terraform", "name": "prod", "version": "1.11.4"}
    assert "input" not in json.dumps(ours)


def test_doubts_are_told(console: Console, stub: Stub) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    plan = _plan([UPDATE]).replace(b'"complete": true', b'"complete": false')
    assert "incomplete" in run(console, plan=plan).err


@pytest.mark.parametrize(
    ("plan", "words", "sent"),
    [
        (_plan([UPDATE]), [], "terraform-planned"),
        (_plan([UPDATE], drift=True), [], "terraform-drift"),
        (_plan([UPDATE, REPLACE]), ["--on", "destroy"], "terraform-planned"),
        (_plan(), ["--on=always"], "terraform-unchanged"),
        (_plan([UPDATE], drift=True), ["--on", "change", "--on", "drift"], "terraform-drift"),
        (_plan([["no-op"], ["read"]]), [], ""),
        (_plan([UPDATE]), ["--on", "drift,destroy"], ""),
    ],
)
def test_conditions(console: Console, stub: Stub, plan: bytes, words: list[str], sent: str) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    done = run(console, "--output", "json", *words, plan=plan)
    assert (done.status, done.value["outcome"]) == (0, "accepted" if sent else "unchanged")
    assert [body["event_type"] for body in stub.sent("POST", DISPATCHES)] == ([sent] if sent else [])


def test_a_dry_run_shows_the_event_and_asks_nobody(console: Console, stub: Stub) -> None:
    words = ("--dry-run", "--event-type", "own", "--from", "plan", "--address-keys", "drop")
    done = run(console, *words, plan=_plan([UPDATE]), GITHUB_TOKEN="")
    assert done.value["event_type"] == "own"
    ours = done.value["client_payload"]["dispatch"]
    assert (ours["kind"], "key|0" in json.dumps(ours)) == ("planned", False)
    assert stub.requests == []


def test_a_table_for_people(console: Console, stub: Stub) -> None:
    text = run(console, "--markdown", "--on", "drift", plan=_plan([UPDATE, REPLACE])).out
    assert text.startswith("### Terraform changes")
    assert text.count("terraform&#95;data.it") == 2
    assert "key|0" not in text
    assert stub.requests == []


def test_what_the_input_says_of_itself_is_where_it_comes_from(console: Console) -> None:
    note = {
        "payload_version": 1,
        "notification_configuration_id": "nc-1",
        "run_url": "https://app.terraform.io/app/acme/site/runs/run-1",
        "run_id": "run-1",
        "workspace_name": "site",
        "organization_name": "acme",
        "notifications": [{"message": "Run Applied", "trigger": "run:completed", "run_status": "applied"}],
    }
    ours = run(console, "--dry-run", "--on", "always", plan=json.dumps(note).encode()).value["client_payload"][
        "dispatch"
    ]
    assert ours["source"]["url"] == note["run_url"]
    assert ours["source"]["name"] == "site"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-", "--on", "never"], "on can't be 'never'"),
        (["-", "--from", "pulumi"], "from can't be 'pulumi'. Choose from auto, plan"),
        (["-", "--address-keys", "x"], "addresses can't be 'x'. Choose from keep, drop, hash"),
        (["-", "--source", "ansible"], "source is none of"),
        (["-", "--markdown", "--dry-run"], "markdown does not go with dry_run"),
        (["-", "--markdown", "--output=text", "--output", "json"], "markdown does not go with"),
        ([], "No plan is named"),
        (["-"], "a terminal"),
        (["/nowhere/plan.json"], "can't be read"),
    ],
)
def test_what_is_wrong_is_one_line(console: Console, stub: Stub, words: list[str], said: str) -> None:
    done = console("plan", *words, "--repository", "acme/site")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert said in done.err
    assert stub.requests == []


def test_a_file_is_read(console: Console, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(_plan([UPDATE]))
    assert console("plan", str(path), "--repository", "a/b", "--dry-run").value["event_type"] == "terraform-planned"
