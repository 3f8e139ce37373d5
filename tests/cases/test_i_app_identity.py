# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class I, the App's identity: its id keeps its digits, and a JWT suits GitHub's clock and not the local one."""

from __future__ import annotations

import typing as t

import jwt
import pytest
from cases.support import expect
from cases.support.world import World, add_app

JSON = {"content-type": "application/json; charset=utf-8"}
TWENTY_DIGITS = "12345678901234567890"


def claims(world: World) -> list[dict[str, t.Any]]:
    """The claims of every JWT that came, in no order."""
    jwts = [text for text in world.github.world.presented if text.count(".") == 2 and not text.startswith("gh")]
    return [jwt.decode(text, options={"verify_signature": False}) for text in jwts]


def lookups(world: World) -> int:
    """How many requests the App made in its own name."""
    return sum(1 for request in world.requests() if request.credential == "jwt")


# -- P05: the id


@pytest.mark.parametrize("shape", ["client-id", "int", "text", "blanks", "newline"])
def test_an_id_of_the_app_becomes_the_issuer_digit_for_digit(world: World, shape: str) -> None:
    """P05 a-d."""
    number = world.app.id
    ids = {"client-id": world.app.client_id, "int": number, "text": str(number)}
    ids |= {"blanks": f" {number} ", "newline": f"{world.app.client_id}\n"}
    expect.success(world.run(world.by_app(app_id=ids[shape])), "accepted", world=world)
    for found in claims(world):
        assert found["iss"] == str(ids[shape]).strip()
        assert isinstance(found["iss"], str)


@pytest.mark.parametrize(
    "value", [TWENTY_DIGITS, int(TWENTY_DIGITS), "007", "Iv1.8a61f9b3a7aba766", "Iv23liAbCdEfGhIjKlMn"]
)
def test_an_unknown_id_reaches_github_unchanged(world: World, value: object) -> None:
    """P05 j: no rounding, no cutting; GitHub is the one to say that there is no such App."""
    result = world.run(world.by_app(app_id=value))
    expect.failure(result, "not_authenticated", says=[str(value), "not known"], world=world)
    assert {found["iss"] for found in claims(world)} == {str(value)}


@pytest.mark.parametrize(
    "value",
    [12345.0, 1.5, "12345.0", "1e5", True, False, "true", 0, "0", -1, "-1", "", "  ", "Ov23liAbCdEfGhIjKlMn", "12 345",
     "12_345", "my-app", [12345], {"id": 1}, "https://github.com/apps/x", "१२३", "Iv" + "x" * 200, b"123"],
)  # fmt: skip
def test_what_is_no_id_is_refused_before_any_request(world: World, value: object) -> None:
    """P05 e-i and their kin."""
    result = world.run(world.by_app(app_id=value))
    expect.failure(result, "invalid_input", says=["app_id"], world=world)
    assert world.requests() == []


@pytest.mark.parametrize("value", ["12345.0", "true", "0", "-1", "my-app"])
def test_the_same_from_the_environment_names_the_variable(world: World, value: str) -> None:
    result = world.run(world.by_app(app_id=None), env={"GITHUB_APP_CLIENT_ID": value})
    expect.failure(result, "invalid_input", says=["GITHUB_APP_CLIENT_ID"], world=world)
    assert world.requests() == []


def test_a_server_that_wants_a_number_gets_one(world: World) -> None:
    """Some servers refuse an issuer that is a text; the id is tried as a number once."""
    world.app.issuer_rule = "integer"
    expect.success(world.run(world.by_app(app_id=str(world.app.id))), "accepted", world=world)
    assert {type(found["iss"]) for found in claims(world)} == {str, int}


def test_a_client_id_is_never_made_a_number(world: World) -> None:
    world.app.issuer_rule = "integer"
    result = world.run(world.by_app())
    expect.failure(result, "not_authenticated", says=["must be an Integer", world.app.client_id], world=world)
    assert lookups(world) == 1


# -- P06: key and id of different Apps


def decoded_words(world: World, result: dict[str, t.Any], app_id: object) -> None:
    """GitHub's words, the id, the key, and the clock: once, without a second try."""
    expect.failure(
        result,
        "not_authenticated",
        says=["JSON web token could not be decoded", f"key belongs to the App {app_id}", "clock"],
        world=world,
    )
    assert lookups(world) == 1
    assert world.clock.sleeps == []
    assert result["error"]["status"] == 401


def test_the_key_of_another_app(world: World) -> None:
    other = add_app(world.github, "other", 1)
    other.install("acme")
    decoded_words(world, world.run(world.by_app(app_id=other.client_id)), other.client_id)


def test_the_key_of_another_app_at_the_token_request(world: World) -> None:
    """With a known installation the token request is the first to fail."""
    other = add_app(world.github, "other", 1)
    options = world.by_app(app_id=other.id, installation_id=other.install("acme").id)
    decoded_words(world, world.run(options), other.id)
    assert len(world.mints) == 1


