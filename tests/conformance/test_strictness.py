# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strict where GitHub is strict: bodies, names of repositories, headers, versions, limits, pages."""

from __future__ import annotations

import base64
import typing as t
from urllib.parse import quote

import pytest
from conformance.worlds import World

REPOSITORY = "/repos/acme/site"
DISPATCHES = f"{REPOSITORY}/dispatches"
DISPATCH_DOCS = "https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event"


def message(answer: t.Any) -> str:
    return str(answer.json()["message"])


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
            (b'{"event_type":"\\ud800"}', 400, "Problems parsing JSON"),
            (b'{"event_type":"x","client_payload":{"a":' + b"[" * 100_000, 400, "Problems parsing JSON"),
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
    def test_writing_a_file(self, world: World) -> None:
        """Created without, updated by the blob that is there, and workflows only with a permission of their own."""
        path, encoded = f"{REPOSITORY}/contents/docs/new.md", "TmV3Cg=="
        body = {"message": "Write", "content": encoded}
        token = world.mint()
        made = world.ask("PUT", path, token, json=body)
        assert (made.status_code, made.json()["content"]["path"]) == (201, "docs/new.md")
        assert world.ask("PUT", path, token, json=body).status_code == 422
        assert world.ask("PUT", path, token, json={**body, "sha": "0" * 40}).status_code == 409
        sha = world.ask("GET", path, token).json()["sha"]
        assert world.ask("PUT", path, token, json={**body, "sha": sha, "branch": "other"}).status_code == 404
        assert world.ask("PUT", path, token, json={**body, "sha": sha}).status_code == 200
        workflow = f"{REPOSITORY}/contents/.github/workflows/new.yml"
        refused = world.ask("PUT", workflow, token, json=body)
        assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
        scopes = (["repo"], 404), (["repo", "workflow"], 201)
        for held, status in scopes:
            classic = world.github.add_token("classic", scopes=held)
            assert world.ask("PUT", workflow, classic, json=body).status_code == status

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
        assert [world.dispatch(token).status_code for _number in range(3)] == [204, 204, 403]
        answer = world.dispatch(token)
        assert message(answer).startswith(f"API rate limit exceeded for installation ID {world.installation.id}.")
        assert answer.headers["x-ratelimit-remaining"] == "0"
        world.github.clock.advance(3601)
        assert world.dispatch(world.mint()).status_code == 204

    def test_pages(self, world: World) -> None:
        for _number in range(3):
            world.github.add_run("acme/site")
        answer = world.ask("GET", "/repos/acme/site/actions/runs?per_page=2", world.mint())
        assert answer.json()["total_count"] == 3
        second = world.ask("GET", answer.links["next"]["url"].removeprefix(world.base), world.mint())
        assert len(second.json()["workflow_runs"]) == 1
        assert "next" not in second.links

    @pytest.mark.parametrize(
        ("created", "found"),
        [
            (">=2026-01-01T00:00:00Z", 1),
            ("<2026-01-01", 0),
            ("2026-01-01..2200-01-01T00:00:00+02:00", 1),
            ("*..2026-01-01", 0),
            ("2020-05-05", 0),
        ],
    )
    def test_filter_by_date(self, world: World, created: str, found: int) -> None:
        world.github.add_run("acme/site")
        path = f"/repos/acme/site/actions/runs?created={quote(created)}"
        assert world.ask("GET", path, world.mint()).json()["total_count"] == found

    def test_no_secret_is_recorded(self, world: World) -> None:
        token, assertion = world.mint(), world.jwt()
        world.dispatch(token)
        world.ask("GET", "/app", assertion)
        recorded = repr([vars(each) for each in world.github.requests])
        assert token not in recorded
        assert assertion not in recorded


class TestEnterpriseServer:
    def test_only_it_tells_a_version(self, world: World) -> None:
        answer = world.ask("GET", "/meta")
        assert "x-github-enterprise-version" not in answer.headers
        assert "installed_version" not in answer.json()

    def test_prefix_limits_and_documentation(self, running: World) -> None:
        assert running.base.endswith("/api/v3")
        answer = running.ask("GET", "/repos/acme/unknown", running.mint())
        assert answer.json()["documentation_url"].startswith("https://docs.github.com/enterprise-server@3.19/rest/")
        assert "x-ratelimit-limit" not in answer.headers
        assert answer.headers["x-github-enterprise-version"] == "3.19"
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
