# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What an App may do beyond its task: pure functions over GitHub's objects of an App and its installations."""

from __future__ import annotations

import typing as t

from ..errors import InvalidInput
from .mint import LEVELS

#: What sending an event, reading who hears it, and waiting for its runs take.
NEEDED: t.Mapping[str, str] = {"contents": "write", "actions": "read", "metadata": "read"}
NONE = "none"
_RANKS = {NONE: 0, **{level: rank for rank, level in enumerate(("read", "write", "admin"), start=1)}}


class Finding(t.NamedTuple):
    """Something that is broader (or narrower) than needed; ``installation`` is None for the App itself."""

    installation: int | None
    permission: str
    granted: str
    needed: str
    message: str


def read_needed(value: object) -> dict[str, str]:
    """Return the permissions that are needed; :data:`NEEDED` when none are given.

    :raises InvalidInput: when the value is no mapping of GitHub's names to levels.
    """
    if value is None:
        return dict(NEEDED)
    if not isinstance(value, t.Mapping) or not value or not all(isinstance(name, str) for name in value):
        raise InvalidInput("needed_permissions is no mapping.", "Give one such as contents: write, or leave it out.")
    for name, level in value.items():
        if level not in LEVELS:
            raise InvalidInput(f"needed_permissions.{name} is none of {', '.join(LEVELS)}.", "Give one of them.")
    return {str(name): str(level) for name, level in value.items()}


def audit(
    app: t.Mapping[str, t.Any],
    installations: t.Sequence[t.Mapping[str, t.Any]],
    needed: t.Mapping[str, str],
    most: int,
) -> list[Finding]:
    """Return everything that an App and its installations have beyond what is needed, and what they lack.

    :param most: number of installations above which one key opens too much.
    """
    findings = list(_permissions(None, f"The App {app.get('slug')}", app, needed))
    total = app.get("installations_count")
    count = max(total if isinstance(total, int) else 0, len(installations))
    if count > most:
        message = f"The App has {count} installations; whoever has its key can speak for all of them."
        findings.append(Finding(None, "installations", str(count), str(most), message))
    for installation in installations:
        findings += _installation(installation, needed)
    return findings


def _installation(installation: t.Mapping[str, t.Any], needed: t.Mapping[str, str]) -> t.Iterator[Finding]:
    """Yield what is wrong with one installation."""
    number = installation.get("id")
    who = f"The installation on {login_of(installation.get('account'))}"
    yield from _permissions(number, who, installation, needed)
    if installation.get("repository_selection") == "all":
        message = f"{who} covers all repositories, also those to come. Select those that take events."
        yield Finding(number, "repository_selection", "all", "selected", message)


def _permissions(
    number: int | None, who: str, holder: t.Mapping[str, t.Any], needed: t.Mapping[str, str]
) -> t.Iterator[Finding]:
    """Yield each permission that is more or less than needed, and several permissions to write."""
    granted = permissions_of(holder)
    for name in sorted({*granted, *needed}):
        has, wants = granted.get(name, NONE), needed.get(name, NONE)
        if _rank(has) > _rank(wants):
            message = f"{who} has {name}: {has}; " + (f"{wants} is enough." if wants != NONE else "it is not needed.")
            yield Finding(number, name, has, wants, message)
        elif _rank(has) < _rank(wants):
            message = f"{who} has {name}: {has}; {wants} is needed."
            yield Finding(number, name, has, wants, message)
    writes = [name for name, level in sorted(granted.items()) if _rank(level) >= _rank("write")]
    allowed = [name for name, level in sorted(needed.items()) if _rank(level) >= _rank("write")]
    if len(writes) > max(1, len(allowed)):
        message = f"{who} may write in {len(writes)} ways: {', '.join(writes)}."
        yield Finding(number, "write_permissions", ", ".join(writes), ", ".join(allowed), message)


def _rank(level: str) -> int:
    """Return the order of a level; one never heard of is above all."""
    return _RANKS.get(level, len(_RANKS))


def permissions_of(holder: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return the permissions in GitHub's object of an App or an installation."""
    found = holder.get("permissions")
    return {str(name): str(level) for name, level in found.items()} if isinstance(found, dict) else {}


def login_of(account: object) -> str:
    """Return the name of an account; an enterprise has a slug."""
    known = account if isinstance(account, dict) else {}
    return str(known.get("login") or known.get("slug") or "")


def show_app(app: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the App as the public contract shows it."""
    plain = ("id", "client_id", "slug", "name", "html_url", "installations_count", "created_at", "updated_at")
    return {
        **{name: app.get(name) for name in plain},
        "owner": login_of(app.get("owner")),
        "permissions": permissions_of(app),
        "events": _words(app.get("events")),
    }


def show_installation(installation: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return an installation as the public contract shows it."""
    plain = ("id", "repository_selection", "html_url", "created_at", "updated_at", "suspended_at")
    return {
        **{name: installation.get(name) for name in plain},
        "account": login_of(installation.get("account")),
        "account_type": installation.get("target_type"),
        "permissions": permissions_of(installation),
        "events": _words(installation.get("events")),
        "suspended": bool(installation.get("suspended_at")),
    }


def _words(value: object) -> list[str]:
    """Return a list of texts."""
    return [str(word) for word in value] if isinstance(value, list) else []
