# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class E, before sending: who would hear the event, and may it be sent? (P10, P11, P26)"""

from __future__ import annotations

import json
import re
import typing as t

import pytest
from cases.support import expect
from cases.support.reroute import Rerouted
from cases.support.world import EVENT_TYPE, FILES, SILENT_WORKFLOW, WORKFLOW, World

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.preflight import (
    preflight,
    read_question,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.app_info import (
    audit_app,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.app_info import (
    read_question as read_audit,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import open_app, open_github
from emulator import Emulator

PATH = next(iter(FILES))
TYPO = "infra-chnaged"
NARROW = {"contents": "write", "actions": "read", "metadata": "read"}


def listening(on: str) -> str:
    """The usual receiver with another ``on``."""
    return WORKFLOW.replace("on:\n  repository_dispatch:\n", f"{on}\n", 1)


def receive(world: World, text: str, path: str = PATH) -> None:
    world.github.repository("acme/site").files[path] = text.encode()


def ask(world: World, options: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Ask the question as the module does; nothing is sent, nothing secret comes back, no token stays."""
    question = read_question({"repository": options["repository"], "event_type": options["event_type"]})
    client = open_github(options, env={}, clock=world.clock)
    if world.on_open is not None:
        world.on_open(client)
    try:
        answer = preflight(client, question)
    finally:
        client.close()
    assert world.accepted == 0
    assert world.posts == []
    assert all(token.revoked for token in world.github.world.tokens.values() if token.kind == "installation")
    expect.nothing_secret(world, json.dumps(answer))
    return answer


def codes(answer: t.Mapping[str, t.Any]) -> list[str]:
    return [problem["code"] for problem in answer["problems"]]


# -- who hears


FORMS = [
    ("on: repository_dispatch", None),
    ("on: [push, repository_dispatch]", None),
    ("'on':\n  repository_dispatch:", None),
    ("on: {repository_dispatch: {}}", None),
    (f"on: {{repository_dispatch: {{types: {EVENT_TYPE}}}}}", [EVENT_TYPE]),
    (f"on:\n  repository_dispatch:\n    types: [other, {EVENT_TYPE}]", ["other", EVENT_TYPE]),
    (f"on:\n  push:\n  repository_dispatch:\n    types:\n      - '{EVENT_TYPE}'\n      - other", [EVENT_TYPE, "other"]),
]


@pytest.mark.parametrize(("form", "types"), FORMS)
def test_every_form_of_on_is_heard_as_the_server_does(world: World, form: str, types: list[str] | None) -> None:
    receive(world, listening(form))
    answer = ask(world, world.by_token())
    assert (answer["heard_by"], answer["problems"]) == ([PATH], [])
    assert answer["receivers"][0]["types"] == types
    result = world.run(world.by_token(verify_receiver="require", wait=True))
    expect.success(result, "succeeded", world=world)
    assert len(result["runs"]) == 1


def test_a_typo_is_found_before_sending(world: World) -> None:
    """P26: the type of the sender is not the one of the receiver."""
    receive(world, listening(f"on: {{repository_dispatch: {{types: [{TYPO}]}}}}"))
    result = world.run(world.by_app(verify_receiver="require"))
    expect.failure(result, "no_receiver", says=[EVENT_TYPE, "default branch main", TYPO, re.escape(PATH)], world=world)
    assert world.posts == []
    answer = ask(world, world.by_app())
    assert answer["closest"] == [{"event_type": TYPO, "paths": [PATH]}]
    assert codes(answer) == ["no_receiver"]


def test_a_typo_is_warned_of_and_sent(world: World) -> None:
    receive(world, listening(f"on: {{repository_dispatch: {{types: [{TYPO}]}}}}"))
    result = world.run(world.by_token(verify_receiver="warn"))
    expect.success(result, "accepted", world=world)
    assert [TYPO in warning for warning in result["warnings"]] == [True]


@pytest.mark.parametrize("choice", ["ignore", "warn", "require"])
def test_check_mode_always_looks_and_warns(world: World, choice: str) -> None:
    receive(world, listening(f"on: {{repository_dispatch: {{types: [{TYPO}]}}}}"))
    result = world.run(world.by_app(verify_receiver=choice), check_mode=True)
    expect.success(result, "planned", world=world, accepted=0)
    assert [TYPO in warning for warning in result["warnings"]] == [True]


def test_check_mode_says_nothing_when_all_is_well(world: World) -> None:
    result = world.run(world.by_app(wait=True), check_mode=True)
    expect.success(result, "planned", world=world, accepted=0)
    assert result["warnings"] == []


def test_check_mode_tells_who_waits_that_the_run_cannot_be_found(world: World) -> None:
    receive(world, SILENT_WORKFLOW)
    result = world.run(world.by_token(wait=True), check_mode=True)
    assert ["run-name" in warning for warning in result["warnings"]] == [True]


@pytest.mark.parametrize("how", ["none", "branch-only", "disabled", "other-folder", "not-yaml"])
def test_every_way_to_have_nobody_listen(world: World, how: str) -> None:
    repository = world.github.repository("acme/site")
    if how == "disabled":
        repository.workflow_states[PATH] = "disabled_inactivity"
    elif how == "not-yaml":
        receive(world, "on:\n\t- repository_dispatch\n")
    else:
        text = repository.files.pop(PATH)
        if how == "other-folder":
            repository.files[".github/workflows/old/validate.yml"] = text
    answer = ask(world, world.by_token())
    assert (answer["heard_by"], set(codes(answer))) == ([], {"no_receiver"})
    assert answer["unreadable"] == ([PATH] if how == "not-yaml" else [])
    result = world.run(world.by_token(verify_receiver="require"))
    expect.failure(result, "no_receiver", says=["acme/site"], world=world)
    assert ("disabled inactivity" in result["msg"]) is (how == "disabled")


def test_a_star_is_unknown_and_not_a_match(world: World) -> None:
    receive(world, listening("on: {repository_dispatch: {types: ['infra-*']}}"))
    answer = ask(world, world.by_token())
    assert (answer["heard_by"], answer["receivers"][0]["types"]) == ([], ["infra-*"])
    assert "Nobody can tell" in answer["problems"][0]["message"]
    result = world.run(world.by_token(verify_receiver="require"))
    expect.success(result, "accepted", world=world)
    assert len(result["warnings"]) == 1


def test_a_receiver_that_a_payload_could_break_into_is_named(world: World) -> None:
    receive(world, WORKFLOW.replace('run: "true"', 'run: echo "${{ github.event.client_payload.service }}"'))
    answer = ask(world, world.by_token())
    assert codes(answer) == ["unsafe_receiver"]
    assert answer["receivers"][0]["unsafe"] == ["jobs.validate.steps[0].run"]


def test_a_receiver_without_the_id_is_named(world: World) -> None:
    receive(world, SILENT_WORKFLOW)
    answer = ask(world, world.by_token())
    assert (answer["receivers"][0]["findable"], codes(answer)) == ("no", ["run_not_found"])


@pytest.mark.parametrize("how", ["archived", "actions_enabled"])
def test_a_repository_that_starts_nothing(world: World, how: str) -> None:
    setattr(world.github.repository("acme/site"), how, how == "archived")
    answer = ask(world, world.by_token())
    assert answer["heard_by"] == []
    assert codes(answer) == ["not_permitted" if how == "archived" else "no_receiver"]
    assert answer["may_send"] is (how != "archived")


def test_a_renamed_repository_is_named_anew(world: World) -> None:
    world.github.rename_repository("acme/site", "acme/new-site")
    for options in (world.by_token(), world.by_app()):
        answer = ask(world, options)
        assert (answer["repository"]["full_name"], answer["may_send"]) == ("acme/new-site", True)
        assert codes(answer) == ["not_found"]


# -- may it be sent


@pytest.mark.parametrize(
    ("attributes", "may_send", "code"),
    [
        ({"scopes": ["repo"]}, True, None),
        ({"scopes": ["gist"]}, False, "not_found"),
        ({"scopes": ["repo"], "push": False}, False, "not_permitted"),
        ({"scopes": ["repo"], "sso_required": True}, False, "not_permitted"),
    ],
)
def test_a_classic_token(world: World, attributes: dict[str, t.Any], may_send: bool, code: str | None) -> None:
    token = world.github.add_token("classic", **attributes)
    answer = ask(world, world.by_token(token=token))
    assert (answer["may_send"], codes(answer)) == (may_send, [code] if code else [])
    credential = answer["credential"]
    assert (credential["kind"], credential["login"], credential["scopes"]) == (
        "classic",
        "octocat",
        attributes["scopes"],
    )
    assert bool(credential["sso_url"]) is attributes.get("sso_required", False)
    assert world.run(world.by_token(token=token))["failed"] is not may_send


def test_a_classic_token_for_public_repositories(world: World) -> None:
    world.github.repository("acme/site").private = False
    token = world.github.add_token("classic", scopes=["public_repo"])
    assert ask(world, world.by_token(token=token))["may_send"] is True
    weak = world.github.add_token("classic", scopes=["gist"])
    answer = ask(world, world.by_token(token=weak))
    assert (answer["may_send"], codes(answer)) == (False, ["not_permitted"])
    assert "public_repo" in answer["problems"][0]["message"]


@pytest.mark.parametrize(
    ("permissions", "may_send", "may_wait"),
    [
        ({"contents": "write", "actions": "read"}, None, True),
        ({"contents": "read", "actions": "read"}, False, True),
        ({"actions": "read"}, False, True),
        ({"contents": "write"}, None, False),
    ],
)
def test_a_fine_grained_token(world: World, permissions: dict[str, str], may_send: bool | None, may_wait: bool) -> None:
    """The local GitHub tells `push` by the permission, so that `read` shows; the real one may show less."""
    token = world.github.add_token("fine-grained", repositories=["acme/site"], permissions=permissions)
    answer = ask(world, world.by_token(token=token))
    assert (answer["may_send"], answer["may_wait"]) == (may_send, may_wait)
    assert answer["credential"]["kind"] == "fine_grained"
    assert "without a write" in answer["credential"]["how_known"]
    assert set(codes(answer)) <= {"not_permitted"}


def test_an_installation_token_is_never_asked_for_its_user(world: World) -> None:
    with world.github.world.lock:
        made = world.github.world.mint(world.installation, dict(NARROW), None, stateless=True, narrowed=False)
    question = read_question({"repository": "acme/site", "event_type": EVENT_TYPE})
    client = open_github(world.by_token(token=made.value), env={}, clock=world.clock)
    answer = preflight(client, question)
    client.close()
    assert (answer["credential"]["kind"], answer["may_send"], answer["may_wait"]) == ("installation", None, True)
    assert answer["heard_by"] == [PATH]
    assert world.requests("GET", r"/user$") == []
    assert not made.revoked  # it is not ours


def test_a_token_that_nobody_knows_is_tried_once(world: World) -> None:
    answer = ask(world, world.by_token(token="ghp_" + "x" * 36))
    assert (answer["credential"]["accepted"], answer["may_send"], codes(answer)) == (
        False,
        False,
        ["not_authenticated"],
    )
    assert len(world.github.requests) == 1


def test_an_app_that_is_cut_to_its_task(world: World) -> None:
    world.installation.permissions = dict(NARROW)
    answer = ask(world, world.by_app())
    assert (answer["may_send"], answer["may_wait"], answer["problems"]) == (True, True, [])
    credential = answer["credential"]
    assert (credential["kind"], credential["app"], credential["permissions"]) == ("app", "dispatcher", NARROW)
    assert (credential["installation_id"], credential["suspended"]) == (world.installation.id, False)
    (mint,) = world.mints
    assert mint.body["repositories"] == ["site"]
    assert mint.body["permissions"] == {"contents": "write", "actions": "read"}
    assert len(world.requests("DELETE", r"/installation/token$")) == 1


@pytest.mark.parametrize(
    ("held", "may_send", "may_wait"),
    [({"contents": "write"}, True, False), ({"contents": "read", "actions": "read"}, False, True), ({}, False, False)],
)
def test_an_app_that_lacks_something(world: World, held: dict[str, str], may_send: bool, may_wait: bool) -> None:
    world.installation.permissions = {"metadata": "read", **held}
    answer = ask(world, world.by_app())
    assert (answer["may_send"], answer["may_wait"]) == (may_send, may_wait)
    assert set(codes(answer)) == {"not_permitted"}
    assert (answer["heard_by"] == [PATH]) is ("contents" in held)
    assert all(mint.body["permissions"] for mint in world.mints)  # without any it would be a token with all


@pytest.mark.parametrize("how", ["suspended", "not-installed", "not-selected", "another-key"])
def test_an_app_that_gets_no_token(world: World, how: str) -> None:
    options = world.by_app()
    if how == "suspended":
        world.installation.suspend()
    elif how == "not-installed":
        world.installation.remove()
    elif how == "not-selected":
        world.installation.repository_ids = set()
    else:
        world.app.remove_keys()
    answer = ask(world, options)
    assert (answer["may_send"], answer["may_wait"], answer["heard_by"]) == (False, False, [])
    expected = {"not-installed": "not_found", "another-key": "not_authenticated"}
    assert codes(answer) == [expected.get(how, "not_permitted")]
    assert answer["credential"]["accepted"] is (how != "another-key")
    assert world.mints == []


# -- until when, where, how often


@pytest.mark.parametrize("zone", ["UTC", "+0530", "-0800"])
def test_the_end_of_a_token_in_both_forms(world: World, zone: str) -> None:
    token = world.github.add_token("classic", scopes=["repo"], expires_at=4_000_000_000.0, expiry_zone=zone)
    answer = ask(world, world.by_token(token=token))
    assert (answer["credential"]["expires_at"], answer["problems"]) == ("2096-10-02T07:06:40Z", [])


def test_a_token_that_ends_soon_is_told_by_the_clock_of_github(world: World) -> None:
    world.clock.ahead = -400 * 86400
    now = world.github.clock.now()
    token = world.github.add_token("classic", scopes=["repo"], expires_at=now + 86400)
    answer = ask(world, world.by_token(token=token))
    assert codes(answer) == ["not_authenticated"]
    assert answer["may_send"] is True


@pytest.mark.parametrize("ahead", [0, 540, -540])
def test_a_wrong_clock_is_measured(world: World, ahead: float) -> None:
    world.clock.ahead = ahead
    answer = ask(world, world.by_app())
    assert abs(answer["api"]["clock_skew"] + ahead) <= 1
    assert (answer["may_send"], bool(answer["problems"])) == (True, bool(ahead))


def test_the_budget_is_read_from_answers_at_hand(world: World) -> None:
    answer = ask(world, world.by_token())
    asked = len(world.github.requests)
    budget = answer["rate_limit"]
    assert (budget["limit"], budget["used"]) == (5000, asked - len(world.requests("GET", r"/meta$")))
    assert budget["remaining"] == 5000 - budget["used"]
    assert world.requests("GET", "rate_limit") == []


@pytest.mark.parametrize(
    ("api_url", "product"), [("https://github.com", "github.com"), ("https://acme.ghe.com", "ghe.com")]
)
def test_github_itself_and_data_residency(world: World, api_url: str, product: str) -> None:
    Rerouted(world)
    answer = ask(world, world.by_token(api_url=api_url))
    assert (answer["api"]["product"], answer["api"]["server_version"]) == (product, None)
    assert (answer["api"]["api_version"], answer["heard_by"]) == ("2022-11-28", [PATH])
    assert world.requests("GET", r"/meta$") == []


@pytest.mark.parametrize("header", [True, False])
def test_an_enterprise_server(header: bool) -> None:
    with Emulator(ghes="3.17", run_delay=0.0) as github:
        world = World.build(github)
        if not header:  # as through a proxy that drops what it does not know
            github.service.settings.ghes_version = None
            github.service.limits.enabled = False
        answer = ask(world, world.by_token(api_url=github.api_url))
        assert answer["api"]["product"] == "ghes"
        assert answer["api"]["server_version"] == ("3.17" if header else None)
        assert answer["api"]["url"].endswith("/api/v3")
        assert answer["rate_limit"] == {"limit": None, "remaining": None, "used": None, "reset_at": None}
        assert len(world.requests("GET", r"/meta$")) == (0 if header else 1)
        assert (answer["may_send"], answer["heard_by"]) == (True, [PATH])


# -- what an App may do beyond its task


def audit(world: World, **question: t.Any) -> dict[str, t.Any]:
    options = world.by_app()
    client = open_app(options, env={}, clock=world.clock)
    try:
        shown = audit_app(client, read_audit(question))
    finally:
        client.close()
    expect.nothing_secret(world, json.dumps(shown))
    assert {request.method for request in world.github.requests} == {"GET"}
    return shown


def test_all_pages_of_installations_are_audited(world: World) -> None:
    world.app.permissions = dict(NARROW)
    world.installation.repository_ids, world.installation.permissions = {1}, dict(NARROW)
    for number in range(120):
        world.app.install(f"owner-{number}", repositories=[], permissions=NARROW)
    broad = world.app.install("broad", permissions={**NARROW, "issues": "write"})
    shown = audit(world)
    assert len(shown["installations"]) == 122
    assert len(world.requests("GET", r"/app/installations")) == 2
    found = [(each["installation"], each["permission"], each["granted"], each["needed"]) for each in shown["findings"]]
    assert found == [
        (None, "installations", "122", "10"),
        (broad.id, "issues", "write", "none"),
        (broad.id, "write_permissions", "contents, issues", "contents"),
        (broad.id, "repository_selection", "all", "selected"),
    ]


@pytest.mark.parametrize("question", [{"repository": "acme/site"}, {"owner": "acme"}])
def test_one_installation_is_audited(world: World, question: dict[str, str]) -> None:
    world.installation.suspend()
    shown = audit(world, **question)
    (installation,) = shown["installations"]
    assert (installation["account"], installation["suspended"]) == ("acme", True)
