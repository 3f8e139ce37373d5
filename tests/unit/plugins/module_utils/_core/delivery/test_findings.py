# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from what was seen."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.findings import (
    Seen,
    hearing,
    how_known,
    may_send,
    may_wait,
    problems_of,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.receivers import Survey, survey
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.identity import TokenFacts
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.workflows import WorkflowFile
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import SITE

NOW = 1_700_000_000.0
RUN_NAME = 'run-name: "${{ github.event.client_payload.dispatch.id }}"'
PATH = ".github/workflows/a.yml"


def files(*texts: str) -> Survey:
    return survey(WorkflowFile(f".github/workflows/{name}.yml", text) for name, text in zip("abc", texts))


LISTENING = files(f"{RUN_NAME}\non: {{repository_dispatch: {{types: [infra-changed]}}}}")


def repository(**more: t.Any) -> dict[str, t.Any]:
    known = {"full_name": "acme/site", "private": True, "archived": False, "disabled": False, "default_branch": "main"}
    return {**known, "permissions": {"push": True}, **more}


def seen(kind: str = "classic", **more: t.Any) -> Seen:
    """All is well, but for what is given."""
    usual = {"found": repository(), "token": TokenFacts(("repo",)), "survey": LISTENING, "reads": {"actions": True}}
    return Seen(SITE, "infra-changed", kind, NOW, **{**usual, **more})


def codes(one: Seen) -> list[str]:
    return [problem.code for problem in problems_of(one)]


def only(one: Seen) -> str:
    """The message of the only problem."""
    (problem,) = problems_of(one)
    assert problem.hint
    return problem.message


@pytest.mark.parametrize(
    ("one", "send"),
    [
        (seen(), True),
        (seen("oauth"), True),
        (seen(accepted=False), False),
        (seen(hidden=True, found=None), False),
        (seen(found=None), None),
        (seen(found=repository(archived=True)), False),
        (seen(found=repository(disabled=True)), False),
        (seen(found=repository(permissions={"push": False})), False),
        (seen(found=repository(permissions=None)), None),
        (seen(found=repository(permissions={"push": "yes"})), None),
        (seen(token=TokenFacts(("gist",))), False),
        (seen(token=TokenFacts(("public_repo",))), False),
        (seen(token=TokenFacts(("public_repo",)), found=repository(private=False)), True),
        (seen(token=TokenFacts(None)), None),
        (seen("fine_grained"), None),
        (seen("fine_grained", found=repository(permissions={"push": False})), False),
        (seen("fine_grained", reads={"contents": False}), False),
        (seen("app_user"), None),
        (seen("unknown"), None),
        (seen("installation", found=repository(permissions={"push": False})), None),
        (seen("installation", reads={"contents": False}), False),
        (seen("app", grants={"contents": True, "actions": False}), True),
        (seen("app", grants={"contents": False, "actions": True}), False),
        (seen("app", grants={"contents": True}, found=repository(archived=True)), False),
        (seen("app", grants={"contents": True}, found=None), True),
    ],
)
def test_whether_an_event_may_be_sent(one: Seen, send: bool | None) -> None:
    assert may_send(one) is send


@pytest.mark.parametrize(
    ("one", "wait"),
    [
        (seen(), True),
        (seen(reads={"actions": False}), False),
        (seen(reads={"actions": None}), None),
        (seen(reads={}), None),
        (seen(accepted=False), False),
        (seen(hidden=True), False),
        (seen("app", grants={"actions": True}), True),
        (seen("app", grants={"actions": False}), False),
    ],
)
def test_whether_runs_may_be_waited_for(one: Seen, wait: bool | None) -> None:
    assert may_wait(one) is wait


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("app", "was made"),
        ("classic", "scopes"),
        ("oauth", "scopes"),
        ("fine_grained", "can't be proven without a write"),
    ],
)
def test_what_the_answer_rests_on(kind: str, says: str) -> None:
    assert says in how_known(seen(kind))


def test_nothing_is_wrong_when_all_is_well() -> None:
    assert problems_of(seen()) == []
    assert [receiver.path for receiver in hearing(seen())] == [PATH]


@pytest.mark.parametrize(
    "more", [{"found": repository(archived=True)}, {"found": repository(disabled=True)}, {"actions_enabled": False}]
)
def test_a_closed_repository_hears_nothing_and_says_why_once(more: dict[str, t.Any]) -> None:
    one = seen(**more)
    assert hearing(one) == []
    assert any(word in only(one) for word in ("archived", "disabled"))


