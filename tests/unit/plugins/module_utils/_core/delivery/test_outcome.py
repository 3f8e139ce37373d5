# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer of a task, in the words of the contract."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import (
    Outcome,
    conclusion_of,
    diff_of,
    result_of,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.runs import ACCEPTABLE, Run, read_run
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import NotFound
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    ID,
    done,
    plan_of,
)

PLAN = plan_of(repositories=["acme/site", "acme/web"])
SITE, WEB = PLAN.targets


def _run(conclusion: str | None) -> Run:
    run = read_run(done(conclusion=conclusion))
    assert run is not None
    return run


def _failed(target: t.Any, changed: bool = False) -> Outcome:
    return Outcome(target, "failed", changed, 1, error=NotFound("No such thing.", "Look.", status=404))


def test_one_event_stands_at_the_top_with_all_that_was_promised() -> None:
    result = result_of([Outcome(SITE, "succeeded", True, 2, "AB:1", (_run("success"),), "success")])
    assert " ".join(sorted(result)) == (
        "attempts changed conclusion dispatch_id dispatches error event_type outcome payload_bytes repository "
        "request_id runs"
    )
    assert result["dispatch_id"] == ID
    assert result["payload_bytes"] == SITE.event.payload_bytes
    assert result["dispatches"] == [{**{k: v for k, v in result.items() if k != "dispatches"}}]
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize(
    ("outcomes", "word", "changed"),
    [
        ([Outcome(SITE, "accepted", True), Outcome(WEB, "accepted", True)], "accepted", True),
        ([Outcome(SITE, "succeeded", True), Outcome(WEB, "accepted", True)], "accepted", True),
        ([Outcome(SITE, "succeeded", True), Outcome(WEB, "started", True)], "started", True),
        ([Outcome(SITE, "succeeded", True), _failed(WEB)], "failed", True),
        ([_failed(SITE), _failed(WEB)], "failed", False),
        ([Outcome(SITE, "planned", True), Outcome(WEB, "planned", True)], "planned", True),
    ],
)
def test_several_events_are_as_good_as_the_least_of_them(outcomes: list[Outcome], word: str, changed: bool) -> None:
    result = result_of(outcomes)
    assert (result["outcome"], result["changed"]) == (word, changed)
    assert "repository" not in result
    assert [entry["repository"] for entry in result["dispatches"]] == ["acme/site", "acme/web"]


def test_a_failure_has_its_error_and_a_sentence() -> None:
    result = result_of([_failed(SITE)])
    assert result["msg"] == "No such thing. Look."
    assert result["error"] == {"code": "not_found", "message": "No such thing.", "hint": "Look.", "status": 404}
    both = result_of([Outcome(SITE, "accepted", True, 1), _failed(WEB)])
    assert both["msg"] == "1 of 2 events failed (acme/web). acme/web: No such thing. Look."
    assert (both["attempts"], both["error"]["code"]) == (2, "not_found")
    assert "msg" not in result_of([Outcome(SITE, "accepted", True)])


def test_the_conclusion_shown_is_that_of_the_failure() -> None:
    good = Outcome(SITE, "succeeded", True, runs=(_run("success"),), conclusion="success")
    bad = _failed(WEB, True)._replace(runs=(_run("failure"),), conclusion="failure")
    assert result_of([good, bad])["conclusion"] == "failure"
    assert len(result_of([good, bad])["runs"]) == 2


@pytest.mark.parametrize(
    ("conclusions", "one"),
    [
        ([], ""),
        (["success"], "success"),
        (["skipped", "success"], "skipped"),
        (["success", "failure", "cancelled"], "failure"),
        ([None, "success"], ""),
    ],
)
def test_several_runs_have_one_conclusion(conclusions: list[str | None], one: str) -> None:
    assert conclusion_of([_run(word) for word in conclusions], ACCEPTABLE) == one


def test_the_difference_of_a_plan_is_the_request() -> None:
    planned = Outcome(SITE, "planned", True, request={"method": "POST", "url": "https://x", "body": {}})
    (difference,) = diff_of([planned, Outcome(WEB, "accepted", True)])
    assert difference["before"] == {}
    assert difference["after"] == {"method": "POST", "url": "https://x", "body": {}}
    assert "acme/site" in difference["after_header"]
