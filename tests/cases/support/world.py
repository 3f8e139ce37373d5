# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small GitHub for one test: an organisation with a repository, an App that is installed there, and a token."""

from __future__ import annotations

import functools
import json
import re
import secrets
import typing as t
from dataclasses import dataclass, field

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.task import run_task
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Origin
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub, open_github
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret
from emulator.keys import new_private_key, public_key_of
from emulator.models import App
from emulator.world import APP_PERMISSIONS

from .clock import SteppingClock

if t.TYPE_CHECKING:
    from emulator import Emulator, Recorded
    from emulator.models import Installation

REPOSITORY = "acme/site"
EVENT_TYPE = "infra-changed"
PAYLOAD = {"service": "web", "replicas": 3}
WORKFLOW = """
name: Validate
run-name: "${{ github.event.action }} [${{ github.event.client_payload.dispatch.id }}]"
on:
  repository_dispatch:
jobs:
  validate:
    name: Validate
    runs-on: ubuntu-latest
    steps:
      - name: Check the change
        run: "true"
"""
SILENT_WORKFLOW = re.sub(r"run-name: .*", "", WORKFLOW)
"""A receiver that does not show the event's id."""
FILES = {".github/workflows/validate.yml": WORKFLOW}


def cached_key(number: int = 0, size: int = 2048) -> str:
    """An RSA key; making one takes a tenth of a second, so tests share them."""
    return _key(number, size)


@functools.lru_cache
def _key(_number: int, size: int) -> str:
    return new_private_key(size)


public_key = functools.lru_cache(public_key_of)


def add_app(github: Emulator, slug: str = "dispatcher", number: int = 0) -> App:
    """Register an App with one of the shared keys."""
    world, pem = github.world, cached_key(number)
    with world.lock:
        app = App(
            id=world.next_id(),
            client_id=f"Iv23li{secrets.token_hex(7)}",
            slug=slug,
            owner=world.account("infradispatch"),
            private_key=pem,
            created_at=world.clock.now(),
            world=world,
            permissions=dict(APP_PERMISSIONS),
            public_keys=[public_key(pem)],
        )
        world.apps.append(app)
    return app


@dataclass(repr=False)
class World:
    """What a test has at hand."""

    github: Emulator
    clock: SteppingClock
    app: App
    installation: Installation
    pat: str
    told: list[str] = field(default_factory=list)
    """Progress lines."""
    on_progress: t.Callable[[str], None] | None = None
    on_open: t.Callable[[GitHub], None] | None = None
    hidden: list[str] = field(default_factory=list)
    """Secrets that the core asked to be masked."""

    def __repr__(self) -> str:
        return "world"

    @classmethod
    def build(cls, github: Emulator, *, frozen: bool = True) -> World:
        """Empty the emulator and lay out the usual things; ``frozen``: only tests move its clock."""
        with github.world.lock:
            github.reset()
            github.world.clear()
            github.world.token_lifetime = 3600.0
        github.add_repository(REPOSITORY, files=FILES)
        app = add_app(github)
        installation = app.install("acme")
        pat = github.add_token("classic", scopes=["repo"])
        clock = SteppingClock(github.clock)
        if not frozen:
            github.clock.thaw()
        return cls(github, clock, app, installation, pat)

    def env(self, **more: str) -> dict[str, str]:
        """The environment for playbooks that authenticate as the App."""
        return {
            "GITHUB_API_URL": self.github.base_url,
            "GITHUB_APP_ID": str(self.app.id),
            "GITHUB_APP_PRIVATE_KEY": self.app.private_key,
            **more,
        }

    # -- what is asked for

    def by_app(self, **options: t.Any) -> dict[str, t.Any]:
        """Options of a task that authenticates as the App."""
        return {**self._task(), "app_id": self.app.client_id, "private_key": self.app.private_key, **options}

    def by_token(self, **options: t.Any) -> dict[str, t.Any]:
        """Options of a task that authenticates by a personal access token."""
        return {**self._task(), "token": self.pat, **options}

    def _task(self) -> dict[str, t.Any]:
        return {
            "repository": REPOSITORY,
            "event_type": EVENT_TYPE,
            "client_payload": dict(PAYLOAD),
            "api_url": self.github.base_url,
            "timeout": 5,
        }

    def run(
        self, options: t.Mapping[str, t.Any], *, check_mode: bool = False, env: t.Mapping[str, str] | None = None
    ) -> dict[str, t.Any]:
        """Do a task by the core's entry, as a face does it, and return its result with ``failed`` and ``warnings``."""
        clients: list[GitHub] = []

        def open_client() -> GitHub:
            client = open_github(options, env=env or {}, clock=self.clock, on_secret=self._hide)
            clients.append(client)
            if self.on_open is not None:
                self.on_open(client)
            return client

        try:
            task = run_task(options, Origin("ansible"), open_client, check_mode=check_mode, progress=self._tell)
        except InfradispatchError as error:
            return {"failed": True, "changed": False, "msg": str(error), "error": error.as_dict(), "warnings": []}
        finally:
            for client in clients:
                client.close()
        return {**task.result, "failed": task.failed, "warnings": task.warnings, "diff": task.diff}

    def _hide(self, secret: Secret) -> None:
        self.hidden.append(secret.reveal())

    def _tell(self, text: str) -> None:
        self.told.append(text)
        if self.on_progress is not None:
            self.on_progress(text)

    # -- what came

    @property
    def accepted(self) -> int:
        """How many events the server took, in all repositories."""
        return len(self.github.world.events)

    def requests(self, method: str | None = None, path: str = "") -> list[Recorded]:
        """What was asked, by method and a regular expression for the path."""
        return [r for r in self.github.requests if method in (None, r.method) and re.search(path, r.path)]

    @property
    def posts(self) -> list[Recorded]:
        """Every request that carried an event, accepted or not."""
        return self.requests("POST", r"^/repos.*/dispatches$")

    @property
    def mints(self) -> list[Recorded]:
        """Every request for an installation token."""
        return self.requests("POST", r"/access_tokens$")

    def secrets(self) -> set[str]:
        """Every token that exists, and every token or JWT that came."""
        return {*self.github.world.tokens, *self.github.world.presented}


def run_id_of(result: t.Mapping[str, t.Any]) -> str:
    """The event's id, wherever the result tells it."""
    return str(result.get("dispatch_id") or result["error"]["dispatch_id"])


def as_text(result: t.Any) -> str:
    """A result as the text in which to look for what must not be there."""
    return json.dumps(result, default=repr)