def test_without_a_type_all_enabled_receivers_hear() -> None:
    many = survey(
        [
            WorkflowFile("a", "on: repository_dispatch", "active"),
            WorkflowFile("b", "on: repository_dispatch", "deleted"),
        ]
    )
    one = seen(survey=many)._replace(event_type="")
    assert [receiver.path for receiver in hearing(one)] == ["a"]
    assert "listens to repository_dispatch" in only(one._replace(survey=Survey([], [])))


def test_a_survey_that_failed_says_nothing() -> None:
    one = seen(survey=None)
    assert (hearing(one), problems_of(one)) == ([], [])


def test_nobody_listens() -> None:
    message = only(seen()._replace(event_type="infra-change"))
    assert "default branch main of acme/site" in message
    assert f"infra-changed ({PATH})" in message


def test_nobody_listens_on_a_branch_without_a_name() -> None:
    assert "default branch of acme/site" in only(seen(found=None)._replace(event_type="infra-change"))


def test_a_pattern_leaves_it_open() -> None:
    one = seen(survey=files("on: {repository_dispatch: {types: ['infra-*']}}"))
    assert "Nobody can tell" in only(one)
    assert hearing(one) == []


def test_an_unreadable_file_is_named_beside_a_good_one() -> None:
    one = seen(survey=LISTENING._replace(unreadable=["x.yml", "y.yml"]))
    assert "x.yml, y.yml" in only(one)


def test_a_run_that_cannot_be_found_and_a_script_that_is_not_safe() -> None:
    text = "on: repository_dispatch\njobs: {a: {steps: [{run: 'echo ${{ github.event.client_payload.x }}'}]}}"
    one = seen(survey=files(text))
    assert codes(one) == ["run_not_found", "unsafe_receiver"]
    assert "jobs.a.steps[0].run" in problems_of(one)[1].message


def test_a_repository_that_moved_is_named_by_its_new_name() -> None:
    assert "acme/new" in only(seen(found=repository(full_name="acme/new")))
    assert problems_of(seen(found=repository(full_name="ACME/Site"))) == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"found": repository(permissions={"push": False})}, "may not write"),
        ({"token": TokenFacts(("gist", "workflow"))}, "lacks the scope repo for acme/site (it has: gist, workflow)"),
        ({"token": TokenFacts(())}, "it has: none"),
        ({"token": TokenFacts(()), "found": repository(private=False)}, "scope public_repo"),
        ({"reads": {"actions": False}}, "may not read the runs"),
    ],
)
def test_what_a_token_lacks(more: dict[str, t.Any], says: str) -> None:
    assert says in only(seen(**more))
    assert codes(seen(**more)) == ["not_permitted"]


@pytest.mark.parametrize("more", [{"accepted": False}, {"found": None}, {"kind": "app"}])
def test_what_is_refused_already_is_not_said_twice(more: dict[str, t.Any]) -> None:
    assert problems_of(seen(reads={"actions": False}, **more)) == []


@pytest.mark.parametrize(("days", "told"), [(1, True), (6.9, True), (8, False), (-1, True), (None, False)])
def test_a_token_that_ends_soon(days: float | None, told: bool) -> None:
    expires_at = None if days is None else NOW + days * 86400
    assert codes(seen(token=TokenFacts(("repo",), expires_at))) == (["not_authenticated"] if told else [])


@pytest.mark.parametrize(("remaining", "told"), [(0, True), (19, True), (20, False), (None, False)])
def test_a_budget_that_is_nearly_used_up(remaining: int | None, told: bool) -> None:
    one = seen(budget={"remaining": remaining, "reset_at": "2026-01-01T00:00:00Z"})
    assert codes(one) == (["rate_limited"] if told else [])


@pytest.mark.parametrize(("skew", "way"), [(61, "61 s behind"), (-300, "300 s ahead of"), (60, ""), (None, "")])
def test_a_wrong_clock_matters_to_an_app(skew: int | None, way: str) -> None:
    grants = {"contents": True, "actions": True}
    problems = problems_of(seen("app", skew=skew, grants=grants))
    assert [way in problem.message for problem in problems] == ([True] if way else [])
    assert problems_of(seen(skew=skew)) == []
