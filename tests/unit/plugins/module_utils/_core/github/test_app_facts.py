# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an App is and where it is installed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.api import Api
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.app_api import AppApi
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.app_facts import (
    find_installation,
    read_app,
    read_installation,
    read_installations,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.connection import Connection
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import Route
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.signing import CommandSigner
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

LIST = "/app/installations"
NONE = Answer(404, {"message": "Not Found"})
SUSPENDED = Answer(200, {"id": 7, "suspended_at": "2026-01-01T00:00:00Z"})


@pytest.fixture
def app(stub: Stub, clock: FakeClock) -> t.Iterator[AppApi]:
    """An App at the stub."""
    connection = Connection(stub.api_url, Route(None, True, None, None), 5)
    signer = CommandSigner(["x"], lambda command, data: (0, b"\x01" * 256, b""))
    yield AppApi(Api(connection, clock), "12345", signer)
    connection.close()


@pytest.fixture
def deadline(clock: FakeClock) -> Deadline:
    return Deadline.after(clock, 60)


def code_of(caught: pytest.ExceptionInfo[InfradispatchError]) -> str:
    return caught.value.code


def test_the_app_itself(stub: Stub, app: AppApi, deadline: Deadline) -> None:
    stub.on("GET", "/app", Answer(200, {"id": 12345, "slug": "mine"}))
    assert read_app(app, deadline)["slug"] == "mine"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401, {"message": "A JSON web token could not be decoded"}), "not_authenticated"),
        (Answer(404, {"message": "Integration not found"}), "not_authenticated"),
        (Answer(200, {"hello": "world"}), "unreachable"),
        (Answer(200, "<html>"), "unreachable"),
    ],
)
def test_an_app_that_is_not_shown(stub: Stub, app: AppApi, deadline: Deadline, answer: Answer, code: str) -> None:
    stub.on("GET", "/app", answer)
    with pytest.raises(InfradispatchError) as caught:
        read_app(app, deadline)
    assert code_of(caught) == code


def test_all_pages_of_installations(stub: Stub, app: AppApi, deadline: Deadline) -> None:
    following = {"Link": f'<{stub.api_url}{LIST}?page=2>; rel="next"'}
    stub.on(
        "GET", LIST, Answer(200, [{"id": 1}, "odd"], following), Answer(200, [{"id": 2}], {"Link": '<x>; rel="prev"'})
    )
    assert [each["id"] for each in read_installations(app, deadline)] == [1, 2]
    assert stub.count("GET", LIST) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"message": "odd"}),
        Answer(500, {"message": "Server Error"}),
        Answer(200, [], {"Link": '<https://elsewhere.test/app/installations?page=2>; rel="next"'}),
    ],
)
def test_a_part_is_never_taken_for_the_whole(stub: Stub, app: AppApi, deadline: Deadline, answer: Answer) -> None:
    stub.on("GET", LIST, answer)
    with pytest.raises(InfradispatchError) as caught:
        read_installations(app, deadline)
    assert code_of(caught) == "unreachable"


def test_one_installation_by_its_id(stub: Stub, app: AppApi, deadline: Deadline) -> None:
    stub.on("GET", f"{LIST}/7", SUSPENDED)
    assert read_installation(app, "7", deadline)["id"] == 7


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (NONE, "not_found"),
        (Answer(403, {"message": "no"}), "not_permitted"),
        (Answer(200, {"id": "seven"}), "unreachable"),
    ],
)
def test_an_installation_that_is_not_shown(
    stub: Stub, app: AppApi, deadline: Deadline, answer: Answer, code: str
) -> None:
    stub.on("GET", f"{LIST}/7", answer)
    with pytest.raises(InfradispatchError) as caught:
        read_installation(app, "7", deadline)
    assert code_of(caught) == code


def test_a_suspended_installation_is_an_answer(stub: Stub, app: AppApi, deadline: Deadline) -> None:
    stub.on("GET", "/repos/acme/site/installation", SUSPENDED)
    assert find_installation(app, "acme", "site", deadline)["suspended_at"]
    assert len(stub.requests) == 1


def test_an_owner_is_an_organisation_or_else_a_user(stub: Stub, app: AppApi, deadline: Deadline) -> None:
    stub.on("GET", "/users/acme/installation", Answer(200, {"id": 8}))
    assert find_installation(app, "acme", "", deadline)["id"] == 8


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (NONE, "not_found"),
        (Answer(200, {"id": 7, "repository_selection": "all"}), "not_found"),
        (Answer(200, {"id": 7, "repository_selection": "selected"}), "not_permitted"),
    ],
)
def test_the_true_cause_is_named_when_there_is_none(
    stub: Stub, app: AppApi, deadline: Deadline, account: Answer, code: str
) -> None:
    stub.on("GET", "/orgs/acme/installation", account)
    with pytest.raises(InfradispatchError) as caught:
        find_installation(app, "acme", "site", deadline)
    assert code_of(caught) == code


def test_an_installation_that_appears_meanwhile_is_taken(stub: Stub, app: AppApi, deadline: Deadline) -> None:
    stub.on("GET", "/repos/acme/site/installation", NONE, Answer(200, {"id": 9}))
    stub.on("GET", f"{LIST}/9", Answer(200, {"id": 9, "permissions": {}}))
    assert find_installation(app, "acme", "site", deadline)["permissions"] == {}


@pytest.mark.parametrize("name", ["site", ""])
def test_a_refusal_ends_the_search(stub: Stub, app: AppApi, deadline: Deadline, name: str) -> None:
    refusal = Answer(403, {"message": "no"})
    for path in ("/repos/acme/site/installation", "/orgs/acme/installation"):
        stub.on("GET", path, refusal)
    with pytest.raises(InfradispatchError) as caught:
        find_installation(app, "acme", name, deadline)
    assert code_of(caught) == "not_permitted"
    assert len(stub.requests) == 1
