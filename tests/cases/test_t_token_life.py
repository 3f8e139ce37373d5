# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class T, the life of tokens: too young, too old, given by somebody else, and gone after use."""

from __future__ import annotations

import typing as t

import pytest
from cases.support import expect
from cases.support.world import World

DISPATCHES, MINT, INSTALLATION_TOKEN = r"/dispatches$", r"/access_tokens$", "/installation/token"
LAG = (401, 403)


# -- P19: too young


@pytest.mark.parametrize("uses", [1, 2, 3])
@pytest.mark.parametrize("status", LAG)
def test_a_token_that_is_not_known_yet_is_tried_again(world: World, status: int, uses: int) -> None:
    """P19: 1, 2, 4 seconds; one event."""
    world.github.faults.token_lag(status, uses, path=DISPATCHES)
    expect.success(world.run(world.by_app()), "accepted", world=world)
    assert world.clock.sleeps == [1, 2, 4][:uses]
    assert len(world.mints) == 1


def test_a_repository_that_is_not_seen_yet(world: World) -> None:
    """A private repository is 404 to a token whose permissions are not known yet."""
    world.github.faults.not_found(times=2)
    expect.success(world.run(world.by_app()), "accepted", world=world)
    assert world.clock.sleeps == [1, 2]


@pytest.mark.parametrize("status", LAG)
@pytest.mark.parametrize("path", [r"/actions/runs$", r"/actions/runs/\d+$"])
def test_the_lag_can_show_at_reading_too(world: World, path: str, status: int) -> None:
    world.github.script_runs("acme/site", statuses=["queued", "queued", "in_progress", "completed"])
    world.github.faults.token_lag(status, 2, path=path)
    expect.success(world.run(world.by_app(wait=True)), "succeeded", world=world)
    assert len(world.posts) == 1


@pytest.mark.parametrize("status", LAG)
def test_a_lag_that_does_not_end_says_for_how_long_it_was_tried(world: World, status: int) -> None:
    world.github.faults.token_lag(status, 99, path=DISPATCHES)
    result = world.run(world.by_app())
    code = "not_authenticated" if status == 401 else "not_permitted"
    expect.failure(result, code, says=["token was new", "tried again for 7 s"], world=world)
    assert world.clock.slept <= 10
    assert len(world.posts) == 4


@pytest.mark.parametrize("status", LAG)
def test_a_personal_token_is_never_tried_again(world: World, status: int) -> None:
    """P19: it was not made seconds ago by this run."""
    world.github.faults.token_lag(status, 1, path=DISPATCHES, credential="classic")
    result = world.run(world.by_token())
    expect.failure(result, "not_authenticated" if status == 401 else "not_permitted", world=world)
    assert len(world.posts) == 1
    assert world.clock.sleeps == []


@pytest.mark.parametrize("status", LAG)
def test_a_token_that_is_no_longer_young_is_not_waited_for(world: World, status: int) -> None:
    """A 401 has it replaced once, a 403 is what it is."""
    world.github.faults.secondary_limit(403, 30)
    world.github.faults.token_lag(status, 1, path=DISPATCHES)
    result = world.run(world.by_app())
    if status == 401:
        expect.success(result, "accepted", world=world)
        assert len(world.mints) == 2
    else:
        expect.failure(result, "not_permitted", world=world)
    assert len(world.posts) == 2 + (status == 401)
    assert world.clock.sleeps == [30]


# -- P20: too old

HOURS = 3600.0


def long_run(world: World, hours: float = 1.5, conclusion: str = "success") -> None:
    world.github.script_runs(
        "acme/site", statuses=[["in_progress", 60], ["completed", hours * HOURS]], conclusion=conclusion
    )


@pytest.mark.parametrize(("conclusion", "outcome"), [("success", "succeeded"), ("failure", None)])
def test_a_long_run_outlives_the_token(world: World, conclusion: str, outcome: str | None) -> None:
    """P20: renewed before it expires, no request is refused, one event, and the run's own verdict."""
    long_run(world, 2.5, conclusion)
    result = world.run(world.by_app(wait=True, wait_timeout=4 * 3600))
    if outcome:
        expect.success(result, outcome, world=world)
    else:
        expect.failure(result, "run_unsuccessful", changed=True, world=world)
    assert len(world.mints) == 3 + (outcome is None)  # why a job failed is asked with a token of its own
    assert len(world.posts) == 1
    assert all(request.status != 401 for request in world.requests())


