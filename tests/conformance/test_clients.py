# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others wrote sign in as the App, dispatch an event, and read the run that really ran."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import subprocess
import time
import typing as t
import uuid
from pathlib import Path

import gidgethub.apps
import gidgethub.httpx
import github
import httpx
import pytest
from conformance import node
from conformance.worlds import PAYLOAD, World

ACCEPTED = {"Validate": "success", "Report": "success"}
REJECTED = {"Validate": "failure", "Report": "skipped"}
PATIENCE = 30.0


def payload(**changes: t.Any) -> dict[str, t.Any]:
    return {**PAYLOAD, "dispatch": {"id": uuid.uuid4().hex}, **changes}


@pytest.mark.parametrize(("replicas", "jobs"), [(3, ACCEPTED), (30, REJECTED)])
def test_pygithub(running: World, monkeypatch: pytest.MonkeyPatch, replicas: int, jobs: dict[str, str]) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.github.ca_file))
    auth = github.Auth.AppAuth(running.app.client_id, running.app.private_key)
    with github.GithubIntegration(auth=auth, base_url=running.base) as integration:
        assert integration.get_app().slug == "infra-dispatcher"
        installation = integration.get_repo_installation("acme", "site")
        access = integration.get_access_token(installation.id, {"contents": "write", "actions": "read"})
    sent = payload(replicas=replicas)
    with github.Github(auth=github.Auth.Token(access.token), base_url=running.base, seconds_between_writes=0) as client:
        repository = client.get_repo("acme/site")
        assert repository.create_repository_dispatch("infra-changed", sent) is True
        run = _pygithub_run(repository, sent["dispatch"]["id"])
        assert {job.name: job.conclusion for job in run.jobs()} == jobs
        assert run.conclusion == ("success" if jobs == ACCEPTED else "failure")


def _pygithub_run(repository: t.Any, number: str) -> t.Any:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        for run in repository.get_workflow_runs():
            if number in run.display_title and run.status == "completed":
                return run
        time.sleep(0.1)
    raise AssertionError("no run was completed")


def test_gidgethub(running: World) -> None:
    assert asyncio.run(_gidgethub(running)) == ("success", ACCEPTED)


async def _gidgethub(running: World) -> tuple[str, dict[str, str]]:
    context = ssl.create_default_context(cafile=running.github.ca_file)
    async with httpx.AsyncClient(verify=context, trust_env=False) as client:
        api = gidgethub.httpx.GitHubAPI(client, "conformance", base_url=running.base)
        access = await gidgethub.apps.get_installation_access_token(
            api,
            installation_id=str(running.installation.id),
            app_id=str(running.app.id),
            private_key=running.app.private_key,
        )
        token, sent = access["token"], payload()
        body = {"event_type": "infra-changed", "client_payload": sent}
        await api.post("/repos/acme/site/dispatches", data=body, oauth_token=token)
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            found = await api.getitem("/repos/acme/site/actions/runs", oauth_token=token)
            for run in found["workflow_runs"]:
                if sent["dispatch"]["id"] in run["display_title"] and run["status"] == "completed":
                    jobs = await api.getitem(run["jobs_url"], oauth_token=token)
                    return run["conclusion"], {job["name"]: job["conclusion"] for job in jobs["jobs"]}
            await asyncio.sleep(0.1)
    raise AssertionError("no run was completed")


def test_octokit(running: World, packages: Path, tmp_path: Path) -> None:
    script = Path(shutil.copy2(Path(__file__).with_name("clients.mjs"), tmp_path))
    (tmp_path / "node_modules").symlink_to(packages, target_is_directory=True)
    settings = {
        "baseUrl": running.base,
        "appId": running.app.client_id,
        "privateKey": running.app.private_key,
        "installationId": running.installation.id,
        "owner": "acme",
        "repo": "site",
        "payload": payload(),
    }
    environment = {**node.environment(), "NODE_EXTRA_CA_CERTS": str(running.github.ca_file)}
    shown = subprocess.run(
        [node.program("node"), str(script), json.dumps(settings)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == {
        "app": "infra-dispatcher",
        "installation": running.installation.id,
        "dispatched": 204,
        "conclusion": "success",
        "jobs": ACCEPTED,
    }
