# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What answers say about the server and the budget of requests: pure functions."""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from .connection import API_VERSION
from .identity import timestamp
from .reply import Reply
from .urls import DEFAULT_API_URL

GITHUB, RESIDENCY, SERVER = "github.com", "ghe.com", "ghes"
#: On every answer of a GitHub Enterprise Server (lerna/lerna#1930).
_VERSION_HEADER = "x-github-enterprise-version"


def product_of(api_url: str) -> str:
    """Return which GitHub is at the base of the API: ``github.com``, ``ghe.com`` (data residency) or ``ghes``."""
    host = (urlsplit(api_url).hostname or "").lower()
    if api_url == DEFAULT_API_URL:
        return GITHUB
    return RESIDENCY if host.endswith(".ghe.com") else SERVER


def server_version(replies: t.Iterable[Reply]) -> str | None:
    """Return the version of a GitHub Enterprise Server, by a header or by the body of ``/meta``."""
    for reply in replies:
        said = reply.headers.get(_VERSION_HEADER) or reply.mapping().get("installed_version")
        if isinstance(said, str) and said:
            return said[:40]
    return None


def api_facts(api_url: str, replies: t.Sequence[Reply], version: str | None, skew: float | None) -> dict[str, t.Any]:
    """Return what is known of the server, as the public contract shows it.

    :param skew: seconds by which its clock is ahead of the local one, None when no answer told the time.
    """
    product = product_of(api_url)
    selected = [reply.headers["x-github-api-version-selected"] for reply in replies if _selected(reply)]
    sunset = next((reply.headers["sunset"] for reply in replies if reply.headers.get("sunset")), None)
    return {
        "url": api_url,
        "product": product,
        "server_version": version if product == SERVER else None,
        "api_version": selected[-1][:40] if selected else API_VERSION,
        "sunset": sunset[:60] if sunset else None,
        "clock_skew": None if skew is None else round(skew),
    }


def _selected(reply: Reply) -> bool:
    return bool(reply.headers.get("x-github-api-version-selected"))


def budget_of(replies: t.Sequence[Reply]) -> dict[str, t.Any]:
    """Return the primary rate limit by the last answer that tells it; all null where there is none, as on most GHES."""
    told = [reply for reply in replies if _number(reply, "remaining") is not None]
    if not told:
        return dict.fromkeys(("limit", "remaining", "used", "reset_at"))
    last = told[-1]
    return {
        **{name: _number(last, name) for name in ("limit", "remaining", "used")},
        "reset_at": timestamp(_number(last, "reset")),
    }


def _number(reply: Reply, name: str) -> int | None:
    """Return a number of the rate-limit headers."""
    said = reply.headers.get(f"x-ratelimit-{name}", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None
