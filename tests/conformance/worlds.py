# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world that the tests of this folder look at."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import jwt
import requests

from emulator import Emulator

FIXTURE = Path(__file__).parents[1] / "emulator" / "fixtures" / "acme" / "site"
PERMISSIONS = {
    "contents": "write",
    "actions": "write",
    "administration": "read",
    "checks": "read",
    "statuses": "write",
    "metadata": "read",
}
PAYLOAD = {"service": "web", "version": "2.4.1", "replicas": 3, "dispatch": {"id": "0" * 32}}
MANUAL = """
name: Manual
on:
  workflow_dispatch:
    inputs:
      target: {required: true}
jobs:
  go:
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
"""


@dataclass
class World:
    """An App on ``acme``, its repository ``acme/site``, and ways to ask."""

    github: Emulator
    app: t.Any
    installation: t.Any
    base: str
    """Where to ask: the local GitHub itself, or what stands before it."""

    def jwt(self, **claims: t.Any) -> str:
        now = int(self.github.clock.now())
        known = {"iat": now - 60, "exp": now + 300, "iss": self.app.client_id, **claims}
        return jwt.encode({k: v for k, v in known.items() if v is not None}, self.app.private_key, algorithm="RS256")

    def mint(self, **body: t.Any) -> str:
        path = f"/app/installations/{self.installation.id}/access_tokens"
        answer = self.ask("POST", path, self.jwt(), json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def ask(self, method: str, path: str, credential: str | None = None, **arguments: t.Any) -> requests.Response:
        timeout = arguments.pop("timeout", 20)
        headers = {"Accept": "application/vnd.github+json", **arguments.pop("headers", {})}
        if credential is not None:
            headers["Authorization"] = f"Bearer {credential}"
        with requests.Session() as session:
            session.trust_env = False
            session.verify = self.github.ca_file or True
            return session.request(
                method, self.base + path, headers=headers, timeout=timeout, allow_redirects=False, **arguments
            )

    def dispatch(self, credential: str, event_type: str = "infra-changed", **payload: t.Any) -> requests.Response:
        body = {"event_type": event_type, "client_payload": {**PAYLOAD, **payload}}
        return self.ask("POST", "/repos/acme/site/dispatches", credential, json=body)

    def settled(self, seconds: float = 30.0) -> t.Any:
        """The newest run of acme/site, once it is completed."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            runs = self.github.runs("acme/site")
            if runs and runs[-1].status == "completed" and runs[-1].visible():
                return runs[-1]
            time.sleep(0.05)
        raise AssertionError("the run was not completed in time")


def build(github: Emulator, base: str | None = None) -> World:
    github.add_repository("acme/site", directory=FIXTURE, files={".github/workflows/manual.yml": MANUAL})
    github.add_repository("acme/open", private=False, files={"README.md": "# Open\n"})
    app = github.add_app("infra-dispatcher")
    app.permissions = dict(PERMISSIONS)
    installation = app.install("acme", ["site", "open"], PERMISSIONS)
    return World(github, app, installation, base or github.api_url)
