# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""GitHub for one run of a tool: one connection, one credential, and requests that get over a token's youth and age."""

from __future__ import annotations

import functools
import hashlib
import os
import typing as t

from ..clock import Clock, Deadline
from ..errors import InvalidInput
from ..secret import Secret
from .api import Api
from .connection import Connection
from .credentials import Credential, Grant, Scope, TokenCredential
from .reply import Reply
from .route import find_route
from .settings import AppSettings, Settings, read_settings

if t.TYPE_CHECKING:  # pragma: no cover
    from .app import AppCredential
    from .signing import RunCommand, Signer

#: Told of a secret, to mask it.
OnSecret = t.Callable[[Secret], None]
#: GitHub may not know a new token for some seconds: pauses before it is tried again.
LAG_PAUSES = (1.0, 2.0, 4.0)
_YOUNG = 10.0


class GitHub:
    """What the delivery talks to."""

    def __init__(self, api: Api, credential: Credential) -> None:
        """Take the parts; :func:`open_github` makes them from options."""
        self.api = api
        self.credential = credential

    @property
    def clock(self) -> Clock:
        """Return the clock that everything here goes by."""
        return self.api.clock

    @property
    def api_url(self) -> str:
        """Return the base of the API."""
        return self.api.connection.api_url

    def close(self) -> None:
        """Revoke what was granted and close the connection."""
        self.credential.close()
        self.api.connection.close()

    def read(
        self,
        path: str,
        scope: Scope,
        deadline: Deadline,
        *,
        headers: t.Mapping[str, str] | None = None,
        tries: int = 4,
        patient: bool = True,
    ) -> Reply:
        """Return the answer to a GET, whatever it says, made with a token for the scope.

        :param patient: wait for a young token to become known; not for what is nice to have only.
        :raises InfradispatchError: when no token can be had, or no answer.
        """
        return self._with_token("GET", path, scope, deadline, None, headers, tries, patient)

    def write(self, path: str, scope: Scope, deadline: Deadline, body: bytes = b"{}") -> Reply:
        """Return the answer to a POST that may be repeated (such as cancelling a run)."""
        return self._with_token("POST", path, scope, deadline, body, None, 4, True)

    def _with_token(
        self,
        method: str,
        path: str,
        scope: Scope,
        deadline: Deadline,
        body: bytes | None,
        headers: t.Mapping[str, str] | None,
        tries: int,
        patient: bool,
    ) -> Reply:
        """Make a repeatable request; wait for a young token to become known, replace an old one that is refused."""
        renewed = False
        lag = 0
        while True:
            grant = self.credential.grant(scope, deadline)
            authorize = functools.partial(_token_of, grant)
            reply = self.api.repeatable(
                method, path, deadline=deadline, authorize=authorize, body=body, headers=headers, tries=tries
            )
            pause = lag_pause(reply, grant, self.clock.monotonic(), lag) if patient else None
            if pause is not None and deadline.allows(pause):
                lag += 1
                self.clock.sleep(pause)
            elif reply.status == 401 and self.credential.renewable and not renewed and pause is None and lag == 0:
                renewed = True
                self.credential.forget(grant)
            else:
                return reply


def _token_of(grant: Grant) -> Secret:
    """Return the token of a grant."""
    return grant.token


def lag_pause(reply: Reply, grant: Grant, now: float, attempt: int) -> float | None:
    """Return how long to wait before a refused token is tried again; None when it is not refused for its youth.

    Only a token that this process made seconds ago qualifies. GitHub's answer is 401 while the token is not known, and
    403 ("not accessible") or (for private repositories) 404 while its permissions are not. Any other 403 is not about
    the token's age: an IP allow list, an archived repository.
    """
    if grant.made_at is None or attempt >= len(LAG_PAUSES) or now - grant.made_at > _YOUNG:
        return None
    unknown = reply.status in (401, 404) or (reply.status == 403 and "not accessible" in reply.message.lower())
    return LAG_PAUSES[attempt] if unknown else None


class AppClient(t.NamedTuple):
    """An App on its own, for making tokens. ``identity`` tells apart who asks whom, without holding a secret."""

    connection: Connection
    credential: AppCredential
    identity: str

    def close(self) -> None:
        """Close the connection; tokens that were made stay good."""
        self.connection.close()


def open_github(
    options: t.Mapping[str, t.Any],
    *,
    env: t.Mapping[str, str] | None = None,
    clock: Clock | None = None,
    run_command: RunCommand | None = None,
    on_secret: OnSecret | None = None,
    pool_size: int = 10,
) -> GitHub:
    """Return a client for the connection options (names as in the public contract). No request is made.

    :param env: stands in for options that are not given; by default the environment of the process.
    :param run_command: runs an external signer; without it ``signer_command`` is refused.
    :param on_secret: told of every secret in use, so that the caller can mask it in its own output.
    :raises InfradispatchError: when the options are wrong, a key is none, or a library is missing.
    """
    env = os.environ if env is None else env
    settings = read_settings(options, env)
    api = _api(settings, options, env, clock, pool_size)
    if settings.token is not None:
        if on_secret is not None:
            on_secret(settings.token)
        return GitHub(api, TokenCredential(settings.token))
    return GitHub(api, _app_credential(t.cast(AppSettings, settings.app), api, run_command, on_secret))


def open_app(
    options: t.Mapping[str, t.Any],
    *,
    env: t.Mapping[str, str] | None = None,
    clock: Clock | None = None,
    run_command: RunCommand | None = None,
    on_secret: OnSecret | None = None,
) -> AppClient:
    """Return an App for the connection options; a token among them or in the environment does not count.

    Parameters and errors as for :func:`open_github`.
    """
    env = os.environ if env is None else env
    settings = read_settings({**options, "token": None}, env, app_only=True)
    app = t.cast(AppSettings, settings.app)
    api = _api(settings, options, env, clock, 1)
    signs = app.key.reveal() if app.key is not None else repr(app.signer_command)
    identity = repr((settings.api_url, app.app_id, app.installation_id, signs)).encode("utf-8")
    credential = _app_credential(app, api, run_command, on_secret)
    return AppClient(api.connection, credential, hashlib.sha256(identity).hexdigest())


def _api(
    settings: Settings,
    options: t.Mapping[str, t.Any],
    env: t.Mapping[str, str],
    clock: Clock | None,
    pool_size: int,
) -> Api:
    """Return the API behind a new connection."""
    route = find_route(settings.api_url, options, env)
    return Api(Connection(settings.api_url, route, settings.timeout, pool_size), clock or Clock())


def _app_credential(
    app: AppSettings, api: Api, run_command: RunCommand | None, on_secret: OnSecret | None
) -> AppCredential:
    """Return the App as a credential. What that takes is loaded here, because most sends have a token."""
    from .app import AppCredential
    from .app_api import AppApi
    from .signing import CommandSigner, KeySigner

    if app.key is not None:
        if on_secret is not None:
            on_secret(app.key)
        signer: Signer = KeySigner(app.key, app.key_option)
    elif run_command is not None:
        signer = CommandSigner(app.signer_command or [], run_command)
    else:
        raise InvalidInput("signer_command can't be used here.", "Give private_key or private_key_path.")
    return AppCredential(AppApi(api, app.app_id, signer), app.installation_id, on_secret)
