# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The primary rate limit, by credential."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .answers import Refusal

if t.TYPE_CHECKING:
    from .clock import Clock
    from .identity import Credential

WINDOW = 3600
DOCS = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"


@dataclass
class _Account:
    used: int
    reset: float


@dataclass
class RateLimits:
    clock: Clock
    enabled: bool = True
    limit: int = 5000
    anonymous_limit: int = 60
    _accounts: dict[str, _Account] = field(default_factory=dict)

    def clear(self) -> None:
        self._accounts.clear()

    def _limit(self, credential: Credential) -> int:
        return self.anonymous_limit if credential.kind in ("none", "invalid") else self.limit

    def _account(self, credential: Credential) -> _Account:
        now = self.clock.now()
        known = self._accounts.get(_key(credential))
        if known is None or known.reset <= now:
            known = self._accounts[_key(credential)] = _Account(0, now + WINDOW)
        return known

    def state(self, credential: Credential) -> dict[str, int]:
        account, limit = self._account(credential), self._limit(credential)
        used = min(account.used, limit)
        return {"limit": limit, "remaining": limit - used, "reset": int(account.reset), "used": used}

    def spend(self, credential: Credential, request_id: str, when: str) -> None:
        """Count a request; raises the 403 once the hour is used up."""
        account = self._account(credential)
        if account.used >= self._limit(credential):
            raise Refusal(403, exceeded(_owner(credential), request_id, when), docs=DOCS)
        account.used += 1

    def give_back(self, credential: Credential) -> None:
        """A 304 costs nothing."""
        self._account(credential).used -= 1

    def headers(self, credential: Credential) -> dict[str, str]:
        state = self.state(credential)
        return {**{f"x-ratelimit-{name}": str(value) for name, value in state.items()}, "x-ratelimit-resource": "core"}


def exceeded(owner: str, request_id: str, when: str) -> str:
    return (
        f"API rate limit exceeded for {owner}. If you reach out to GitHub Support for help, please include the request "
        f"ID {request_id} and timestamp {when}. For more on scraping GitHub and how it may affect your rights, please "
        "review our Terms of Service (https://docs.github.com/en/site-policy/github-terms/github-terms-of-service)"
    )


def _key(credential: Credential) -> str:
    token = credential.token
    if token is None or credential.kind == "invalid":
        return f"{credential.kind}:{credential.app.id if credential.app else ''}"
    if token.installation is not None:
        return f"installation:{token.installation.id}"
    return f"user:{token.user.id if token.user else ''}"


def _owner(credential: Credential) -> str:
    token = credential.token
    if token is not None and token.installation is not None:
        return f"installation ID {token.installation.id}"
    if token is not None and token.user is not None:
        return f"user ID {token.user.id}"
    return "127.0.0.1"
