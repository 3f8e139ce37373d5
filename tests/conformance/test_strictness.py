# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strict where GitHub is strict: claims, scopes, narrowing, life of tokens, bodies, redirects, conditional requests."""

from __future__ import annotations

import base64
import json
import re
import typing as t

import jwt
import pytest
from conformance.worlds import World

DISPATCHES = "/repos/acme/site/dispatches"
DISPATCH_DOCS = "https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event"
FAR = "'Expiration time' claim ('exp') is too far in the future"
EXPIRED = "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
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


class TestDispatchBody:
    @pytest.mark.parametrize(
        ("body", "problems"),
        [
            ({}, ['"event_type" wasn\'t supplied.']),
            ({"event_type": "x", "ref": "main"}, ['"ref" is not a permitted key.']),
            ({"a": 1, "b": 2}, ['"a", "b" are not permitted keys.', '"event_type" wasn\'t supplied.']),
            ({"event_type": "x" * 101}, ["Only 100 characters are allowed; 101 were supplied."]),
            ({"event_type": None}, ["For 'properties/event_type', nil is not a string."]),
            (
                {"event_type": "x", "client_payload": '{"a":1}'},
                ['For \'properties/client_payload\', "{\\"a\\":1}" is not an object.'],
            ),
            ({"event_type": "x", "client_payload": None}, ["For 'properties/client_payload', nil is not an object."]),
            (
                {"event_type": "x", "client_payload": dict.fromkeys(map(str, range(13)))},
                ["No more than 10 properties are allowed; 13 were supplied."],
            ),
        ],
    )
    def test_grammar_of_422(self, world: World, body: dict[str, t.Any], problems: list[str]) -> None:
        answer = world.ask("POST", DISPATCHES, world.mint(), json=body)
        expected = {"message": "Invalid request.\n\n" + "\n".join(problems), "documentation_url": DISPATCH_DOCS}
        assert answer.status_code == 422
        assert answer.json() == {**expected, "status": "422"}

    @pytest.mark.parametrize(
        ("data", "status", "expected"),
        [
            (b"{", 400, "Problems parsing JSON"),
            (b'{"event_type":"x","client_payload":{"n":NaN}}', 400, "Problems parsing JSON"),
            (b'{"event_type":"\xff"}', 400, "Problems parsing JSON"),
            (b"[]", 400, "Body should be a JSON object"),
            (b"null", 400, "Body should be a JSON object"),
            (b"", 422, "Invalid request.\n\nFor 'links/0/schema', nil is not an object."),
        ],
    )
    def test_other_bodies(self, world: World, data: bytes, status: int, expected: str) -> None:
        answer = world.ask("POST", DISPATCHES, world.mint(), data=data)
        assert (answer.status_code, message(answer)) == (status, expected)

    @pytest.mark.parametrize(("extra", "status"), [(0, 204), (1, 422)])
    def test_size(self, world: World, extra: int, status: int) -> None:
        text = "ü" * (65_535 - len('{"text":""}') + extra)
        body = {"event_type": "x", "client_payload": {"text": text}}
        answer = world.ask("POST", DISPATCHES, world.mint(), json=body)
        assert answer.status_code == status
        if status == 422:
            assert message(answer) == "client_payload is too large."

    def test_accepted_though_nobody_listens(self, world: World) -> None:
        answer = world.ask("POST", DISPATCHES, world.mint(), json={"event_type": "nobody", "client_payload": {}})
        assert (answer.status_code, answer.content) == (204, b"")
        assert "content-length" not in answer.headers
        assert [(event.event_type, event.client_payload) for event in world.github.events("acme/site")] == [
            ("nobody", {})
        ]
        assert world.github.runs("acme/site") == []


class TestRepositories:
    def test_former_name_of_a_post(self, world: World) -> None:
        repository = world.github.rename_repository("acme/old", "acme/site")
        answer = world.ask("POST", "/repos/acme/old/dispatches", world.mint(), json={"event_type": "x"})
        target = f"{world.github.base_url}/repositories/{repository.id}/dispatches"
        assert answer.status_code == 307
        assert answer.headers["location"] == answer.json()["url"] == target
        assert message(answer) == "Moved Permanently"
        assert world.github.events("acme/site") == []
        path = target.removeprefix(world.base)
        assert world.ask("POST", path, world.mint(), json={"event_type": "x"}).status_code == 204

    def test_former_name_of_a_get(self, world: World) -> None:
        world.github.rename_repository("acme/old", "acme/site")
        assert world.ask("GET", "/repos/acme/old/installation", world.jwt()).status_code == 301
        assert world.ask("GET", "/repos/acme/old/actions/runs", world.mint()).status_code == 301
        assert world.ask("GET", "/repos/acme/old").status_code == 404

    def test_case_does_not_matter_but_a_slash_does(self, world: World) -> None:
        token, body = world.mint(), {"event_type": "x"}
        assert world.ask("POST", "/repos/ACME/Site/dispatches", token, json=body).status_code == 204
        assert world.ask("POST", "/repos/acme/site/dispatches/", token, json=body).status_code == 404

    def test_archived(self, world: World) -> None:
        world.github.repository("acme/site").archived = True
        answer = world.dispatch(world.mint())
        assert (answer.status_code, message(answer)) == (403, "Repository was archived so is read-only.")

    def test_contents(self, world: World) -> None:
        token = world.mint()
        answer = world.ask("GET", "/repos/acme/site/contents/README.md", token).json()
        raw = world.ask(
            "GET", "/repos/acme/site/contents/README.md", token, headers={"Accept": "application/vnd.github.raw+json"}
        )
        assert base64.b64decode(answer["content"]) == raw.content
        names = [each["name"] for each in world.ask("GET", "/repos/acme/site/contents/.github/workflows", token).json()]
        assert names == ["manual.yml", "validate.yml"]