@pytest.mark.parametrize("path", [r"/installation$", r"/access_tokens$"])
def test_github_says_so_at_either_request(world: World, path: str) -> None:
    world.github.faults.key_mismatch(path=path, times=None)
    result = world.run(world.by_app())
    expect.failure(result, "not_authenticated", says=["could not be decoded", world.app.client_id], world=world)
    assert sum(1 for request in world.requests() if request.status == 401) == 1


def test_a_key_that_was_deleted(world: World) -> None:
    world.app.public_keys = [t.cast(t.Any, add_app(world.github, "other", 1)).public_keys[0]]
    decoded_words(world, world.run(world.by_app()), world.app.client_id)


def test_an_app_without_any_key(world: World) -> None:
    world.app.remove_keys()
    result = world.run(world.by_app())
    expect.failure(result, "not_authenticated", says=["must generate a public key"], world=world)


@pytest.mark.parametrize("status", [401, 404])
def test_an_app_that_does_not_exist_there(world: World, status: int) -> None:
    """GitHub was seen to answer both."""
    world.github.world.integration_not_found_status = status
    result = world.run(world.by_app(app_id=999_999))
    expect.failure(result, "not_authenticated", says=["999999", "api_url"], world=world)


def test_the_same_key_for_the_right_app_is_fine(world: World) -> None:
    second = world.app.add_key()
    expect.success(world.run(world.by_app(private_key=second)), "accepted", world=world)


# -- P07: the clock of this machine


@pytest.mark.parametrize("ahead", [0, 45, -45, 59, -59, 0.75, -0.75, 20, -20])
def test_a_clock_that_is_nearly_right_succeeds_at_once(world: World, ahead: float) -> None:
    """P07 a, b: nothing is refused, because the claims leave room on both sides."""
    world.clock.ahead = ahead
    expect.success(world.run(world.by_app()), "accepted", world=world)
    assert all(request.status != 401 for request in world.requests())
    for found in claims(world):
        assert {found["iat"].__class__, found["exp"].__class__} == {int}
        assert found["exp"] - found["iat"] <= 600
        assert found["iat"] <= world.clock.now() - 60
        assert found["exp"] <= world.clock.now() + 540


@pytest.mark.parametrize("ahead", [540, -1200, 75, -700, 3600, -3600, 86400 * 30, -86400 * 365])
def test_a_wrong_clock_is_healed_by_the_date_of_the_server(world: World, ahead: float) -> None:
    """P07 c, d: one corrected try."""
    world.clock.ahead = ahead
    expect.success(world.run(world.by_app()), "accepted", world=world)
    assert sum(1 for request in world.requests() if request.status == 401) == 1


@pytest.mark.parametrize("ahead", [540, -1200])
@pytest.mark.parametrize("date", ["nonsense", "", "Thu, 99 Foo 2026 00:00:00 GMT"])
def test_without_a_date_the_clock_is_named(world: World, ahead: float, date: str) -> None:
    world.clock.ahead = ahead
    world.github.faults.add(credential="jwt", times=None, headers={"date": date})
    result = world.run(world.by_app())
    expect.failure(result, "not_authenticated", says=["clock of this machine"], world=world)
    assert lookups(world) == 1


def test_a_clock_that_stays_wrong_is_told_in_seconds(world: World) -> None:
    """A server whose Date is not the clock it judges by: the difference that was measured is in the message."""
    world.clock.ahead = -1200
    expired = "'Expiration time' claim ('exp') must be a numeric value representing the future time"
    world.github.faults.add(
        credential="jwt",
        times=None,
        status=401,
        headers={"content-type": "application/json"},
        body={"message": expired},
    )
    result = world.run(world.by_app())
    expect.failure(result, "not_authenticated", says=[r"\b(1199|1200|1201) s behind"], world=world)
    assert result["error"]["clock_skew"] == pytest.approx(1200, abs=2)
    assert lookups(world) == 2


def test_jwts_are_made_anew_across_a_long_wait(world: World) -> None:
    """A JWT that was kept would have expired after the first hour."""
    world.github.script_runs("acme/site", statuses=[["in_progress", 0], ["completed", 3 * 3600]])
    result = world.run(world.by_app(wait=True, wait_timeout=4 * 3600))
    expect.success(result, "succeeded", world=world)
    assert len({found["iat"] for found in claims(world)}) > 2
    assert all(request.status != 401 for request in world.requests())


def test_a_clock_that_is_set_while_waiting(world: World) -> None:
    """Time-outs go by the monotonic clock; JWTs are healed again."""
    world.github.script_runs("acme/site", statuses=[["in_progress", 0], ["completed", 2 * 3600]])

    def set_clock(text: str) -> None:
        if "in_progress" in text:
            world.clock.ahead = -5000

    world.on_progress = set_clock
    result = world.run(world.by_app(wait=True, wait_timeout=3 * 3600))
    expect.success(result, "succeeded", world=world)
    assert world.clock.ahead == -5000