LIVES: dict[str, t.Any] = {
    "missing": "__remove__", "null": None, "number": 1790000000, "text": "soon", "empty": "", "list": [],
    "past": "2020-01-01T00:00:00Z", "far": "2099-01-01T00:00:00Z", "offset": "+00:00", "fraction": ".123Z",
    "offset-elsewhere": "+02:00",
}  # fmt: skip


@pytest.mark.parametrize("name", LIVES)
def test_a_strange_expiry_is_no_trouble(world: World, name: str) -> None:
    """P20: a conservative life in place of a traceback; the run is seen to its end."""
    from emulator.clock import iso

    value = LIVES[name]
    start = iso(world.github.clock.now() + 1800 + (7200 if name == "offset-elsewhere" else 0)).removesuffix("Z")
    value = start + value if isinstance(value, str) and value[:1] in ("+", ".") else value
    world.github.world.token_lifetime = 1800.0
    world.github.faults.add(path=MINT, times=None, replace={"expires_at": value})
    long_run(world, 1.0)
    result = world.run(world.by_app(wait=True, wait_timeout=2 * 3600))
    expect.success(result, "succeeded", world=world)
    refused = [request for request in world.requests() if request.status == 401]
    assert len(refused) <= (2 if name == "far" else 0)
    assert len(world.mints) <= 20


@pytest.mark.parametrize("life", [5.0, 1.0, 61.0, 119.0])
def test_a_very_short_life(world: World, life: float) -> None:
    """P20: expires_at = now + 5 s, and a time-out of 30 s and more."""
    world.github.world.token_lifetime = life
    long_run(world, 200 / 3600)
    expect.success(world.run(world.by_app(wait=True, wait_timeout=400)), "succeeded", world=world)
    assert len(world.posts) == 1


def test_a_token_that_is_revoked_while_waiting_is_replaced_once(world: World) -> None:
    long_run(world)
    world.on_progress = lambda text: revoke_all(world) if "in_progress (" in text else None
    expect.success(world.run(world.by_app(wait=True, wait_timeout=2 * 3600)), "succeeded", world=world)
    assert sum(1 for request in world.requests() if request.status == 401) == 1


def revoke_all(world: World) -> None:
    for token in world.github.world.tokens.values():
        token.revoked = True


def test_an_installation_that_is_suspended_while_waiting(world: World) -> None:
    long_run(world)
    world.on_progress = lambda text: world.installation.suspend() if "in_progress" in text else None
    result = world.run(world.by_app(wait=True, wait_timeout=2 * 3600))
    expect.failure(result, "not_permitted", says=["suspended"], changed=True, world=world)
    assert result["runs"][0]["status"] == "in_progress"


def expires_while_waiting(world: World, token: str) -> None:
    long_run(world)
    result = world.run(world.by_token(token=token, wait=True, wait_timeout=2 * 3600))
    expect.failure(
        result, "not_authenticated", says=["expired or was revoked while waiting", "goes on", "/actions/runs/"],
        changed=True, world=world,
    )  # fmt: skip
    assert result["runs"][0]["html_url"] in result["msg"]
    assert len(world.posts) == 1


@pytest.mark.parametrize("kind", ["classic", "fine-grained"])
def test_a_personal_token_that_expires_while_waiting(world: World, kind: str) -> None:
    """P20: it can't be renewed; the event was sent, and the run goes on."""
    rights: dict[str, t.Any] = {"scopes": ["repo"]}
    if kind == "fine-grained":
        rights = {"repositories": ["acme/site"], "permissions": {"contents": "write", "actions": "read"}}
    expires_while_waiting(world, world.github.add_token(kind, expires_at=world.github.clock.now() + 600, **rights))


def test_a_token_from_somewhere_else_that_expires_while_waiting(world: World) -> None:
    """P20: an installation token, as the lookup makes it, with no key at hand."""
    with world.github.world.lock:
        rights = {"contents": "write", "actions": "read", "metadata": "read"}
        made = world.github.world.mint(world.installation, rights, None, stateless=False, narrowed=False)
    expires_while_waiting(world, made.value)


# -- what a token may do, and its end


