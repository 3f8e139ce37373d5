# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strict where GitHub is strict: claims of the JWT, scopes, narrowing, life of tokens."""

from __future__ import annotations

import base64
import json
import re
import typing as t

import jwt
import pytest
from conformance.worlds import World

DISPATCHES = "/repos/acme/site/dispatches"
FAR = "'Expiration time' claim ('exp') is too far in the future"
EXPIRED = "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion"
EXPIRED += " expires"
ISSUED = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
UNDECODED = "A JSON web token could not be decoded"


def message(answer: t.Any) -> str:
    return str(answer.json()["message"])


class TestAppJwt:
    @pytest.mark.parametrize("issuer", ["client_id", "string", "integer"])
    def test_every_form_of_the_issuer_is_accepted(self, world: World, issuer: str) -> None:
        iss = {"client_id": world.app.client_id, "string": str(world.app.id), "integer": world.app.id}[issuer]
        claims = {"iat": int(world.github.clock.now()) - 60, "exp": int(world.github.clock.now()) + 300}
        token = _signed({**claims, "iss": iss}, world.app.private_key)
        assert world.ask("GET", "/app", token).json()["slug"] == "infra-dispatcher"

    @pytest.mark.parametrize(
        ("claims", "expected"),
        [
            ({"exp": 700}, FAR),
            ({"exp": -1}, EXPIRED),
            ({"exp": None}, EXPIRED),
            ({"iat": 45}, ISSUED),
            ({"iat": None}, ISSUED),
        ],
    )
    def test_times_are_checked_by_the_clock_of_the_server(
        self, world: World, claims: dict[str, int | None], expected: str
    ) -> None:
        world.github.clock.skew(-5000)
        now = int(world.github.clock.now())
        token = world.jwt(**{name: None if shift is None else now + shift for name, shift in claims.items()})
        answer = world.ask("GET", "/app", token)
        assert (answer.status_code, message(answer)) == (401, expected)

    def test_fractions_of_seconds_are_refused(self, world: World) -> None:
        answer = world.ask("GET", "/app", world.jwt(iat=world.github.clock.now() - 60.5))
        assert message(answer) == ISSUED

    def test_key_of_another_app(self, world: World) -> None:
        other = world.github.add_app("other")
        world.app.private_key = other.private_key
        answer = world.ask("GET", "/app", world.jwt())
        assert (answer.status_code, message(answer)) == (401, UNDECODED)

    def test_other_algorithms_are_refused(self, world: World) -> None:
        token = jwt.encode({"iss": world.app.client_id}, "x" * 32, algorithm="HS256")
        assert message(world.ask("GET", "/app", token)) == UNDECODED

    def test_unknown_app(self, world: World) -> None:
        answer = world.ask("GET", "/app", world.jwt(iss="Iv23liUnknown"))
        assert (answer.status_code, message(answer)) == (404, "Integration not found")

    def test_app_without_keys(self, world: World) -> None:
        world.app.remove_keys()
        assert message(world.ask("GET", "/app", world.jwt())) == "Integration must generate a public key"

    def test_integers_only_on_some_hosts(self, world: World) -> None:
        world.app.issuer_rule = "integer"
        answer = world.ask("GET", "/app", world.jwt(iss=str(world.app.id)))
        assert message(answer) == "'Issuer' claim ('iss') must be an Integer"

    def test_scheme_token_is_not_for_a_jwt(self, world: World) -> None:
        answer = world.ask("GET", "/app", headers={"Authorization": f"token {world.jwt()}"})
        assert (answer.status_code, message(answer)) == (401, "Bad credentials")

    def test_a_jwt_opens_no_repository(self, world: World) -> None:
        assert world.ask("GET", "/repos/acme/site", world.jwt()).status_code == 401

    def test_a_token_is_no_jwt(self, world: World) -> None:
        assert world.ask("GET", "/app", world.mint()).status_code == 401


