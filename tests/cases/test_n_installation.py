# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class N, installation and access: the right endpoint, one true cause, and never a second try where none can help."""

from __future__ import annotations

import typing as t

import pytest
from cases.support import expect
from cases.support.world import FILES, World, add_app

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import open_app
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.mint import read_scope

INSTALLATION = r"/installation$"


def asked(world: World) -> list[str]:
    """The questions for an installation, in order."""
    return [request.path for request in world.requests("GET", INSTALLATION)]


def mint(world: World, term: str, repositories: list[str] | None = None, **options: t.Any) -> dict[str, t.Any]:
    """Make a token as the lookup does; answers with the token's record, or with the error as a failed result."""
    known = set(world.github.world.tokens)
    client = open_app(world.by_app(**options), env={}, clock=world.clock)
    try:
        scope = read_scope(term, repositories, {"contents": "write"})
        grant = client.credential.mint(scope, Deadline.after(world.clock, 60))
    except InfradispatchError as error:
        return {"failed": True, "changed": False, "msg": str(error), "error": error.as_dict()}
    finally:
        client.connection.close()
    assert set(world.github.world.tokens) - known == {grant.token.reveal()}
    return {"token": world.github.world.tokens[grant.token.reveal()]}


# -- P08: the kind of the owner


@pytest.mark.parametrize("kind", ["Organization", "User"])
def test_a_repository_alone_is_enough(world: World, kind: str) -> None:
    """P08 a: its endpoint serves both kinds of owners."""
    world.github.add_repository("somebody/site", files=FILES, owner_type=kind)
    world.app.install("somebody")
    expect.success(world.run(world.by_app(repository="somebody/site")), "accepted", world=world)
    assert asked(world) == ["/repos/somebody/site/installation"]


@pytest.mark.parametrize(
    ("kind", "questions"),
    [
        ("Organization", ["/orgs/somebody/installation"]),
        ("User", ["/orgs/somebody/installation", "/users/somebody/installation"]),
    ],
)
def test_an_owner_alone_is_asked_for_as_organisation_and_then_as_user(
    world: World, kind: str, questions: list[str]
) -> None:
    """P08 b, c, d."""
    world.github.add_repository("somebody/site", owner_type=kind)
    installation = world.app.install("somebody")
    token = mint(world, "somebody")["token"]
    assert token.installation is installation
    assert asked(world) == questions


@pytest.mark.parametrize("value", ["int", "text", "blanks"])
def test_a_known_installation_is_not_looked_up(world: World, value: str) -> None:
    """P08 e."""
    number = world.installation.id
    given: t.Any = {"int": number, "text": str(number), "blanks": f" {number} "}[value]
    expect.success(world.run(world.by_app(installation_id=given)), "accepted", world=world)
    assert asked(world) == []


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "12 34", True])
def test_an_installation_that_is_no_number_is_refused(world: World, value: object) -> None:
    result = world.run(world.by_app(installation_id=value))
    expect.failure(result, "invalid_input", says=["installation_id"], world=world)
    assert world.requests() == []


def test_an_unknown_installation(world: World) -> None:
    result = world.run(world.by_app(installation_id=4711))
    expect.failure(result, "not_found", says=["4711", "acme/site", "installation_id"], world=world)


def test_the_installation_of_another_app(world: World) -> None:
    other = add_app(world.github, "other", 1).install("acme")
    result = world.run(world.by_app(installation_id=other.id))
    expect.failure(result, "not_found", says=[str(other.id)], world=world)


@pytest.mark.parametrize("name", ["ACME/site", "acme/SITE", "Acme/Site"])
def test_letter_case_does_not_matter(world: World, name: str) -> None:
    """P08 f."""
    expect.success(world.run(world.by_app(repository=name)), "accepted", world=world)


def test_letter_case_of_an_owner_does_not_matter(world: World) -> None:
    assert mint(world, "ACME")["token"].installation is world.installation


@pytest.mark.parametrize("status", [401, 403, 500, 502, 503])
@pytest.mark.parametrize("first", ["/repos/acme/site", "/orgs/acme"])
def test_a_refusal_of_the_first_question_is_reported(world: World, first: str, status: int) -> None:
    """P08: only 404 leads to the next endpoint."""
    body = {"message": "No, for a reason"}
    world.github.faults.add(path=f"^{first}/installation$", times=None, status=status, body=body)
    result = world.run(world.by_app()) if first.startswith("/repos") else mint(world, "acme")
    code = {401: "not_authenticated", 403: "not_permitted"}.get(status, "unreachable")
    expect.failure(result, code, says=["No, for a reason"], world=world, accepted=0)
    assert set(asked(world)) == {f"{first}/installation"}
    assert world.mints == []


