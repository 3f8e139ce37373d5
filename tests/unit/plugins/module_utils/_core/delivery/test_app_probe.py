# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions about an App, of which GitHub refuses some."""

from __future__ import annotations

import json
import typing as t

import pytest
from werkzeug import Request

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.app_probe import ask_as_app
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.probe import Probe
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import BadKey
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import SITE
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

APP = Answer(200, {"id": 1, "slug": "mine"})
FOUND = "/repos/acme/site/installation"
MINT = "/app/installations/7/access_tokens"
TOKEN = "ghs_minted"
Make = t.Callable[..., Probe]


def installed(suspended_at: str | None = None, **permissions: str) -> Answer:
    body = {"id": 7, "repository_selection": "selected", "permissions": permissions, "suspended_at": suspended_at}
    return Answer(200, body)


def granting(**held: str) -> t.Callable[[Request], Answer]:
    """Make tokens whose permissions are among those that are held."""
    levels = ["read", "write"]

    def answer(request: Request) -> Answer:
        asked = json.loads(request.get_data())["permissions"]
        if all(name in held and levels.index(held[name]) >= levels.index(level) for name, level in asked.items()):
            return Answer(201, {"token": TOKEN, "expires_at": "2999-01-01T00:00:00Z"})
        return Answer(422, {"message": "The permissions requested are not granted to this installation."})

    return answer


@pytest.fixture
def make(opened: t.Callable[..., GitHub], clock: FakeClock, pem: str) -> Make:
    """Make probes of an App."""

    def start(**options: t.Any) -> Probe:
        return Probe(opened(app_id="1", private_key=pem, **options), SITE, Deadline.after(clock, 60))

    return start


def asked_permissions(stub: Stub) -> list[dict[str, str]]:
    return [body["permissions"] for body in stub.sent("POST", MINT)]


def test_an_app_that_may_do_what_it_takes(stub: Stub, make: Make) -> None:
    held = {"contents": "write", "actions": "read", "metadata": "read"}
    stub.on("GET", "/app", APP)
    stub.on("GET", FOUND, installed(**held))
    stub.on("POST", MINT, granting(**held))
    probe = make()
    asked = ask_as_app(probe)
    assert (asked.kind, asked.accepted, asked.can_read) == ("app", True, True)
    assert asked.grants == {"contents": True, "actions": True}
    assert asked.shown == {
        "login": None, "app": "mine", "installation_id": 7, "repository_selection": "selected", "permissions": held,
        "suspended": False,
    }  # fmt: skip
    assert asked_permissions(stub) == [{"contents": "write", "actions": "read"}]
    assert stub.sent("POST", MINT)[0]["repositories"] == ["site"]
    assert probe.refusals == []


@pytest.mark.parametrize(
    ("held", "grants", "lacks", "reads_with"),
    [
        ({"contents": "write", "metadata": "read"}, (True, False), ["actions: read"], {"contents"}),
        ({"contents": "read", "actions": "read"}, (False, True), ["contents: write"], {"contents", "actions"}),
        ({"metadata": "read"}, (False, False), ["contents: write", "actions: read"], {"metadata"}),
        ({}, (False, False), ["contents: write", "actions: read"], set()),
    ],
)
def test_what_is_lacking_is_named_and_the_rest_is_used(
    stub: Stub,
    make: Make,
    held: dict[str, str],
    grants: tuple[bool, bool],
    lacks: list[str],
    reads_with: set[str],
) -> None:
    stub.on("GET", "/app", APP)
    stub.on("GET", FOUND, installed(**held))
    stub.on("POST", MINT, granting(**held))
    probe = make()
    asked = ask_as_app(probe)
    assert (asked.grants["contents"], asked.grants["actions"]) == grants
    assert [error.code for error in probe.refusals] == ["not_permitted"] * len(lacks)
    assert all(lack in error.message for lack, error in zip(lacks, probe.refusals))
    assert {name for name, _level in probe.scope.permissions} == reads_with
    assert asked.can_read is bool(reads_with)


def test_an_app_that_github_does_not_know(stub: Stub, make: Make) -> None:
    stub.on("GET", "/app", Answer(401, {"message": "A JSON web token could not be decoded"}))
    probe = make()
    asked = ask_as_app(probe)
    assert (asked.accepted, asked.can_read, asked.shown["app"]) == (False, False, "1")
    assert [error.code for error in probe.refusals] == ["not_authenticated"]
    assert asked.grants == {"contents": False, "actions": False}


def test_an_app_that_is_not_installed(stub: Stub, make: Make) -> None:
    stub.on("GET", "/app", APP)
    probe = make()
    asked = ask_as_app(probe)
    assert (asked.accepted, asked.can_read, asked.shown["app"]) == (True, False, "mine")
    assert [error.code for error in probe.refusals] == ["not_found"]


def test_a_suspended_installation_is_asked_for_no_token(stub: Stub, make: Make) -> None:
    stub.on("GET", "/app", APP)
    stub.on("GET", FOUND, installed("2026-01-01T00:00:00Z", contents="write"))
    probe = make()
    asked = ask_as_app(probe)
    assert (asked.can_read, asked.shown["suspended"], asked.shown["permissions"]) == (
        False,
        True,
        {"contents": "write"},
    )
    assert "suspended" in probe.refusals[0].message
    assert stub.count("POST", MINT) == 0


def test_a_given_installation_is_asked_by_its_id(stub: Stub, make: Make) -> None:
    stub.on("GET", "/app", APP)
    stub.on("GET", "/app/installations/7", installed(contents="write", actions="read"))
    stub.on("POST", MINT, granting(contents="write", actions="read"))
    assert ask_as_app(make(installation_id="7")).grants == {"contents": True, "actions": True}
    assert stub.count("GET", FOUND) == 0


def test_a_repository_that_is_not_covered_is_said_once(stub: Stub, make: Make) -> None:
    stub.on("GET", "/app", APP)
    stub.on("GET", "/app/installations/7", installed(contents="write", actions="read"))
    stub.on("POST", MINT, Answer(422, {"message": "There is at least one repository that does not exist"}))
    probe = make(installation_id="7")
    assert ask_as_app(probe).can_read is False
    assert ["does not cover" in error.message for error in probe.refusals] == [True]


def test_a_key_that_is_damaged_is_no_finding(
    stub: Stub, opened: t.Callable[..., GitHub], clock: FakeClock, pem: str
) -> None:
    lines = pem.splitlines()
    damaged = "\n".join([*lines[:2], *lines[4:]])
    probe = Probe(opened(app_id="1", private_key=damaged), SITE, Deadline.after(clock, 60))
    with pytest.raises(BadKey):
        ask_as_app(probe)