class TestInstallationToken:
    def test_narrowed_to_repository_and_permissions(self, world: World) -> None:
        token = world.mint(repositories=["open"], permissions={"contents": "write"})
        assert world.dispatch(token).status_code == 404
        assert world.ask("GET", "/repos/acme/open", token).json()["permissions"]["push"] is True
        assert world.github.requests[-1].repositories == ["acme/open"]
        assert world.github.requests[-1].permissions == {"contents": "write", "metadata": "read"}

    def test_missing_permission_is_named(self, world: World) -> None:
        answer = world.dispatch(world.mint(permissions={"contents": "read"}))
        assert (answer.status_code, message(answer)) == (403, "Resource not accessible by integration")
        assert answer.headers["x-accepted-github-permissions"] == "contents=write"
        assert world.github.events("acme/site") == []

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"repositories": ["acme/site"]}, "There is at least one repository that does not exist"),
            ({"repositories": ["nowhere"]}, "There is at least one repository that does not exist"),
            ({"repository_ids": [1]}, "There is at least one repository that does not exist"),
            ({"permissions": {"contents": "admin"}}, "The permissions requested are not granted"),
            ({"permissions": {"pull-requests": "read"}}, "The permissions requested are not granted"),
        ],
    )
    def test_more_than_was_granted(self, world: World, body: dict[str, t.Any], expected: str) -> None:
        path = f"/app/installations/{world.installation.id}/access_tokens"
        answer = world.ask("POST", path, world.jwt(), json=body)
        assert answer.status_code == 422
        assert message(answer).startswith(expected)

    def test_lives_one_hour_on_the_clock_of_the_server(self, world: World) -> None:
        token = world.mint()
        world.github.clock.advance(3590)
        assert world.dispatch(token).status_code == 204
        world.github.clock.advance(11)
        answer = world.dispatch(token)
        assert (answer.status_code, message(answer)) == (401, "Bad credentials")

    def test_revoked(self, world: World) -> None:
        token = world.mint()
        assert world.ask("DELETE", "/installation/token", token).status_code == 204
        assert world.ask("DELETE", "/installation/token", token).status_code == 401
        assert world.dispatch(token).status_code == 401

    def test_suspended(self, world: World) -> None:
        token = world.mint()
        world.installation.suspend()
        answer = world.ask("POST", f"/app/installations/{world.installation.id}/access_tokens", world.jwt())
        assert (answer.status_code, message(answer)) == (403, "This installation has been suspended")
        assert world.dispatch(token).status_code == 403

    def test_uninstalled(self, world: World) -> None:
        token = world.mint()
        world.installation.remove()
        assert world.dispatch(token).status_code == 401
        assert world.ask("GET", "/repos/acme/site/installation", world.jwt()).status_code == 404

    def test_of_a_user(self, world: World) -> None:
        world.github.add_repository("jane/dotfiles", owner_type="User")
        world.app.install("jane", ["dotfiles"])
        assert world.ask("GET", "/orgs/jane/installation", world.jwt()).status_code == 404
        assert world.ask("GET", "/users/jane/installation", world.jwt()).json()["target_type"] == "User"
        assert world.ask("GET", "/repos/jane/dotfiles/installation", world.jwt()).status_code == 200

    def test_installation_of_another_app(self, world: World) -> None:
        other = world.github.add_app("other").install("acme")
        answer = world.ask("POST", f"/app/installations/{other.id}/access_tokens", world.jwt())
        assert answer.status_code == 404

    def test_both_forms(self, world: World) -> None:
        path = f"/app/installations/{world.installation.id}/access_tokens"
        asked = {"X-GitHub-Stateless-S2S-Token": "enabled"}
        long = world.ask("POST", path, world.jwt(), headers=asked).json()["token"]
        short = world.mint()
        assert len(short) == 40
        assert len(long) == 520
        assert re.fullmatch(r"ghs_[\w.-]+", long)
        assert world.dispatch(long).status_code == 204

    def test_tells_when_it_expires_to_the_second(self, world: World) -> None:
        path = f"/app/installations/{world.installation.id}/access_tokens"
        expires = world.ask("POST", path, world.jwt()).json()["expires_at"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", expires)

    def test_is_no_user(self, world: World) -> None:
        assert message(world.ask("GET", "/user", world.mint())) == "Resource not accessible by integration"


class TestPersonalToken:
    @pytest.mark.parametrize(
        ("repository", "scopes", "status"),
        [
            ("site", ["repo"], 204),
            ("site", ["public_repo"], 404),
            ("site", [], 404),
            ("open", ["public_repo"], 204),
            ("open", [], 404),
        ],
    )
    def test_scopes_of_classic_tokens(self, world: World, repository: str, scopes: list[str], status: int) -> None:
        token = world.github.add_token("classic", scopes=scopes)
        answer = world.ask("POST", f"/repos/acme/{repository}/dispatches", token, json={"event_type": "x"})
        assert answer.status_code == status
        assert answer.headers["x-oauth-scopes"] == ", ".join(scopes)

    def test_classic_token_of_a_reader(self, world: World) -> None:
        token = world.github.add_token("classic", scopes=["repo"], push=False)
        assert world.dispatch(token).status_code == 404
        assert world.ask("GET", "/repos/acme/site", token).json()["permissions"]["push"] is False

    def test_fine_grained(self, world: World) -> None:
        token = world.github.add_token("fine-grained", repositories=["acme/site"], permissions={"contents": "read"})
        answer = world.dispatch(token)
        assert (answer.status_code, message(answer)) == (403, "Resource not accessible by personal access token")
        assert answer.headers["x-accepted-github-permissions"] == "contents=write"

    def test_fine_grained_for_another_repository(self, world: World) -> None:
        token = world.github.add_token("fine-grained", repositories=["acme/open"], permissions={"contents": "write"})
        assert world.dispatch(token).status_code == 404

    def test_expired(self, world: World) -> None:
        token = world.github.add_token("classic", scopes=["repo"], expires_at=world.github.clock.now() + 100)
        assert "github-authentication-token-expiration" in world.dispatch(token).headers
        world.github.clock.advance(101)
        assert world.dispatch(token).status_code == 401

    @pytest.mark.parametrize(
        ("zone", "told"), [("UTC", "2033-05-18 03:33:20 UTC"), ("+0530", "2033-05-18 09:03:20 +0530")]
    )
    def test_both_forms_of_the_expiry(self, world: World, zone: str, told: str) -> None:
        token = world.github.add_token("classic", scopes=["repo"], expires_at=2_000_000_000.0, expiry_zone=zone)
        assert world.ask("GET", "/user", token).headers["github-authentication-token-expiration"] == told

    def test_single_sign_on(self, world: World) -> None:
        token = world.github.add_token("classic", scopes=["repo"], sso_required=True)
        answer = world.dispatch(token)
        assert answer.status_code == 403
        assert answer.headers["x-github-sso"].startswith("required; url=https://")

    def test_basic_authentication(self, world: World) -> None:
        token = world.github.add_token("classic", scopes=["repo"])
        basic = base64.b64encode(f"octocat:{token}".encode()).decode()
        assert world.ask("GET", "/user", headers={"Authorization": f"Basic {basic}"}).json()["login"] == "octocat"

    @pytest.mark.parametrize(
        ("credential", "expected"), [(None, "Requires authentication"), ("ghp_x", "Bad credentials")]
    )
    def test_without_a_valid_one(self, world: World, credential: str | None, expected: str) -> None:
        answer = world.ask("POST", DISPATCHES, credential, data="not even JSON")
        assert answer.status_code == 401
        assert answer.json() == {
            "message": expected,
            "documentation_url": "https://docs.github.com/rest",
            "status": "401",
        }


def _signed(claims: dict[str, t.Any], key: str) -> str:
    """Sign claims that PyJWT itself would not write, such as an issuer that is a number."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm="RS256")
