# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Questions about an App: who it is, where it is installed, and which tokens it can really get."""

from __future__ import annotations

import typing as t

from ..errors import NotPermitted
from ..github.app_facts import find_installation, read_app, read_installation
from ..github.audit import permissions_of
from ..github.credentials import Scope
from ..github.identity import APP
from .dispatch import SEND, WATCH
from .probe import Asked, Probe, shown

if t.TYPE_CHECKING:  # pragma: no cover
    from ..github.app import AppCredential

_NOTHING = {"contents": False, "actions": False}


def ask_as_app(probe: Probe) -> Asked:
    """Find out who the App is and what it can get for the repository; the probe then reads with the best of it."""
    credential = t.cast("AppCredential", probe.github.credential)
    app = probe.attempt(lambda: read_app(credential.app, probe.deadline))
    if app is None:
        return Asked(APP, False, False, _NOTHING, shown(app=credential.app.app_id))
    installation = probe.attempt(lambda: _installation(credential, probe))
    facts: dict[str, t.Any] = {"app": app.get("slug")}
    if installation is None:
        return Asked(APP, True, False, _NOTHING, shown(**facts))
    held = permissions_of(installation)
    suspended = bool(installation.get("suspended_at"))
    facts.update(
        installation_id=installation["id"],
        repository_selection=installation.get("repository_selection"),
        permissions=held,
        suspended=suspended,
    )
    if suspended:
        probe.refusals.append(
            NotPermitted(
                f"The installation of the App {app.get('slug')} for {probe.repository} is suspended.",
                "An owner of the account has to unsuspend it in the settings of the installation.",
            )
        )
        return Asked(APP, True, False, _NOTHING, shown(**facts))
    grants = _grants(probe, held)
    return Asked(APP, True, bool(probe.scope.permissions), grants, shown(**facts))


def _installation(credential: AppCredential, probe: Probe) -> dict[str, t.Any]:
    """Return GitHub's object of the installation that is given, or else of the one for the repository."""
    if credential.installation_id:
        return read_installation(credential.app, credential.installation_id, probe.deadline)
    return find_installation(credential.app, probe.repository.owner, probe.repository.name, probe.deadline)


def _grants(probe: Probe, held: t.Mapping[str, str]) -> dict[str, bool]:
    """Make tokens narrowed to the repository; return which permissions an event needs can be had.

    All of them at once, as a task that waits does; when that is refused, each by itself, and one to read with.
    """
    if _granted(probe, (SEND, WATCH), quiet=True):
        return {"contents": True, "actions": True}
    grants = {"contents": _granted(probe, (SEND,)), "actions": _granted(probe, (WATCH,))}
    _granted(probe, _reading(held), quiet=True)
    return grants


def _granted(probe: Probe, permissions: tuple[tuple[str, str], ...], *, quiet: bool = False) -> bool:
    """Tell whether a token with these permissions can be had; if so, the probe reads with it from now on."""
    scope = Scope(probe.repository.owner, (probe.repository.name,), permissions)
    before = len(probe.refusals)
    grant = probe.attempt(lambda: probe.github.credential.grant(scope, probe.deadline))
    if quiet:
        del probe.refusals[before:]
    if grant is not None:
        probe.scope = scope
    return grant is not None


def _reading(held: t.Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the permissions to read with, among those that the installation has; never none, which would mean all."""
    return tuple((name, "read") for name in ("contents", "actions") if name in held) or (("metadata", "read"),)
