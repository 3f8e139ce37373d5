# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Credentials as the rest of the core sees them: something that grants a token for a scope."""

from __future__ import annotations

import typing as t

from ..clock import Deadline
from ..errors import InvalidInput
from ..secret import Secret


class Scope(t.NamedTuple):
    """What a token is for: repositories (bare names) of one owner, and permissions as (name, level) pairs."""

    owner: str
    repositories: tuple[str, ...]
    permissions: tuple[tuple[str, str], ...]


class Grant(t.NamedTuple):
    """A token, and on the monotonic clock when it was made and when it should no longer be used (None: unknown)."""

    token: Secret
    made_at: float | None = None
    use_until: float | None = None


class Credential(t.Protocol):
    """Grants tokens. ``kind`` is the word for messages; ``renewable`` tells whether a refused token can be replaced."""

    kind: str
    renewable: bool

    def grant(self, scope: Scope, deadline: Deadline) -> Grant:
        """Return a token that is good for the scope now."""

    def forget(self, grant: Grant) -> None:
        """Never hand out this token again: GitHub refused it."""

    def close(self) -> None:
        """Take back what was granted."""


class TokenCredential:
    """A token that somebody else made: used as it is, never renewed, never revoked."""

    kind = "token"
    renewable = False

    def __init__(self, token: Secret) -> None:
        """Hold the token."""
        self._grant = Grant(token)

    def grant(self, scope: Scope, deadline: Deadline) -> Grant:
        """Return the token; its owner decided what it is for."""
        return self._grant

    def forget(self, grant: Grant) -> None:
        """Do nothing: there is no other token."""

    def close(self) -> None:
        """Do nothing: the token is not ours."""


def read_token(text: str, option: str = "token") -> Secret:
    """Return the token without surrounding white space. Its length and alphabet are GitHub's business, not ours.

    :raises InvalidInput: when it is empty or can't be sent in a header.
    """
    plain = text.strip()
    if not plain:
        raise InvalidInput(f"{option} is empty.", "Give a personal access token, or an App's id and private key.")
    if "-----BEGIN" in plain:
        raise InvalidInput(f"{option} holds a key.", "Give the private key of an App in private_key.")
    if any(not 33 <= ord(character) <= 126 for character in plain):
        raise InvalidInput(
            f"{option} has white space or other characters inside that no token has ({len(plain)} characters).",
            "Check that only the token itself was stored.",
        )
    return Secret(plain)
