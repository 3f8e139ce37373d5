# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the local GitHub and the ways to change it."""

from __future__ import annotations

import itertools
import secrets
import threading
import typing as t
from pathlib import Path

from . import tokens
from .clock import Clock
from .keys import new_private_key, public_key_of
from .models import Account, App, Installation, Repository, Token

if t.TYPE_CHECKING:
    from .runs import Event, Run

APP_PERMISSIONS = {"contents": "write", "actions": "write", "metadata": "read"}


class World:
    """Everything that exists. ``lock`` guards it: requests, tests and running workflows use it at the same time.

    ``tokens`` holds every token by its text, ``presented`` every credential that ever came: for tests that look for
    leaks.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.token_lifetime = 3600.0
        self.integration_not_found_status = 404
        self._ids = itertools.count(1001)
        self.clear()

    def clear(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.apps: list[App] = []
        self.installations: dict[int, Installation] = {}
        self.repositories: dict[int, Repository] = {}
        self.old_names: dict[str, int] = {}
        self.tokens: dict[str, Token] = {}
        self.presented: set[str] = set()
        self.events: list[tuple[Repository, Event]] = []
        self.runs: dict[int, Run] = {}

    def next_id(self) -> int:
        return next(self._ids)

    # -- accounts, Apps and installations

    def account(self, login: str, type_: str = "Organization") -> Account:
        known = self.accounts.get(login.lower())
        if known is None:
            known = self.accounts[login.lower()] = Account(self.next_id(), login, type_)
        return known

    def add_app(self, slug: str, key_size: int = 2048, owner: str = "infradispatch") -> App:
        pem = new_private_key(key_size)
        app = App(
            id=self.next_id(),
            client_id=f"Iv23li{secrets.token_hex(7)}",
            slug=slug,
            owner=self.account(owner),
            private_key=pem,
            created_at=self.clock.now(),
            world=self,
            permissions=dict(APP_PERMISSIONS),
            public_keys=[public_key_of(pem)],
        )
        self.apps.append(app)
        return app

    def install(
        self, app: App, owner: str, repositories: str | t.Sequence[str], permissions: t.Mapping[str, str] | None
    ) -> Installation:
        account = self.account(owner)
        chosen: set[int] | None = None
        if not isinstance(repositories, str):
            chosen = {self.repository(name if "/" in name else f"{owner}/{name}").id for name in repositories}
        granted = {"metadata": "read", **(app.permissions if permissions is None else permissions)}
        made = Installation(self.next_id(), app, account, granted, self.clock.now(), chosen)
        self.installations[made.id] = made
        return made

    def installation_of(self, app: App, account: Account) -> Installation | None:
        found = (made for made in self.installations.values() if made.app is app and made.account is account)
        return next(found, None)

    # -- repositories

    def add_repository(
        self,
        full_name: str,
        *,
        files: t.Mapping[str, str | bytes] | None = None,
        directory: str | Path | None = None,
        owner_type: str | None = None,
        environments: t.Mapping[str, t.Sequence[str]] | None = None,
        **attributes: t.Any,
    ) -> Repository:
        """``environments``: names of protected ones, with the logins of their reviewers."""
        owner, _separator, name = full_name.partition("/")
        content = _read_folder(Path(directory)) if directory is not None else {}
        for path, text in (files or {}).items():
            content[path] = text if isinstance(text, bytes) else text.encode("utf-8")
        account = self.account(owner, owner_type or "Organization")
        account.type = owner_type or account.type
        attributes["environments"] = {
            environment: [self.account(login, "User") for login in reviewers]
            for environment, reviewers in (environments or {}).items()
        }
        made = Repository(self.next_id(), account, name, self.clock.now(), files=content, **attributes)
        self.repositories[made.id] = made
        self.old_names.pop(full_name.lower(), None)
        return made

    def find_repository(self, full_name: str) -> Repository | None:
        wanted = full_name.lower()
        return next((r for r in self.repositories.values() if r.full_name.lower() == wanted), None)

    def repository(self, full_name: str) -> Repository:
        found = self.find_repository(full_name)
        if found is None:
            raise KeyError(f"no repository {full_name} at the local GitHub")
        return found

    def rename_repository(self, old: str, new: str) -> Repository:
        """Rename or transfer; when only the new name exists, the old one becomes a former name of it."""
        repository = self.find_repository(old) or self.repository(new)
        owner, _separator, name = new.partition("/")
        repository.owner, repository.name = self.account(owner), name
        self.old_names[old.lower()] = repository.id
        return repository

    # -- tokens

    def mint(
        self,
        installation: Installation,
        permissions: dict[str, str],
        repository_ids: set[int] | None,
        *,
        stateless: bool,
        narrowed: bool,
    ) -> Token:
        now = self.clock.now()
        token = Token(
            tokens.installation(installation.app.id, stateless=stateless),
            "installation",
            now,
            float(int(now + self.token_lifetime)),
            permissions,
            repository_ids,
            installation=installation,
            narrowed=narrowed,
        )
        self.tokens[token.value] = token
        return token

    def add_job_token(self, repository: Repository, permissions: t.Mapping[str, str]) -> Token:
        """The ``GITHUB_TOKEN`` of a job: for its repository only."""
        now = self.clock.now()
        value = tokens.installation(0, stateless=False)
        token = Token(value, "installation", now, now + 86400.0, dict(permissions), {repository.id})
        self.tokens[token.value] = token
        return token

    def add_token(
        self,
        kind: str,
        *,
        scopes: t.Sequence[str] = (),
        repositories: t.Sequence[str] | None = None,
        permissions: t.Mapping[str, str] | None = None,
        user: str = "octocat",
        **attributes: t.Any,
    ) -> str:
        chosen = {self.repository(name).id for name in repositories} if repositories is not None else None
        if kind not in ("classic", "fine-grained"):
            raise ValueError(f"a personal access token is classic or fine-grained, not {kind}")
        token = Token(
            tokens.personal(kind),
            kind,
            self.clock.now(),
            permissions={"metadata": "read", **(permissions or {})} if kind == "fine-grained" else {},
            repository_ids=chosen,
            scopes=tuple(scopes),
            user=self.account(user, "User"),
            **attributes,
        )
        self.tokens[token.value] = token
        return token.value


def _read_folder(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
