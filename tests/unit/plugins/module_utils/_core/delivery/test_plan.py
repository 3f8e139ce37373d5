# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user asked for, checked as a whole."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.plan import (
    Cause,
    read_plan,
    seconds,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Evidence, Origin
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import ID, plan_of

ONE = {"repository": "acme/site", "event_type": "x"}


def test_defaults_are_those_of_the_contract() -> None:
    plan = plan_of()
    assert (plan.wait, plan.cancel_on_timeout, plan.resend) == (False, False, False)
    assert (plan.find_timeout, plan.wait_timeout, plan.max_parallel) == (180, 1800, 8)
    assert plan.acceptable == ("success", "skipped", "neutral")
    (target,) = plan.targets
    assert str(target.repository) == "acme/site"
    assert target.event.id == ID
    assert target.event.client_payload["dispatch"]["source"] == {"tool": "ansible"}


def test_every_event_has_an_id_of_its_own_unless_told_otherwise() -> None:
    plans = [read_plan({**ONE, "repositories": None}, Origin("cli")) for _number in range(2)]
    assert plans[0].targets[0].event.id != plans[1].targets[0].event.id


def test_repositories_may_override_type_and_payload() -> None:
    plan = plan_of(
        client_payload={"a": 1},
        repositories=[
            "acme/site",
            {"repository": "acme/web"},
            {"repository": "acme/app", "event_type": "other", "client_payload": '{"b": 2}'},
            {"repository": "acme/none", "client_payload": None},
            {"repository": "acme/same", "event_type": None},
        ],
    )
    seen = [(str(target.repository), target.event.event_type, target.event.client_payload) for target in plan.targets]
    users = [(name, kind, {k: v for k, v in payload.items() if k != "dispatch"}) for name, kind, payload in seen]
    assert users == [
        ("acme/site", "infra-changed", {"a": 1}),
        ("acme/web", "infra-changed", {"a": 1}),
        ("acme/app", "other", {"b": 2}),
        ("acme/none", "infra-changed", {}),
        ("acme/same", "infra-changed", {"a": 1}),
    ]
    assert len({target.event.id for target in plan.targets}) == 5


def test_one_repository_may_get_different_events() -> None:
    plan = plan_of(repositories=["acme/site", {"repository": "acme/site", "event_type": "other"}])
    assert len(plan.targets) == 2


WRONG: dict[str, tuple[dict[str, t.Any], str]] = {
    "no repository": ({"repository": None}, "No repository"),
    "both": ({"repositories": ["acme/web"], "repository": "acme/site"}, "given together"),
    "empty list": ({"repositories": []}, "at least one"),
    "text for a list": ({"repositories": "acme/site"}, "not a list"),
    "mapping for a list": ({"repositories": {"repository": "acme/site"}}, "not a list"),
    "bad name": ({"repository": "acme"}, "owner/name"),
    "bad entry": ({"repositories": ["acme/site", 5]}, r"repositories\[1\]: neither"),
    "no entry": ({"repositories": [None]}, r"repositories\[0\]: neither"),
    "entry without a name": ({"repositories": [{"event_type": "x"}]}, r"repositories\[0\]: neither"),
    "entry with a bad name": ({"repositories": ["acme/site", "acme"]}, r"repositories\[1\]: repository"),
    "entry with a bad payload": (
        {"repositories": [{"repository": "acme/site", "client_payload": [1]}]},
        r"repositories\[0\]: client_payload",
    ),
    "entry with a bad type": (
        {"repositories": [{"repository": "acme/site", "event_type": 5}]},
        r"repositories\[0\]: event_type is not a text",
    ),
    "unknown key": ({"repositories": [{"repository": "acme/site", "ref": "main", 5: 1}]}, "unknown key 5, ref"),
    "twice": ({"repositories": ["acme/site", "ACME/Site"]}, r"repositories\[1\]: ACME/Site is listed twice"),
    "twice in another order": (
        {
            "repositories": [
                {"repository": "acme/site", "client_payload": {"a": 1, "b": 2}},
                {"repository": "acme/site", "client_payload": {"b": 2, "a": 1}},
            ]
        },
        "listed twice",
    ),
    "no type": ({"event_type": None}, "event_type is empty"),
    "conclusions as text": ({"acceptable_conclusions": "success"}, "acceptable_conclusions"),
    "no conclusions": ({"acceptable_conclusions": []}, "acceptable_conclusions"),
    "strange conclusions": ({"acceptable_conclusions": ["success", 5]}, "acceptable_conclusions"),
    "unknown choice": ({"on_unknown": "retry"}, "on_unknown is none of fail, resend"),
    "truth as text": ({"wait": "false"}, "wait is neither true nor false"),
    "truth as number": ({"cancel_on_timeout": 1}, "cancel_on_timeout is neither"),
}


