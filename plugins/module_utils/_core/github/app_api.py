# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Requests that an App makes in its own name, signed anew each time, and what their refusals teach."""

from __future__ import annotations

from ..clock import Deadline
from ..errors import InfradispatchError, NotAuthenticated
from ..secret import Secret
from .api import Api
from .diagnosis import Request, error_of
from .reply import Reply
from .signing import Signer, claims_for

_SKEW_WORTH_HEALING = 20.0


class AppApi:
    """The App endpoints, asked with a JWT."""

    def __init__(self, api: Api, app_id: str, signer: Signer) -> None:
        """Take the App's id (or client id) and what signs for it."""
        self.api = api
        self.app_id = app_id
        self._signer = signer
        self._skew = 0.0
        self._numeric_issuer = False

    def request(self, method: str, path: str, deadline: Deadline, body: bytes | None = None) -> Reply:
        """Make a request as the App; heal a wrong local clock and the type of the issuer, once each."""
        reply = self._signed(method, path, deadline, body)
        for _heal in range(2):
            if reply.status != 401 or not self._healed(reply):
                break
            reply = self._signed(method, path, deadline, body)
        if reply.status == 404 and "integration not found" in reply.message.lower():
            raise NotAuthenticated(
                f"The App {self.app_id} is not known at {self.api.connection.api_url}.",
                "Check app_id, and that the App is registered at this GitHub (api_url).",
                status=reply.status,
                request_id=reply.request_id,
            )
        return reply

    def _signed(self, method: str, path: str, deadline: Deadline, body: bytes | None) -> Reply:
        """Make a request with a JWT that is fresh at each try."""

        def authorize() -> Secret:
            moment = self.api.clock.now() + self._skew
            return self._signer.sign(claims_for(self.app_id, moment, numeric=self._numeric_issuer))

        return self.api.repeatable(method, path, deadline=deadline, authorize=authorize, body=body)

    def _healed(self, reply: Reply) -> bool:
        """Learn from a 401: tell whether another JWT is worth a try."""
        said = reply.message.lower()
        if "issuer" in said and "integer" in said and self.app_id.isdigit() and not self._numeric_issuer:
            self._numeric_issuer = True
            return True
        skew = self._measured_skew(reply)
        about_time = "'exp'" in said or "'iat'" in said
        if (about_time or abs(skew) > _SKEW_WORTH_HEALING) and abs(skew - self._skew) > 1.0:
            self._skew = skew
            return True
        return False

    def _measured_skew(self, reply: Reply) -> float:
        """Return how many seconds the server's clock is ahead of the local one."""
        return reply.date - self.api.clock.now() if reply.date is not None else 0.0

    def error(self, reply: Reply, action: str, target: str, needs: str = "") -> InfradispatchError:
        """Return the error for a refused request of the App, with the clock difference when there is one."""
        error = error_of(reply, Request(action, target, "app", needs, self.app_id))
        skew = self._measured_skew(reply)
        if reply.status == 401 and abs(skew) > _SKEW_WORTH_HEALING:
            way = "behind" if skew > 0 else "ahead of"
            error.message += f" The clock of this machine is {abs(skew):.0f} s {way} GitHub's."
            error.with_facts(clock_skew=round(skew))
        return error
