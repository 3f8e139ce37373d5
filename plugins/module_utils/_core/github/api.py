# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Requests that may be repeated: reading, and making tokens. Sending an event is not one of them (see ``delivery``)."""

from __future__ import annotations

import typing as t

from ..clock import Clock, Deadline
from ..errors import RateLimited, Unreachable
from ..secret import Secret
from .connection import Connection
from .limits import RateLimit, rate_limit_of, retry_after_of
from .reply import Reply
from .transport import TransportFailure

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)


class Api:
    """Repeatable requests over one connection, with time as an argument."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        """Take the connection and the clock."""
        self.connection = connection
        self.clock = clock
        self._quiet_until: dict[Secret, float] = {}

    def repeatable(
        self,
        method: str,
        path: str,
        *,
        deadline: Deadline,
        authorize: t.Callable[[], Secret],
        body: bytes | None = None,
        headers: t.Mapping[str, str] | None = None,
        tries: int = 4,
    ) -> Reply:
        """Return GitHub's answer, whatever it says, after waiting out rate limits, 5xx and broken connections.

        :param authorize: gives the credential for each try anew (a JWT must be fresh).
        :param tries: how many answers without use (5xx, none) to take before giving up.
        :raises RateLimited: when a rate limit lasts longer than the deadline.
        :raises Unreachable: when no answer came.
        """
        limited = useless = 0
        while True:
            token = authorize()
            self.hold(token, deadline)
            try:
                reply = self.connection.request(
                    method, path, authorization=token, body=body, headers=headers, timeout=deadline.remaining()
                )
            except TransportFailure as failure:
                useless += 1
                pause = _PAUSES[min(useless, len(_PAUSES)) - 1]
                if failure.lasting or useless >= tries or not deadline.allows(pause):
                    raise Unreachable(failure.message, failure.hint or _LATER) from None
                self.clock.sleep(pause)
                continue
            limit = rate_limit_of(reply, reply.date or self.clock.now(), limited)
            if limit is not None:
                limited += 1
                self.wait_out(limit, reply, token, deadline)
            elif reply.status >= 500 and useless + 1 < tries:
                useless += 1
                pause = retry_after_of(reply) or _PAUSES[min(useless, len(_PAUSES)) - 1]
                if not deadline.allows(pause):
                    return reply
                self.clock.sleep(pause)
            else:
                return reply

    def hold(self, token: Secret, deadline: Deadline) -> None:
        """Sleep while a rate limit is on that this token met in any thread: asking meanwhile makes it worse.

        :raises RateLimited: at once, when that is over later than the deadline.
        """
        pause = self._quiet_until.get(token, 0.0) - self.clock.monotonic()
        if pause > 0:
            if not deadline.allows(pause):
                raise RateLimited(
                    "A rate limit of GitHub that was met before is still on.",
                    f"It lasts {pause:.0f} s more, and {deadline.remaining():.0f} s were left. Send less often, "
                    "or allow more time.",
                    retry_after=round(pause),
                )
            self.clock.sleep(pause)

    def wait_out(self, limit: RateLimit, reply: Reply, token: Secret, deadline: Deadline) -> None:
        """Sleep until the limit that this token met is over.

        :raises RateLimited: at once, when that is later than the deadline.
        """
        now = self.clock.monotonic()
        self._quiet_until = {known: until for known, until in self._quiet_until.items() if until > now}
        self._quiet_until[token] = now + limit.wait
        if not deadline.allows(limit.wait):
            raise RateLimited(
                f"GitHub's {limit.kind} rate limit is reached: {reply.message}.",
                f"It asks to wait {limit.wait:.0f} s, and {deadline.remaining():.0f} s were left. Send less often, "
                "or allow more time.",
                status=reply.status,
                request_id=reply.request_id,
                retry_after=round(limit.wait),
            )
        self.clock.sleep(limit.wait)


_LATER = "Try again later."