@pytest.mark.parametrize(
    ("options", "permissions"),
    [
        ({}, {"contents": "write"}),
        ({"wait": True}, {"contents": "write", "actions": "read"}),
        ({"wait": True, "cancel_on_timeout": True}, {"contents": "write", "actions": "write"}),
    ],
)
def test_a_token_is_narrowed_to_the_repository_and_the_need(
    world: World, options: dict[str, t.Any], permissions: dict[str, str]
) -> None:
    world.github.add_repository("acme/other")
    expect.success(world.run(world.by_app(**options)), "succeeded" if options else "accepted", world=world)
    for request in world.requests():
        if request.credential == "installation" and request.path != INSTALLATION_TOKEN:
            assert request.permissions == {**permissions, "metadata": "read"}
            assert request.repositories == ["acme/site"]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_every_token_is_revoked_after_use(world: World, fails: bool, check_mode: bool) -> None:
    if fails:
        world.github.faults.server_error(500, times=None)
    world.run(world.by_app(find_timeout=5), check_mode=check_mode)
    made = [token for token in world.github.world.tokens.values() if token.kind == "installation"]
    assert made
    assert all(token.revoked for token in made)
    assert len(world.requests("DELETE", INSTALLATION_TOKEN)) == len(made)


@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}, {"status": 401}, {"hang": True}, {"status": 404}])
def test_a_token_that_can_not_be_revoked_changes_nothing(world: World, fault: dict[str, t.Any]) -> None:
    world.github.faults.add(method="DELETE", path=INSTALLATION_TOKEN, times=None, **fault)
    expect.success(world.run(world.by_app(timeout=0.2)), "accepted", world=world)


def test_a_token_of_somebody_else_is_never_revoked(world: World) -> None:
    expect.success(world.run(world.by_token()), "accepted", world=world)
    assert world.requests("DELETE") == []


@pytest.mark.parametrize("stateless", [False, True])
def test_both_forms_of_tokens_work(world: World, stateless: bool) -> None:
    """Forty characters, or half a kilobyte with dots inside."""
    world.github.service.stateless_tokens = stateless
    try:
        expect.success(world.run(world.by_app(wait=True)), "succeeded", world=world)
    finally:
        world.github.service.stateless_tokens = False


@pytest.mark.parametrize(
    "text",
    ["", " ", "a b", "tökén", "x\r\nHost: y", "-----BEGIN RSA PRIVATE KEY-----", "\x00", "ghp_\u200babc", 5, True],
)
def test_a_token_that_is_none_is_refused_before_any_request(world: World, text: t.Any) -> None:
    result = world.run(world.by_token(token=text))
    if isinstance(text, str):
        expect.failure(result, "invalid_input", says=["token"], world=world)
        assert world.requests() == []
    else:
        assert result["failed"]


@pytest.mark.parametrize("around", ["{}\n", "  {}", "{}\r\n", "\t{}\t"])
def test_white_space_around_a_token_is_taken_off(world: World, around: str) -> None:
    """What a file or a command leaves at the end."""
    expect.success(world.run(world.by_token(token=around.format(world.pat))), "accepted", world=world)


# -- which credential counts


def test_two_kinds_of_credential_given_are_refused(world: World) -> None:
    result = world.run(world.by_app(token=world.pat))
    expect.failure(result, "invalid_input", says=["Two kinds of credential"], world=world)
    assert world.requests() == []


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GH_TOKEN"])
def test_a_token_in_the_environment_does_not_clash_with_an_app(world: World, name: str) -> None:
    expect.success(world.run(world.by_app(), env={name: "ghp_of_the_pipeline"}), "accepted", world=world)
    assert {request.credential for request in world.requests()} == {"jwt", "installation"}


@pytest.mark.parametrize(("first", "second"), [("GITHUB_TOKEN", "GH_TOKEN")])
def test_the_first_variable_that_is_set_counts(world: World, first: str, second: str) -> None:
    options = world.by_token(token=None)
    env = {first: world.pat, second: "ghp_other_token"}
    expect.success(world.run(options, env=env), "accepted", world=world)
    expect.success(world.run(options, env={first: "", second: world.pat}), "accepted", world=world, accepted=2)


def test_no_credential_at_all_names_all_ways(world: World) -> None:
    result = world.run(world.by_token(token=None))
    says = ["No credential", "GITHUB_TOKEN", "GITHUB_APP_CLIENT_ID", "GITHUB_APP_PRIVATE_KEY", "app_id"]
    expect.failure(result, "invalid_input", says=says, world=world)
    assert world.requests() == []
