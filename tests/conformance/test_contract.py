# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub's own OpenAPI description finds nothing to object to, at any endpoint, in success and in failure."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

import pytest
from conformance import contract
from conformance.worlds import World

REPOSITORY = "/repos/acme/site"
DISPATCHES = f"{REPOSITORY}/dispatches"
TOKENS = "/app/installations/{installation}/access_tokens"
RUN = f"{REPOSITORY}/actions/runs/{{run}}"
JOB = f"{REPOSITORY}/actions/jobs/{{job}}"
WORKFLOW = f"{REPOSITORY}/actions/workflows/validate.yml"
VALIDATE = ".github/workflows/validate.yml"
MANUAL = {"ref": "main", "inputs": {"target": "x"}}
WIDE = {str(number): number for number in range(11)}


@dataclass(frozen=True)
class Case:
    method: str
    path: str
    credential: str = "installation"
    status: int = 200
    body: t.Any = None
    headers: dict[str, str] = field(default_factory=dict)
    ghes: int | None = None
    """Status at an Enterprise Server where it differs; 0: its description does not know the case."""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.credential} {self.status}"


CASES = (
    Case("GET", "/", "none"),
    Case("GET", "/meta", "none"),
    Case("GET", "/versions", "none", ghes=0),
    Case("GET", "/rate_limit", ghes=404),
    Case("GET", "/app", "jwt"),
    Case("GET", "/app/installations", "jwt"),
    Case("GET", "/app/installations/{installation}", "jwt"),
    Case("GET", "/app/installations/1", "jwt", 404),
    Case("GET", f"{REPOSITORY}/installation", "jwt"),
    Case("GET", "/repos/acme/unknown/installation", "jwt", 404),
    Case("GET", "/orgs/acme/installation", "jwt"),
    Case("GET", "/users/acme/installation", "jwt"),
    Case("POST", TOKENS, "jwt", 201, {}),
    Case("POST", TOKENS, "jwt", 201, {"repositories": ["site"], "permissions": {"contents": "write"}}),
    Case("POST", TOKENS, "jwt", 422, {"repositories": ["unknown"]}),
    Case("POST", TOKENS, "jwt", 422, {"permissions": {"issues": "write"}}),
    Case("POST", TOKENS, "none", 401, {}),
    Case("POST", "/app/installations/1/access_tokens", "jwt", 404, {}),
    Case("DELETE", "/installation/token", "spare", 204),
    Case("GET", "/installation/repositories"),
    Case("GET", "/installation/repositories", "classic", 403),
    Case("GET", "/installation/repositories", "none", 401),
    Case("GET", "/user", "classic"),
    Case("GET", "/user", "installation", 403),
    Case("GET", "/user", "none", 401),
    Case("GET", "/users/acme", "none"),
    Case("GET", "/orgs/acme", "none"),
    Case("GET", "/orgs/nobody", "none", 404),
    Case("GET", REPOSITORY),
    Case("GET", REPOSITORY, "classic"),
    Case("GET", "/repos/acme/open", "none"),
    Case("GET", REPOSITORY, "none", 404),
    Case("POST", DISPATCHES, status=204, body={"event_type": "infra-changed", "client_payload": {"service": "web"}}),
    Case("POST", DISPATCHES, status=404, credential="scopeless", body={"event_type": "infra-changed"}),
    Case("POST", DISPATCHES, status=422, body={"event_type": "infra-changed", "client_payload": {"text": "x" * 65536}}),
    Case("GET", f"{REPOSITORY}/contents/README.md"),
    Case("GET", f"{REPOSITORY}/contents/.github%2Fworkflows"),
    Case("GET", f"{REPOSITORY}/contents/unknown", status=404),
    Case("PUT", f"{REPOSITORY}/contents/new.txt", status=201, body={"message": "Say hello", "content": "aGVsbG8="}),
    Case("PUT", f"{REPOSITORY}/contents/README.md", status=422, body={"message": "Say hello", "content": "aGVsbG8="}),
    Case("GET", f"{REPOSITORY}/actions/permissions"),
    Case("GET", f"{REPOSITORY}/actions/workflows"),
    Case("GET", WORKFLOW),
    Case("GET", f"{WORKFLOW}/runs"),
    Case("GET", f"{REPOSITORY}/actions/runs"),
    Case("GET", f"{REPOSITORY}/actions/runs?event=repository_dispatch&per_page=1&exclude_pull_requests=true"),
    Case(
        "POST",
        f"{REPOSITORY}/actions/workflows/manual.yml/dispatches",
        status=204,
        body=MANUAL,
    ),
    Case(
        "POST",
        f"{REPOSITORY}/actions/workflows/manual.yml/dispatches",
        body={**MANUAL, "return_run_details": True},
        ghes=0,
    ),
    Case("GET", RUN),
    Case("GET", f"{REPOSITORY}/actions/runs/{{waiting}}"),
    Case("GET", f"{RUN}/attempts/1"),
    Case("GET", f"{RUN}/jobs"),
    Case("GET", f"{REPOSITORY}/actions/runs/{{waiting}}/jobs"),
    Case("GET", f"{RUN}/attempts/1/jobs"),
    Case("GET", f"{RUN}/attempts/9/jobs", status=404),
    Case("GET", JOB),
    Case("GET", f"{REPOSITORY}/actions/runs/{{waiting}}/pending_deployments"),
    Case("GET", f"{REPOSITORY}/check-runs/{{job}}/annotations"),
    Case("POST", f"{REPOSITORY}/actions/runs/{{waiting}}/cancel", status=202),
    Case("POST", f"{RUN}/cancel", status=409),
    Case("POST", f"{RUN}/rerun", status=201),
    Case("POST", f"{REPOSITORY}/actions/runs/{{waiting}}/rerun-failed-jobs", status=201),
    Case("POST", f"{REPOSITORY}/statuses/{'0' * 40}", status=201, body={"state": "success", "context": "dispatch"}),
)
NOT_COMPARED = {
    # Not in the description, which only knows a path of at least one part.
    ("get", "/repos/{}/{}/contents"),
    # Redirects, which prism follows by itself: see test_strictness.py.
    ("get", "/repos/{}/{}/actions/jobs/{}/logs"),
    ("get", "/repos/{}/{}/actions/runs/{}/logs"),
}
REFUSED_BY_BOTH: tuple[dict[str, t.Any], ...] = (
    {},
    {"event_type": ""},
    {"event_type": "x" * 101},
    {"event_type": 1},
    {"event_type": "x", "client_payload": []},
    {"event_type": "x", "client_payload": WIDE},
)


