# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Connection options, as text from a task, an ini file or the environment, turned into checked values.

Precedence: what is given explicitly, then the environment. A token in the environment does not clash with an App given
explicitly; two kinds of credential given explicitly do.
"""

from __future__ import annotations

import re
import typing as t

from ..errors import InvalidInput
from ..secret import Secret
from .credentials import read_token
from .urls import parse_api_url

#: For each option, the environment variables that stand in for it; the first that is set and not empty counts.
ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "token": ("GITHUB_TOKEN", "GH_TOKEN"),
    "app_id": ("GITHUB_APP_CLIENT_ID", "GITHUB_APP_ID"),
    "private_key": ("GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_PEM_FILE"),
    "private_key_path": ("GITHUB_APP_PRIVATE_KEY_PATH",),
    "installation_id": ("GITHUB_APP_INSTALLATION_ID",),
    "signer_command": ("INFRADISPATCH_SIGNER_COMMAND",),
    "api_url": ("GITHUB_API_URL",),
}
_KEYS = ("private_key", "private_key_path", "signer_command")


class AppSettings(t.NamedTuple):
    """How to speak as an App: either a key or a signer command."""

    app_id: str
    installation_id: str
    key: Secret | None
    key_option: str
    signer_command: list[str] | None


class Settings(t.NamedTuple):
    """Where and as whom to speak. Exactly one of ``token`` and ``app`` is there."""

    api_url: str
    timeout: float
    token: Secret | None
    app: AppSettings | None


def read_settings(options: t.Mapping[str, t.Any], env: t.Mapping[str, str], *, app_only: bool = False) -> Settings:
    """Check the connection options; no request is made.

    :param app_only: look for an App only, where a token would be of no use.
    :raises InvalidInput: when they are wrong, incomplete, or name two kinds of credential.
    :raises BadKey: when the private key is none.
    """
    api_url = _choose("api_url", options, env)
    timeout = _timeout(options.get("timeout"))
    base = parse_api_url(api_url[0], api_url[1])
    given = [name for name in ("app_id", "installation_id", *_KEYS) if options.get(name) not in (None, "", [])]
    explicit_token = options.get("token") is not None
    if explicit_token and [name for name in given if name != "installation_id"]:
        raise InvalidInput(
            f"Two kinds of credential are given: token, and {', '.join(given)} of an App.", "Give one of them."
        )
    if explicit_token:
        return Settings(base, timeout, read_token(str(options["token"])), None)
    app_is_complete = _choose("app_id", options, env)[0] and any(_choose(name, options, env)[0] for name in _KEYS)
    token, token_name = _choose("token", {}, env)
    if token and not app_only and not given and not app_is_complete:
        return Settings(base, timeout, read_token(token, token_name), None)
    return Settings(base, timeout, None, _app_settings(options, env))


def read_app_id(value: object, option: str = "app_id") -> str:
    """Return the App's id or client id as text, digit for digit.

    :raises InvalidInput: when it is neither (a fraction, a truth value, zero, the client id of an OAuth app).
    """
    text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if re.fullmatch(r"[0-9]{1,100}", text) and text.strip("0"):
        return text
    if re.fullmatch(r"Iv[A-Za-z0-9.]{4,60}", text):
        return text
    hint = "Give the App ID (digits) or the client ID (Iv…) from the settings page of the App."
    if text.startswith("Ov"):
        raise InvalidInput(f"{option} looks like the client ID of an OAuth app.", hint)
    shown = f"{value!r}" if len(repr(value)) <= 40 else f"a text of {len(repr(value))} characters"
    raise InvalidInput(f"{option} is neither an App ID nor a client ID: {shown}.", hint)


def _app_settings(options: t.Mapping[str, t.Any], env: t.Mapping[str, str]) -> AppSettings:
    """Check the options of an App."""
    app_id, app_id_name = _choose("app_id", options, env)
    key_option, value = _key_source(options, env)
    if options.get("app_id") is not None:
        read_app_id(options["app_id"])
    if not app_id and not value:
        if options.get("installation_id"):
            raise InvalidInput("installation_id is given without app_id.", "Give app_id and the App's private key.")
        raise InvalidInput(
            "No credential is given.",
            "Set token (or GITHUB_TOKEN), or app_id and private_key (or GITHUB_APP_CLIENT_ID and "
            "GITHUB_APP_PRIVATE_KEY or GITHUB_APP_PRIVATE_KEY_PATH).",
        )
    if not app_id:
        raise InvalidInput(f"{key_option} is given without app_id.", "Give the App ID or client ID as app_id.")
    checked_id = read_app_id(app_id, app_id_name)
    if key_option.startswith("private_key") and value is not None and not str(value):
        value = " "  # empty: let the reader of keys say so
    if value in (None, "", []):
        raise InvalidInput("app_id is given without a key.", "Give private_key, private_key_path or signer_command.")
    installation, installation_name = _choose("installation_id", options, env)
    installation_id = str(installation or "").strip()
    if installation_id and not re.fullmatch(r"[0-9]+", installation_id):
        raise InvalidInput(f"{installation_name} is not a number.", "Leave it out: it is found by the repository.")
    key, command = _read_key(key_option, value)
    return AppSettings(checked_id, installation_id, key, key_option, command)


def _key_source(options: t.Mapping[str, t.Any], env: t.Mapping[str, str]) -> tuple[str, t.Any]:
    """Return the name and value of what signs: one explicit option, or else the first one of the environment."""
    explicit = [name for name in _KEYS if options.get(name) is not None]
    if len(explicit) > 1:
        raise InvalidInput(f"{' and '.join(explicit)} are given together.", "Give one of them.")
    if explicit:
        return explicit[0], options[explicit[0]]
    for name in _KEYS:
        value, source = _choose(name, {}, env)
        if value:
            return source, value
    return "", None


def _read_key(source: str, value: t.Any) -> tuple[Secret | None, list[str] | None]:
    """Return the key, or the words of the signer command."""
    from .keys import read_private_key, read_private_key_file
    from .signing import parse_signer_command

    if source == "signer_command" or source in ENVIRONMENT["signer_command"]:
        return None, parse_signer_command(value)
    if source == "private_key_path" or source in ENVIRONMENT["private_key_path"]:
        return read_private_key_file(str(value), source), None
    return read_private_key(str(value), source), None


def _choose(name: str, options: t.Mapping[str, t.Any], env: t.Mapping[str, str]) -> tuple[t.Any, str]:
    """Return the value of an option and the name it was found under: explicit first, then the environment."""
    if options.get(name) is not None:
        return options[name], name
    for variable in ENVIRONMENT[name]:
        if env.get(variable):
            return env[variable], variable
    return None, name


def _timeout(value: t.Any) -> float:
    """Return the seconds for one request."""
    if value is None:
        return 30.0
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = 0.0
    if isinstance(value, bool) or not 0 < seconds <= 3600:
        raise InvalidInput("timeout is not a number of seconds from 1 to 3600.", "Leave it out for 30 s.")
    return seconds
