# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asking: from the Authorization header to a credential."""

from __future__ import annotations

import base64
import typing as t
from dataclasses import dataclass, field

import jwt

from .answers import Refusal, bad_credentials

if t.TYPE_CHECKING:
    from .models import App, Token
    from .world import World

SKEW_MESSAGES = {
    "far": "'Expiration time' claim ('exp') is too far in the future",
    "exp": "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion"
    " expires",
    "iat": "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    "iss": "'Issuer' claim ('iss') must be an Integer",
    "decode": "A JSON web token could not be decoded",
}
JWT_LIFETIME = 600


@dataclass
class Credential:
    kind: str = "none"
    """``none``, ``invalid``, ``jwt``, ``installation``, ``classic`` or ``fine-grained``."""
    app: App | None = None
    token: Token | None = None
    problem: Refusal | None = None
    permissions: dict[str, str] = field(default_factory=dict)


def identify(world: World, header: str | None) -> Credential:
    """Read an Authorization header. Never raises: what is wrong is kept in ``problem``."""
    if not header:
        return Credential(problem=Refusal(401, "Requires authentication", docs=""))
    scheme, _separator, value = header.strip().partition(" ")
    value = value.strip()
    if scheme.lower() == "basic":
        value = _password(value)
    elif scheme.lower() not in ("bearer", "token"):
        return Credential("invalid", problem=bad_credentials())
    world.presented.add(value)
    token = world.tokens.get(value)
    if token is not None:
        return _from_token(world, token)
    if value.count(".") == 2 and not value.startswith("gh"):
        return _from_jwt(world, value, bearer=scheme.lower() == "bearer")
    return Credential("invalid", problem=bad_credentials())


def _password(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8").partition(":")[2]
    except ValueError:
        return ""


def _from_token(world: World, token: Token) -> Credential:
    expired = token.expires_at is not None and token.expires_at <= world.clock.now()
    uninstalled = token.installation is not None and token.installation.id not in world.installations
    if token.revoked or expired or uninstalled:
        return Credential("invalid", token=token, problem=bad_credentials())
    credential = Credential(token.kind, token=token, permissions=dict(token.permissions))
    if token.installation is not None:
        credential.app = token.installation.app
        if token.installation.suspended_at is not None:
            credential.problem = Refusal(403, "This installation has been suspended")
    return credential


def _from_jwt(world: World, value: str, *, bearer: bool) -> Credential:
    if not bearer:
        return Credential("jwt", problem=bad_credentials())
    try:
        return Credential("jwt", app=_verified(world, value))
    except Refusal as problem:
        return Credential("jwt", problem=problem)


def _refused(name: str) -> Refusal:
    return Refusal(401, SKEW_MESSAGES[name], docs="")


def _verified(world: World, value: str) -> App:
    """The App whose key signed this assertion, when every claim is as GitHub wants it."""
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
        algorithm = jwt.get_unverified_header(value).get("alg")
    except jwt.PyJWTError:
        raise _refused("decode") from None
    if algorithm != "RS256":
        raise _refused("decode")
    app = _issuer(world, claims.get("iss"))
    if not app.public_keys:
        raise Refusal(401, "Integration must generate a public key", docs="")
    if not any(_signed_by(value, key) for key in app.public_keys):
        raise _refused("decode")
    _check_times(claims, world.clock.now())
    return app


def _issuer(world: World, issuer: t.Any) -> App:
    for app in world.apps:
        names: tuple[t.Any, ...] = (app.id, str(app.id), app.client_id)
        if issuer in names and not isinstance(issuer, bool):
            if app.issuer_rule == "integer" and not isinstance(issuer, int):
                raise _refused("iss")
            return app
    if isinstance(issuer, int) or (isinstance(issuer, str) and issuer):
        raise Refusal(world.integration_not_found_status, "Integration not found", docs="")
    raise _refused("iss")


def _signed_by(value: str, key: t.Any) -> bool:
    switched_off = dict.fromkeys(
        ("verify_exp", "verify_iat", "verify_nbf", "verify_iss", "verify_aud", "verify_sub"), False
    )
    try:
        jwt.decode(value, key, algorithms=["RS256"], options=t.cast("t.Any", switched_off))
    except jwt.PyJWTError:
        return False
    return True


def is_whole(value: object) -> t.TypeGuard[int]:
    """Tell whether a value of JSON is a whole number; a truth value, which Python takes for one, is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def _check_times(claims: t.Mapping[str, t.Any], now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not is_whole(issued) or issued > now:
        raise _refused("iat")
    if not is_whole(expires) or expires <= now:
        raise _refused("exp")
    if expires > now + JWT_LIFETIME:
        raise _refused("far")
