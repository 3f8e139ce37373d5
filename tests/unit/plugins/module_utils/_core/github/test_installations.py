# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an App is installed, and why not."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.api import Api
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.app_api import AppApi
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.connection import Connection
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.installations import (
    Installation,
    Installations,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import Route
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.signing import CommandSigner
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

REPO, ORG, USER = "/repos/acme/site/installation", "/orgs/acme/installation", "/users/acme/installation"
SELECTED = Answer(200, {"id": 7, "repository_selection": "selected"})
ALL = Answer(200, {"id": 7, "repository_selection": "all"})
NONE = Answer(404, {"message": "Not Found"})


@pytest.fixture
def find(stub: Stub, clock: FakeClock) -> t.Iterator[t.Callable[..., Installation]]:
    """Find installations by the stub."""
    connection = Connection(stub.api_url, Route(None, True, None, None), 5)
    app = AppApi(Api(connection, clock), "12345", CommandSigner(["x"], lambda command, data: (0, b"\x01" * 256, b"")))
    known = Installations(app)
    yield lambda owner="acme", name="site": known.find(owner, name, Deadline.after(clock, 60))
    connection.close()


def test_the_repositorys_own_endpoint_is_enough(stub: Stub, find: t.Callable[..., Installation]) -> None:
    stub.on("GET", REPO, SELECTED)
    assert find() == Installation("7", "selected")
    assert stub.requests == [("GET", "/api/v3" + REPO)]


def test_an_owner_alone_is_an_organisation_or_else_a_user(stub: Stub, find: t.Callable[..., Installation]) -> None:
    stub.on("GET", ORG, NONE)
    stub.on("GET", USER, ALL)
    assert find("acme", "") == Installation("7", "all")
    assert stub.requests == [("GET", "/api/v3" + ORG), ("GET", "/api/v3" + USER)]


def test_each_is_found_once_in_any_letter_case_and_owners_are_kept_apart(
    stub: Stub, find: t.Callable[..., Installation]
) -> None:
    stub.on("GET", REPO, SELECTED)
    stub.on("GET", "/repos/other/site/installation", Answer(200, {"id": 8}))
    assert find() == find("ACME", "Site")
    assert len(stub.requests) == 1
    assert find("other").id == "8"


def test_a_renamed_repository_is_known_by_its_number(stub: Stub, find: t.Callable[..., Installation]) -> None:
    stub.on("GET", REPO, Answer(301, None, {"Location": "/api/v3/repositories/42/installation"}))
    stub.on("GET", "/repositories/42/installation", SELECTED)
    assert find() == Installation("7", "selected", 42)


@pytest.mark.parametrize("answer", [Answer(401), Answer(403), Answer(500)])
@pytest.mark.parametrize("name", ["site", ""])
def test_only_404_leads_to_another_question(
    stub: Stub, find: t.Callable[..., Installation], answer: Answer, name: str
) -> None:
    first = REPO if name else ORG
    stub.on("GET", first, answer)
    with pytest.raises(InfradispatchError) as caught:
        find("acme", name)
    assert caught.value.facts["status"] == answer.status
    assert set(stub.requests) == {("GET", "/api/v3" + first)}


CAUSES: dict[str, tuple[Answer, Answer, str, str, str]] = {
    "selected without it": (SELECTED, NONE, "not_permitted", "installed on acme, but not for the repository", ""),
    "unknown selection": (Answer(200, {"id": 7}), NONE, "not_permitted", "not for the repository acme/site", ""),
    "no such repository": (ALL, NONE, "not_found", "There is no repository acme/site", ""),
    "user, selected without it": (NONE, SELECTED, "not_permitted", "not for the repository acme/site", ""),
    "nowhere": (NONE, NONE, "not_found", "not installed for acme/site", "Install the App on acme"),
    "refused further on": (Answer(403, {"message": "No"}), NONE, "not_permitted", "acme/site", ""),
}


@pytest.mark.parametrize(("org", "user", "code", "words", "hint"), CAUSES.values(), ids=CAUSES)
def test_the_true_cause_of_404_is_named(
    stub: Stub, find: t.Callable[..., Installation], org: Answer, user: Answer, code: str, words: str, hint: str
) -> None:
    stub.on("GET", ORG, org)
    stub.on("GET", USER, user)
    with pytest.raises(InfradispatchError) as caught:
        find()
    assert caught.value.code == code
    assert words in caught.value.message
    assert hint in caught.value.hint
    assert ("not installed" in caught.value.message) == (hint != "")


def test_an_owner_without_an_installation_is_named(stub: Stub, find: t.Callable[..., Installation]) -> None:
    with pytest.raises(InfradispatchError, match="is not installed on acme") as caught:
        find("acme", "")
    assert caught.value.code == "not_found"


def test_a_suspended_installation_is_named(stub: Stub, find: t.Callable[..., Installation]) -> None:
    stub.on("GET", REPO, Answer(200, {"id": 7, "suspended_at": "2023-11-14T22:13:20Z"}))
    with pytest.raises(InfradispatchError, match="suspended") as caught:
        find()
    assert caught.value.code == "not_permitted"


@pytest.mark.parametrize("body", [None, [], {}, {"id": "7"}, {"id": None}, "<html>"])
def test_an_answer_without_an_id_is_not_understood(
    stub: Stub, find: t.Callable[..., Installation], body: t.Any
) -> None:
    stub.on("GET", REPO, Answer(200, body))
    with pytest.raises(InfradispatchError, match="can't be understood"):
        find()
