# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Rate limits, read from an answer. Rules: GitHub's "rate limits for the REST API" and "best practices"."""

from __future__ import annotations

import typing as t

from .reply import Reply

SECONDARY_PAUSE = 60.0
_LONGEST = 24 * 3600.0
# In messages and in documentation_url; "abuse" is the older name.
_SECONDARY_WORDS = ("secondary rate", "secondary-rate", "abuse detection", "abuse-rate")


class RateLimit(t.NamedTuple):
    """A limit that was hit: which one, and how many seconds to stay away."""

    kind: str
    wait: float


def rate_limit_of(reply: Reply, now: float, attempt: int = 0) -> RateLimit | None:
    """Return the limit that this answer reports, or None when it is about something else.

    ``retry-after`` counts first, then the reset of an exhausted primary limit, then a minute that doubles with each
    ``attempt`` (0, 1, …), because a secondary limit may come with no header at all. A ``retry-after`` of zero or one is
    doubled in the same way: a server that means it keeps us waiting, one that does not is not stormed. ``now`` is the
    server's date where known: the reset is a point on the server's clock.
    """
    if reply.status not in (403, 429):
        return None
    retry_after = _seconds(reply.headers.get("retry-after"))
    exhausted = reply.headers.get("x-ratelimit-remaining") == "0"
    text = f"{reply.message} {reply.mapping().get('documentation_url', '')}".lower()
    secondary = any(words in text for words in _SECONDARY_WORDS)
    if not (exhausted or secondary or reply.status == 429 or "rate limit exceeded" in text):
        return None
    kind = "primary" if exhausted and not secondary else "secondary"
    if retry_after is not None:
        return RateLimit(kind, max(retry_after, float(2**attempt)))
    reset = _seconds(reply.headers.get("x-ratelimit-reset"))
    if exhausted and reset is not None:
        return RateLimit(kind, min(max(0.0, reset - now) + 1.0, _LONGEST))
    return RateLimit(kind, SECONDARY_PAUSE * 2**attempt)


def retry_after_of(reply: Reply) -> float | None:
    """Return the ``retry-after`` of any answer, in seconds, or None."""
    return _seconds(reply.headers.get("retry-after"))


def _seconds(text: str | None) -> float | None:
    """Read a number of seconds; anything else (an HTTP date, a word) counts as absent."""
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is None or 0 <= value < 1e11 else None