class TestTransport:
    def test_without_a_user_agent(self, world: World) -> None:
        answer = world.ask("GET", "/versions", headers={"User-Agent": ""})
        assert answer.status_code == 403
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.text.strip().startswith("Request forbidden by administrative rules.")

    def test_unknown_version(self, world: World) -> None:
        answer = world.ask("GET", "/meta", headers={"X-GitHub-Api-Version": "2020-01-01"})
        assert answer.status_code == 400
        assert isinstance(answer.json()["errors"], str)

    def test_version_of_the_answer(self, world: World) -> None:
        answer = world.ask("GET", "/rate_limit", headers={"X-GitHub-Api-Version": "2026-03-10"})
        assert answer.headers["x-github-api-version-selected"] == "2026-03-10"
        assert "rate" not in answer.json()

    def test_a_match_of_the_etag_costs_nothing(self, world: World) -> None:
        token = world.mint()
        first = world.ask("GET", "/repos/acme/site/actions/runs", token)
        same = world.ask(
            "GET", "/repos/acme/site/actions/runs", token, headers={"If-None-Match": first.headers["etag"]}
        )
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]

    def test_primary_limit(self, world: World) -> None:
        world.github.limits.limit = 2
        token = world.mint()
        assert [world.dispatch(token).status_code for _ in range(3)] == [204, 204, 403]
        answer = world.dispatch(token)
        assert message(answer).startswith(f"API rate limit exceeded for installation ID {world.installation.id}.")
        assert answer.headers["x-ratelimit-remaining"] == "0"
        world.github.clock.advance(3601)
        assert world.dispatch(world.mint()).status_code == 204

    def test_pages(self, world: World) -> None:
        for _ in range(3):
            world.github.add_run("acme/site")
        answer = world.ask("GET", "/repos/acme/site/actions/runs?per_page=2", world.mint())
        assert answer.json()["total_count"] == 3
        second = world.ask("GET", answer.links["next"]["url"].removeprefix(world.base), world.mint())
        assert len(second.json()["workflow_runs"]) == 1
        assert "next" not in second.links

    def test_no_secret_is_recorded(self, world: World) -> None:
        token, assertion = world.mint(), world.jwt()
        world.dispatch(token)
        world.ask("GET", "/app", assertion)
        recorded = repr([vars(each) for each in world.github.requests])
        assert token not in recorded
        assert assertion not in recorded


class TestEnterpriseServer:
    def test_prefix_limits_and_documentation(self, running: World) -> None:
        assert running.base.endswith("/api/v3")
        answer = running.ask("GET", "/repos/acme/unknown", running.mint())
        assert answer.json()["documentation_url"].startswith("https://docs.github.com/enterprise-server@3.19/rest/")
        assert "x-ratelimit-limit" not in answer.headers
        links = running.ask("GET", "/repos/acme/site", running.mint()).json()
        assert links["url"] == f"{running.base}/repos/acme/site"
        assert links["html_url"] == f"{running.github.base_url}/acme/site"

    def test_run_details_are_not_permitted(self, running: World) -> None:
        path = "/repos/acme/site/actions/workflows/manual.yml/dispatches"
        answer = running.ask("POST", path, running.mint(), json={"ref": "main", "return_run_details": True})
        assert message(answer) == 'Invalid request.\n\n"return_run_details" is not a permitted key.'

    def test_newest_version_is_not_there(self, running: World) -> None:
        assert running.ask("GET", "/versions").json() == ["2022-11-28"]
        answer = running.ask("GET", "/meta", headers={"X-GitHub-Api-Version": "2026-03-10"})
        assert answer.status_code == 400


def _signed(claims: dict[str, t.Any], key: str) -> str:
    """Sign claims that PyJWT itself would not write, such as an issuer that is a number."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm="RS256")