def test_what_is_known_of_one_owner_is_not_used_for_another(world: World) -> None:
    """P08: each owner has an installation, and each event a token, of its own."""
    for owner in ("umbrella", "wayne"):
        world.github.add_repository(f"{owner}/site", files=FILES)
        world.app.install(owner)
    names = ["acme/site", "umbrella/site", "wayne/site"]
    result = world.run(world.by_app(repository=None, repositories=names))
    expect.success(result, "accepted", world=world, accepted=3)
    for _where, event in world.github.world.events:
        assert len(event.repositories) == 1
    assert sorted(event.repositories[0] for _where, event in world.github.world.events) == names


# -- P09: installed, but not there


def selected(world: World) -> None:
    """Install the App for one repository only."""
    world.github.add_repository("acme/other")
    world.installation.repository_ids = {world.github.repository("acme/other").id}


@pytest.mark.parametrize("kind", ["Organization", "User"])
def test_not_among_the_selected_repositories(world: World, kind: str) -> None:
    world.github.world.account("acme").type = kind
    selected(world)
    result = world.run(world.by_app())
    expect.failure(
        result, "not_permitted", says=["acme/site", "installed on acme, but not for", "selected"], world=world
    )
    assert "not installed" not in result["msg"]
    assert world.mints == []


def test_a_mistyped_name_among_selected_repositories(world: World) -> None:
    selected(world)
    result = world.run(world.by_app(repository="acme/siet"))
    expect.failure(result, "not_permitted", says=["acme/siet", "check the name"], world=world)
    assert "not installed" not in result["msg"]


def test_a_mistyped_name_of_an_app_that_is_installed_on_all(world: World) -> None:
    result = world.run(world.by_app(repository="acme/siet"))
    expect.failure(result, "not_found", says=["no repository acme/siet", "check the name"], world=world)
    assert "not installed" not in result["msg"]


@pytest.mark.parametrize("exists", [True, False])
def test_not_installed_at_all(world: World, exists: bool) -> None:
    if exists:
        world.github.add_repository("umbrella/site")
    result = world.run(world.by_app(repository="umbrella/site"))
    expect.failure(result, "not_found", says=["umbrella/site", "not installed", "install the App"], world=world)


def test_not_installed_on_an_owner(world: World) -> None:
    expect.failure(mint(world, "umbrella"), "not_found", says=["umbrella", "not installed"], world=world)


def test_the_second_question_may_fail_too(world: World) -> None:
    """Then its failure is what is told, and nothing is claimed about the installation."""
    selected(world)
    world.github.faults.server_error(path="^/orgs/acme/installation$", times=None)
    result = world.run(world.by_app())
    expect.failure(result, "unreachable", says=["acme/site", "500"], world=world)


@pytest.mark.parametrize(
    "missing", [["permissions"], ["suspended_at"], ["repository_selection"], ["account", "html_url"]]
)
def test_nothing_but_the_id_of_an_installation_is_needed(world: World, missing: list[str]) -> None:
    """P09: what else is in the answer makes a message better; it is never required."""
    world.github.faults.add(path=INSTALLATION, times=None, replace=dict.fromkeys(missing, "__remove__"))
    expect.success(world.run(world.by_app()), "accepted", world=world)


def test_a_suspended_installation(world: World) -> None:
    world.installation.suspend()
    result = world.run(world.by_app())
    expect.failure(result, "not_permitted", says=["suspended", "acme/site", "unsuspend"], world=world)
    assert world.mints == []


def test_a_suspended_installation_by_its_id(world: World) -> None:
    world.installation.suspend()
    result = world.run(world.by_app(installation_id=world.installation.id))
    expect.failure(result, "not_permitted", says=["suspended"], world=world)


def test_an_installation_by_id_without_this_repository(world: World) -> None:
    selected(world)
    result = world.run(world.by_app(installation_id=world.installation.id))
    expect.failure(result, "not_permitted", says=["does not cover acme/site", "selected repositories"], world=world)


def test_one_of_several_repositories_is_out_of_reach(world: World) -> None:
    """The others get their event."""
    world.github.add_repository("acme/audit", files=FILES)
    result = world.run(world.by_app(repository=None, repositories=["acme/site", "acme/gone", "acme/audit"]))
    expect.failure(result, "not_found", says=["1 of 3", "acme/gone"], changed=True, world=world, accepted=2)
    assert [entry["changed"] for entry in result["dispatches"]] == [True, False, True]
    assert [entry["outcome"] for entry in result["dispatches"]] == ["accepted", "failed", "accepted"]