@pytest.mark.parametrize(("options", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(options: dict[str, t.Any], words: str) -> None:
    complete = options if "repositories" in options or "repository" in options else {**ONE, **options}
    with pytest.raises(InvalidInput, match=words):
        read_plan({"event_type": "x", **complete}, Origin("ansible"))


def test_choices_are_taken() -> None:
    plan = plan_of(wait=True, cancel_on_timeout=True, on_unknown="resend", acceptable_conclusions=("failure",))
    assert (plan.wait, plan.cancel_on_timeout, plan.resend, plan.acceptable) == (True, True, True, ("failure",))


@pytest.mark.parametrize("name", ["deadline", "find_timeout", "wait_timeout"])
@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), (0.5, 0.5), (3_000_000, 3_000_000)])
def test_a_duration_is_a_number_above_zero(name: str, value: t.Any, number: float) -> None:
    assert getattr(plan_of(**{name: value}), name) == number


@pytest.mark.parametrize(
    "value", [0, -1, "0", "soon", "", True, False, [], {}, float("nan"), float("inf"), 10**9, 10**400, "1e999"]
)
@pytest.mark.parametrize("name", ["deadline", "find_timeout", "wait_timeout", "max_parallel"])
def test_no_other_duration_is_taken(name: str, value: t.Any) -> None:
    with pytest.raises(InvalidInput, match=name):
        plan_of(**{name: value})


@pytest.mark.parametrize(("value", "number"), [(1, 1), ("64", 64), (None, 8), (2.9, 2)])
def test_parallel_events_are_counted_whole(value: t.Any, number: int) -> None:
    assert plan_of(max_parallel=value).max_parallel == number


@pytest.mark.parametrize("value", [65, 0.5])
def test_parallel_events_have_limits(value: float) -> None:
    with pytest.raises(InvalidInput, match="max_parallel"):
        plan_of(max_parallel=value)


def test_a_duration_that_is_not_given_has_its_default() -> None:
    assert seconds({}, "x", 7.0) == seconds({"x": None}, "x", 7.0) == 7


def test_what_a_tool_found_is_told_to_every_repository_beside_the_users_own_words() -> None:
    changes = [{"address": f"aws_instance.web[{number}]", "actions": ["update"]} for number in range(3)]
    cause = Cause(Origin("terraform", name="prod"), "drift", Evidence("sha256:" + "a" * 64, {"update": 3}, changes))
    options = {"event_type": "x", "client_payload": {"mine": 1}, "repositories": ["acme/site", "acme/web"]}
    plan = read_plan(options, cause)
    for target in plan.targets:
        payload = dict(target.event.client_payload)
        found = payload.pop("dispatch")
        assert payload == {"mine": 1}
        assert (found["kind"], found["key"], found["summary"]) == ("drift", "sha256:" + "a" * 64, {"update": 3})
        assert found["changes"] == changes
        assert found["source"] == {"tool": "terraform", "name": "prod"}
    assert len({target.event.id for target in plan.targets}) == 2


def test_evidence_gives_way_to_the_users_own_words() -> None:
    changes = [{"address": "a" * 1000} for _number in range(100)]
    cause = Cause(Origin("terraform"), "planned", Evidence(changes=changes, summary={"total": 100}))
    (target,) = read_plan({**ONE, "client_payload": {"mine": "x" * 60_000}}, cause).targets
    found = target.event.client_payload["dispatch"]
    assert target.event.client_payload["mine"] == "x" * 60_000
    assert len(found["changes"]) + found["truncated"]["changes"] == 100
    assert found["summary"] == {"total": 100}
    assert target.event.payload_bytes <= 65_535


def test_a_given_id_names_the_event_again() -> None:
    plans = [read_plan({**ONE, "dispatch_id": ID.upper()}, Origin("cli")) for _number in range(2)]
    assert [plan.targets[0].event.id for plan in plans] == [ID, ID]


@pytest.mark.parametrize("wrong", ["", "abc", "g" * 32, 7, ["a" * 32]])
def test_a_given_id_that_is_none_is_refused(wrong: t.Any) -> None:
    with pytest.raises(InvalidInput, match="dispatch_id is not 32 hexadecimal digits"):
        read_plan({**ONE, "dispatch_id": wrong}, Origin("cli"))


def test_one_id_is_not_for_several_events() -> None:
    with pytest.raises(InvalidInput, match="does not go with repositories"):
        read_plan({"event_type": "x", "repositories": ["acme/site"], "dispatch_id": ID}, Origin("cli"))
