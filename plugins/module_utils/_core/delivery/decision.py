# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What one attempt to send an event means: a pure decision over plain facts.

Never sent (nothing of the body left) and rejected (GitHub answered 4xx) are certain: the event was not accepted.
Anything else without a clear yes is unknown, and an unknown event is never sent again blindly.
"""

from __future__ import annotations

import typing as t

from ..github.client import lag_pause
from ..github.credentials import Grant
from ..github.limits import RateLimit, rate_limit_of
from ..github.reply import Reply
from ..github.transport import TransportFailure

ACCEPTED = "accepted"
REFUSED = "refused"
NEVER_SENT = "never sent"
UNKNOWN = "unknown"

CONNECT_PAUSES = (1.0, 2.0)


class Counts(t.NamedTuple):
    """What was tried before."""

    unsent: int = 0
    lagged: int = 0
    limited: int = 0
    renewed: int = 0


class Decision(t.NamedTuple):
    """What an attempt means, and whether to try again: after ``pause`` seconds (None: not), for which reason."""

    meaning: str
    pause: float | None = None
    limit: RateLimit | None = None
    renew: bool = False


def decide_failure(failure: TransportFailure, counts: Counts) -> Decision:
    """Decide about an attempt that got no answer."""
    if failure.sent:
        return Decision(UNKNOWN)
    if failure.lasting or counts.unsent >= len(CONNECT_PAUSES):
        return Decision(NEVER_SENT)
    return Decision(NEVER_SENT, CONNECT_PAUSES[counts.unsent])


def decide_reply(
    reply: Reply, grant: Grant, counts: Counts, *, monotonic: float, now: float, renewable: bool
) -> Decision:
    """Decide about an attempt that got an answer.

    :param monotonic: the moment on the clock that ``grant`` uses.
    :param now: the server's date, in seconds since the epoch.
    :param renewable: whether a refused token can be replaced by a new one.
    """
    if reply.ok:
        return Decision(ACCEPTED if _speaks_for_github(reply) else UNKNOWN)
    if not 400 <= reply.status < 500:
        return Decision(REFUSED if 300 <= reply.status < 400 else UNKNOWN)
    limit = rate_limit_of(reply, now, counts.limited)
    if limit is not None:
        return Decision(REFUSED, limit.wait, limit)
    pause = lag_pause(reply, grant, monotonic, counts.lagged)
    if pause is not None:
        return Decision(REFUSED, pause)
    if reply.status == 401 and renewable and not counts.renewed and not counts.lagged:
        return Decision(REFUSED, 0.0, renew=True)
    return Decision(REFUSED)


def _speaks_for_github(reply: Reply) -> bool:
    """Tell whether a 2xx is GitHub's: empty or JSON. A page of a login or a proxy is not a yes."""
    return not reply.body.strip() or reply.json() is not None
