# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a token is, by its prefix and by what answers say about it: pure functions.

Prefixes: GitHub's "about authentication to GitHub". Headers: "authenticating to the REST API".
"""

from __future__ import annotations

import re
import typing as t
from datetime import datetime, timezone

from ..secret import Secret
from .reply import Reply

CLASSIC, FINE_GRAINED, OAUTH, APP_USER = "classic", "fine_grained", "oauth", "app_user"
INSTALLATION, REFRESH, JWT, APP, UNKNOWN = "installation", "refresh", "jwt", "app", "unknown"
_PREFIXES = {
    "ghp_": CLASSIC,
    "github_pat_": FINE_GRAINED,
    "gho_": OAUTH,
    "ghu_": APP_USER,
    "ghs_": INSTALLATION,
    "v1.": INSTALLATION,  # before 2021, and on old servers
    "ghr_": REFRESH,
    "eyJ": JWT,
}
_WORDS = {
    CLASSIC: "classic personal access token",
    FINE_GRAINED: "fine-grained personal access token",
    OAUTH: "token of an OAuth app",
    APP_USER: "token of a user of a GitHub App",
    INSTALLATION: "installation token of a GitHub App",
    REFRESH: "refresh token, with which no request can be made",
    JWT: "JWT of a GitHub App, with which no event can be sent",
    APP: "GitHub App",
    UNKNOWN: "token of an unknown kind",
}
_NOT_AN_EXPIRY = 120.0


class TokenFacts(t.NamedTuple):
    """What answers said about a token. ``scopes`` is None when nothing was said about them."""

    scopes: tuple[str, ...] | None = None
    expires_at: float | None = None
    sso_url: str = ""


def kind_of(token: Secret) -> str:
    """Return what kind of token this is by its prefix; tokens of old servers have none."""
    text = token.reveal()
    return next((kind for prefix, kind in _PREFIXES.items() if text.startswith(prefix)), UNKNOWN)


def describe(kind: str) -> str:
    """Return the kind in words."""
    return _WORDS[kind]


def usable(kind: str) -> bool:
    """Tell whether a token of this kind can send an event at all."""
    return kind not in (REFRESH, JWT)


def self_test(kind: str) -> str:
    """Return the path that tells a token about itself. ``/user`` refuses the tokens of an App."""
    return "/installation/repositories?per_page=1" if kind == INSTALLATION else "/user"


def is_of_an_app(reply: Reply) -> bool:
    """Tell whether ``/user`` was refused because the token is one of an App, whatever its prefix."""
    return reply.status == 403 and "accessible by integration" in reply.message.lower()


def token_facts(replies: t.Iterable[Reply], now: float) -> TokenFacts:
    """Return what the answers said; the first that says something counts.

    :param now: the server's time. An expiry of this very moment is taken for none: some fine-grained tokens were seen
        to get the current time (google/go-github#3708).
    """
    scopes: tuple[str, ...] | None = None
    expires_at: float | None = None
    sso_url = ""
    for reply in replies:
        said = reply.headers.get("x-oauth-scopes")
        if scopes is None and said is not None:
            scopes = tuple(filter(None, (word.strip() for word in said.split(","))))
        moment = parse_expiry(reply.headers.get("github-authentication-token-expiration"))
        if expires_at is None and moment is not None and abs(moment - now) > _NOT_AN_EXPIRY:
            expires_at = moment
        sso_url = sso_url or sso_of(reply)
    return TokenFacts(scopes, expires_at, sso_url)


def parse_expiry(text: str | None) -> float | None:
    """Return seconds since the epoch for ``2022-08-14 08:15:54 UTC`` or ``2025-09-05 17:55:53 +0500``, else None."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) ?(UTC|[+-]\d{4})", (text or "").strip())
    if match is None:
        return None
    zone = match.group(2).replace("UTC", "+0000")
    try:
        return datetime.strptime(f"{match.group(1)} {zone}", "%Y-%m-%d %H:%M:%S %z").timestamp()
    except (ValueError, OverflowError):
        return None


def sso_of(reply: Reply) -> str:
    """Return where to authorise the token for an organisation that wants single sign-on; empty when it does not."""
    said = reply.headers.get("x-github-sso", "")
    if not said.startswith("required"):
        return ""
    url = re.search(r"url=(https?://[^\s;,]+)", said)
    return url.group(1) if url else "https://github.com/settings/tokens"


def scopes_allow(scopes: t.Collection[str], *, private: bool) -> bool:
    """Tell whether a classic or OAuth token with these scopes may write to a repository (its user permitting)."""
    return "repo" in scopes or (not private and "public_repo" in scopes)


def timestamp(moment: float | None) -> str | None:
    """Return a time as GitHub writes it (``2026-11-25T12:00:00Z``), None for None or one that no calendar has."""
    if moment is None:
        return None
    try:
        return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None
