# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local GitHub as tests use it: build a world, let clients at it, look at what came."""

from __future__ import annotations

import shutil
import tempfile
import typing as t
from pathlib import Path

from . import render
from .admin import admin_app
from .answers import Documentation
from .execution import Executor
from .faults import Faults
from .gateway import Gateway
from .keys import Authority
from .limits import RateLimits
from .logs_host import LogRequest, LogsHost
from .records import Recorded, Records
from .registry import PREFIX
from .render import owners, repositories
from .runs import Event, Run
from .scripts import Script, ScriptedRun
from .service import Service, Settings
from .serving import Servers, bind
from .starting import Starter
from .world import World

if t.TYPE_CHECKING:
    from typing_extensions import Self

    from .clock import Clock
    from .models import App, Installation, Repository

GHES_VERSION = "3.19"


class Emulator:
    """A GitHub on 127.0.0.1. Use it as a context manager, or call ``start`` and ``stop``."""

    def __init__(
        self,
        *,
        tls: bool = False,
        ghes: bool | str = False,
        execute: bool = False,
        transcript: str | Path | None = None,
        run_delay: float = 0.3,
        rate_limits: bool | None = None,
        stateless_tokens: bool = False,
        status_member: bool = True,
        host_names: t.Sequence[str] = ("127.0.0.1", "localhost"),
        demand_client: bool = False,
        port: int = 0,
    ) -> None:
        """``ghes``: True, or a version; ``run_delay``: seconds from a dispatch until its run shows;
        ``rate_limits``: None is on, except for GHES; ``host_names``: what the certificate is for;
        ``demand_client``: refuse clients without the certificate in ``client_cert`` and ``client_key``."""
        self._folder = Path(tempfile.mkdtemp(prefix="emulator-"))
        authority = Authority(self._folder, host_names, demand_client=demand_client) if tls else None
        self.ca_file = None if authority is None else str(authority.ca_file)
        self.client_cert = None if authority is None else str(authority.client_cert)
        self.client_key = None if authority is None else str(authority.client_key)
        self._socket, logs_socket = bind(port), bind()
        self.port: int = self._socket.getsockname()[1]
        scheme = "https" if tls else "http"
        self.base_url = f"{scheme}://127.0.0.1:{self.port}"
        self.api_url = f"{self.base_url}{PREFIX}" if ghes else self.base_url
        logs_url = f"{scheme}://localhost:{logs_socket.getsockname()[1]}"
        self.world = World()
        self.faults = Faults(self.world.clock)
        self.records = Records(transcript)
        executor = Executor(self.world, self._webhook, self._actions_urls(), self.ca_file) if execute else None
        self.starter = Starter(self.world, executor, run_delay)
        version = None if not ghes else GHES_VERSION if ghes is True else ghes
        self.settings = Settings(version)
        self.limits = RateLimits(self.world.clock, enabled=not ghes if rate_limits is None else rate_limits)
        self.service = Service(
            self.world,
            self.starter,
            self.settings,
            Documentation(version, status_member),
            self.limits,
            stateless_tokens,
        )
        self._logs = LogsHost(self.world)
        self._gateway = Gateway(self.service, self.records, self.faults, admin_app(self), logs_url)
        self._servers = Servers(authority)
        self._servers.add(self._gateway, self._socket)
        self._servers.add(self._logs.app, logs_socket)

    def start(self) -> Self:
        self._servers.start()
        return self

    def stop(self) -> None:
        """Stop the servers and every workflow that still runs; remove all temporary files."""
        self._servers.call_soon(self._gateway.stopping.set)
        self.starter.stop()
        self._servers.stop()
        self.records.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_details: object) -> None:
        self.stop()

    # -- the world

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def token_lifetime(self) -> float:
        """Seconds that a new installation token lives; may be set."""
        return self.world.token_lifetime

    @token_lifetime.setter
    def token_lifetime(self, seconds: float) -> None:
        self.world.token_lifetime = seconds

    def add_app(self, slug: str, key_size: int = 2048, owner: str = "infradispatch") -> App:
        with self.world.lock:
            return self.world.add_app(slug, key_size, owner)

    def add_repository(self, full_name: str, **attributes: t.Any) -> Repository:
        """Keyword arguments: private, files, directory, default_branch, archived, environments, secrets, …"""
        with self.world.lock:
            return self.world.add_repository(full_name, **attributes)

    def rename_repository(self, old: str, new: str) -> Repository:
        with self.world.lock:
            return self.world.rename_repository(old, new)

    def add_token(self, kind: str, **attributes: t.Any) -> str:
        """``classic`` with scopes, or ``fine-grained`` with repositories and permissions.

        Either takes expires_at, expiry_zone, sso_required and user, a classic one push.
        """
        with self.world.lock:
            return self.world.add_token(kind, **attributes)

    def repository(self, full_name: str) -> Repository:
        return self.world.repository(full_name)

    def installations(self) -> list[Installation]:
        return list(self.world.installations.values())

    # -- runs

    def script_runs(
        self, repository: str, *runs: ScriptedRun | dict[str, t.Any], events: int | None = 1, **one: t.Any
    ) -> None:
        """The next ``events`` events (None: all) start these runs, none when none are given.

        ``one`` describes a single run. Scripts of a repository are used up in the order in which they were given.
        """
        described = [*runs, one] if one else list(runs)
        made = [run if isinstance(run, ScriptedRun) else ScriptedRun(**run) for run in described]
        with self.world.lock:
            self.starter.scripts.add(self.world.repository(repository).id, Script(made, events))

    def add_run(self, repository: str, event: str = "push", **one: t.Any) -> Run:
        """A run that no dispatch started; the settings are those of ScriptedRun."""
        with self.world.lock:
            source = Event(event, None, "none", {}, [], self.clock.now(), name=event)
            return self.starter.add_run(self.world.repository(repository), source, ScriptedRun(**one))

    def runs(self, repository: str) -> list[Run]:
        """The runs, oldest first; they may be changed."""
        with self.world.lock:
            wanted = self.world.repository(repository)
            return [run for run in self.world.runs.values() if run.repository is wanted]

    def events(self, repository: str) -> list[Event]:
        """The accepted ``repository_dispatch`` events."""
        with self.world.lock:
            wanted = self.world.repository(repository)
            return [event for where, event in self.world.events if where is wanted]

    # -- what came

    @property
    def requests(self) -> list[Recorded]:
        return self.records.requests

    @property
    def log_requests(self) -> list[LogRequest]:
        """Requests at the other host, which serves the logs."""
        return self._logs.requests

    def write_transcript(self, path: str | Path) -> None:
        self.records.write(path)

    def reset(self) -> None:
        """Forget requests, events, runs, scripts and faults, and set the clock right; what exists stays."""
        with self.world.lock:
            self.world.events.clear()
            self.world.runs.clear()
            self.starter.scripts.clear()
            self.faults.clear()
            self.limits.clear()
            self.records.clear()
            self._logs.requests.clear()
            self.clock.reset()

    def _actions_urls(self) -> dict[str, str]:
        """Where workflows are told that GitHub is."""
        return {"GITHUB_SERVER_URL": self.base_url, "GITHUB_API_URL": self.api_url}

    def _webhook(self, run: Run) -> dict[str, t.Any]:
        """What a workflow sees as ``github.event``."""
        links = render.Links(self.api_url, self.base_url, self.clock)
        sender = owners.account(run.repository.owner, links)
        known = {"sender": sender, **repositories.webhook(run.repository, links)}
        if run.event.name != "repository_dispatch":
            return {"ref": f"refs/heads/{run.repository.default_branch}", "inputs": run.event.client_payload, **known}
        return {
            "action": run.event.event_type,
            "branch": run.repository.default_branch,
            "client_payload": run.event.client_payload,
            **known,
            "installation": {"id": 1, "node_id": render.node_id("Installation", 1)},
        }
