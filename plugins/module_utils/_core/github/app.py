# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""A GitHub App as a credential: it signs, finds its installation, and makes narrowed, short-lived tokens."""

from __future__ import annotations

import json
import threading
import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError, NotFound, NotPermitted
from ..secret import Secret
from .app_api import AppApi
from .credentials import Grant, Scope
from .dates import parse_timestamp
from .installations import Installation, Installations
from .reply import Reply

_MARGIN = 60.0
_CAREFUL_LIFE = 300.0


class AppCredential:
    """Grants installation tokens: one for each distinct scope, renewed before it expires, revoked at the end.

    Safe to use from several threads.
    """

    kind = "installation token"
    renewable = True

    def __init__(
        self,
        app: AppApi,
        installation_id: str = "",
        on_secret: t.Callable[[Secret], None] | None = None,
    ) -> None:
        """Take the App and optionally the id of its installation, which saves a request.

        :param on_secret: told of every token as it is made, so that it can be masked elsewhere.
        """
        self.app = app
        self._clock = app.api.clock
        self._installations = Installations(app)
        self.installation_id = installation_id
        self._on_secret = on_secret or (lambda secret: None)
        self._grants: dict[Scope, Grant] = {}
        self._lock = threading.Lock()

    def grant(self, scope: Scope, deadline: Deadline) -> Grant:
        """Return a token narrowed to the scope; made now unless one is at hand.

        :raises InfradispatchError: when the App is unknown, not installed there, suspended, or may not do this.
        """
        with self._lock:
            known = self._grants.get(scope)
            if known is None or (known.use_until is not None and self._clock.monotonic() >= known.use_until):
                known = self._grants[scope] = self.mint(scope, deadline)
            return known

    def forget(self, grant: Grant) -> None:
        """Never hand out this token again."""
        with self._lock:
            self._grants = {scope: kept for scope, kept in self._grants.items() if kept is not grant}

    def close(self) -> None:
        """Revoke all tokens, as far as that goes quickly: they end within the hour in any case."""
        with self._lock:
            grants, self._grants = list(self._grants.values()), {}
        deadline = Deadline.after(self._clock, 5.0)
        for grant in grants:
            try:
                self._revoke(grant.token, deadline)
            except InfradispatchError:
                return

    def _revoke(self, token: Secret, deadline: Deadline) -> None:
        """Have GitHub forget one token."""
        self.app.api.repeatable("DELETE", "/installation/token", deadline=deadline, authorize=lambda: token, tries=1)

    def mint(self, scope: Scope, deadline: Deadline) -> Grant:
        """Make a token for the scope. :meth:`grant` is the way to share one.

        :raises InfradispatchError: as :meth:`grant` does.
        """
        first = scope.repositories[0] if scope.repositories else ""
        installation = (
            Installation(self.installation_id)
            if self.installation_id
            else self._installations.find(scope.owner, first, deadline)
        )
        path = f"/app/installations/{installation.id}/access_tokens"
        reply = self.app.request("POST", path, deadline, json.dumps(_asked(scope, installation)).encode("utf-8"))
        token = reply.mapping().get("token")
        if not reply.ok or not isinstance(token, str) or not token:
            raise self._mint_error(reply, scope, installation.id)
        secret = Secret(token)
        self._on_secret(secret)
        made_at = self._clock.monotonic()
        return Grant(secret, made_at, made_at + _usable_life(reply, self._clock.now()))

    def _mint_error(self, reply: Reply, scope: Scope, installation_id: str) -> InfradispatchError:
        """Return the error for a token that was not made."""
        target = f"{scope.owner}/{','.join(scope.repositories)}" if scope.repositories else scope.owner
        needs = ", ".join(f"{name}: {level}" for name, level in scope.permissions)
        facts = {"status": reply.status, "request_id": reply.request_id}
        if reply.status == 422 and "permission" in reply.message.lower():
            return NotPermitted(
                f"The installation of the App {self.app.app_id} lacks a permission needed for {target}: {needs}.",
                "Grant it in the App's settings, then accept the new permissions in the installation's. GitHub says: "
                + reply.message,
                **facts,
            )
        if reply.status == 422 and "repository" in reply.message.lower():
            return RepositoryNotCovered(
                f"The installation of the App {self.app.app_id} does not cover {target}.",
                "Check the names, and the selected repositories in the settings of the installation.",
                **facts,
            )
        if reply.status == 404:
            return NotFound(
                f"The App {self.app.app_id} has no installation {installation_id} (wanted for {target}).",
                "Check installation_id, or leave it out: it is found by the repository.",
                **facts,
            )
        return self.app.error(reply, "make an installation token", target, needs)


class RepositoryNotCovered(NotPermitted):
    """A token for several repositories can't be made because one of them is out of reach."""


def _asked(scope: Scope, installation: Installation) -> dict[str, t.Any]:
    """Return the body that asks for a token: by names, or by the id of a repository that has been renamed."""
    asked: dict[str, t.Any] = {"permissions": dict(scope.permissions)} if scope.permissions else {}
    if installation.renamed_id and len(scope.repositories) == 1:
        asked["repository_ids"] = [installation.renamed_id]
    elif scope.repositories:
        asked["repositories"] = list(scope.repositories)
    return asked


def _usable_life(reply: Reply, now: float) -> float:
    """Return for how many seconds a new token should be used: by the server's own clock, renewed a minute early."""
    expires_at = parse_timestamp(reply.mapping().get("expires_at"))
    life = expires_at - (reply.date if reply.date is not None else now) if expires_at is not None else 0.0
    if not 0 < life <= 24 * 3600:
        life = _CAREFUL_LIFE
    return life - (_MARGIN if life > 2 * _MARGIN else life / 2)
