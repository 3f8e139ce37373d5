# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exists at the local GitHub: accounts, Apps, installations, repositories and tokens."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .keys import new_private_key, public_key_of

if t.TYPE_CHECKING:
    from .world import World


@dataclass
class Account:
    id: int
    login: str
    type: str = "Organization"


@dataclass
class App:
    """A GitHub App. ``private_key`` is the PEM (PKCS#1) that its owner downloads."""

    id: int
    client_id: str
    slug: str
    owner: Account
    private_key: str
    created_at: float
    world: World = field(repr=False)
    permissions: dict[str, str] = field(default_factory=dict)
    public_keys: list[t.Any] = field(default_factory=list, repr=False)
    issuer_rule: str = "any"
    """``any``; or ``integer``: a string id gets the 401 that some hosts were seen to give."""

    def install(
        self,
        owner: str,
        repositories: t.Literal["all"] | t.Sequence[str] = "all",
        permissions: t.Mapping[str, str] | None = None,
    ) -> Installation:
        """Install the App on an account, for all or for some of its repositories (bare names)."""
        return self.world.install(self, owner, repositories, permissions)

    def add_key(self, size: int = 2048) -> str:
        """A second private key, valid beside the first."""
        pem = new_private_key(size)
        self.public_keys.append(public_key_of(pem))
        return pem

    def remove_keys(self) -> None:
        """Forget every key, as when the owner deletes them in the settings."""
        self.public_keys.clear()


@dataclass
class Installation:
    id: int
    app: App
    account: Account
    permissions: dict[str, str]
    created_at: float
    repository_ids: set[int] | None = None
    """None: all repositories of the account."""
    suspended_at: float | None = None

    def suspend(self) -> None:
        self.suspended_at = self.app.world.clock.now()

    def unsuspend(self) -> None:
        self.suspended_at = None

    def remove(self) -> None:
        """Uninstall the App: its tokens end with it."""
        self.app.world.installations.pop(self.id, None)

    def reaches(self, repository: Repository) -> bool:
        if self.repository_ids is not None:
            return repository.id in self.repository_ids
        return repository.owner is self.account


@dataclass
class Repository:
    id: int
    owner: Account
    name: str
    created_at: float
    private: bool = True
    archived: bool = False
    default_branch: str = "main"
    actions_enabled: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    workflow_states: dict[str, str] = field(default_factory=dict)
    """Workflow path -> state, for workflows that are not ``active``."""
    index_lag: float = 0.0
    """Seconds for which filtered lists of runs do not know a new run."""
    drops_events: bool = False
    """True: over an Actions limit, events are accepted and start nothing."""
    statuses: list[dict[str, t.Any]] = field(default_factory=list)
    """Commit statuses, as they were answered, with the ``sha``."""
    environments: dict[str, list[Account]] = field(default_factory=dict)
    """Protected environments, with their reviewers: a job of one waits until it is approved."""
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """Secrets of Actions, for the workflows of the repository."""

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"


@dataclass
class Token:
    value: str = field(repr=False)
    kind: str
    """``installation``, ``classic`` or ``fine-grained``."""
    created_at: float
    expires_at: float | None = None
    permissions: dict[str, str] = field(default_factory=dict)
    repository_ids: set[int] | None = None
    """None: every repository that the owner of the token reaches."""
    scopes: tuple[str, ...] = ()
    installation: Installation | None = None
    user: Account | None = None
    push: bool = True
    """False: the user behind a classic token may read only."""
    sso_required: bool = False
    expiry_zone: str = "UTC"
    """``UTC``, or an offset such as ``+0500``: how the header tells ``expires_at``; both were seen."""
    narrowed: bool = False
    revoked: bool = False