@pytest.fixture(scope="session")
def names(guarded: World) -> dict[str, t.Any]:
    """What the placeholders in the paths stand for: a finished run, its job, and a run that waits for approval."""
    github = guarded.github
    github.rename_repository("acme/old", "acme/site")
    noted = {
        "name": "Validate",
        "steps": ["Check"],
        "annotations": [{"level": "failure", "title": "", "message": "no"}],
    }
    waiting = github.add_run("acme/site", statuses=[["waiting", 0]], environments=["production"], workflow=VALIDATE)
    run = github.add_run("acme/site", statuses=[["completed", 0]], jobs=[noted], workflow=VALIDATE)
    run.look()
    waiting.look()
    ids = {"run": run.id, "job": run.jobs[0].id, "waiting": waiting.id}
    return {**ids, "installation": guarded.installation.id}


@pytest.fixture(scope="session")
def credentials(guarded: World) -> dict[str, str | None]:
    return {
        "none": None,
        "jwt": guarded.jwt(),
        "installation": guarded.mint(),
        "spare": guarded.mint(),
        "classic": guarded.github.add_token("classic", scopes=["repo"]),
        "scopeless": guarded.github.add_token("classic"),
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_answer_is_as_described(
    guarded: World, names: dict[str, t.Any], credentials: dict[str, str | None], case: Case
) -> None:
    status = case.status
    if case.ghes is not None and guarded.github.settings.ghes_version is not None:
        status = case.ghes
    if status == 0:
        pytest.skip("the description of this product does not know the case")
    path = case.path.format(**names)
    answer = guarded.ask(case.method, path, credentials[case.credential], json=case.body, headers=case.headers)
    assert answer.status_code == status, answer.text
    found = [each for each in _violations(answer.headers) if each["location"][0] == "response" or status < 400]
    assert found == [], found


@pytest.mark.parametrize("body", REFUSED_BY_BOTH, ids=lambda body: json.dumps(body)[:40])
def test_what_the_description_refuses_is_refused(
    guarded: World, credentials: dict[str, str | None], body: t.Any
) -> None:
    """The only violations are those of the request, and the answer is the 422 that the description declares."""
    answer = guarded.ask("POST", DISPATCHES, credentials["installation"], json=body)
    assert answer.status_code == 422
    found = _violations(answer.headers)
    assert found
    assert all(each["location"][0] == "request" for each in found), found


def test_every_endpoint_has_a_case() -> None:
    asked = {(case.method.lower(), case.path.partition("?")[0]) for case in CASES}
    covered = {contract.endpoint_of(method, path) for method, path in asked}
    assert contract.served() - covered == NOT_COMPARED


def _violations(headers: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
    return t.cast("list[dict[str, t.Any]]", json.loads(headers.get("sl-violations", "[]")))
