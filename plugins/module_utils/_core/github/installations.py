# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Where an App is installed."""

from __future__ import annotations

import re
import typing as t

from ..clock import Deadline
from ..errors import NotFound, NotPermitted
from .app_api import AppApi
from .reply import Reply


class Installation(t.NamedTuple):
    """Where the App is installed: id, and whether for ``all`` repositories of the account or for ``selected`` ones.

    ``renamed_id`` is the repository's own id when it was asked for by an old name (else 0).
    """

    id: str
    selection: str = ""
    renamed_id: int = 0


class Installations:
    """Finds installations, each once."""

    def __init__(self, app: AppApi) -> None:
        """Take the App that asks."""
        self._app = app
        self._known: dict[str, Installation] = {}

    def find(self, owner: str, repository: str, deadline: Deadline) -> Installation:
        """Return the installation for a repository, or for an owner when ``repository`` is empty.

        A repository's endpoint serves organisations and users alike; only an owner alone needs two questions.

        :raises NotFound: when the App is not installed there at all, or the repository does not exist.
        :raises NotPermitted: when it is installed without this repository, or suspended.
        """
        key = f"{owner}/{repository}".lower()
        if key not in self._known:
            self._known[key] = (
                self._of_repository(owner, repository, deadline) if repository else self._of_owner(owner, deadline)
            )
        return self._known[key]

    def _of_repository(self, owner: str, name: str, deadline: Deadline) -> Installation:
        """Find the installation by the repository; when there is none, ask further to name the true cause."""
        reply = self._app.request("GET", f"/repos/{owner}/{name}/installation", deadline)
        if reply.ok:
            return self._installation_in(reply, f"{owner}/{name}")
        if reply.status != 404:
            raise self._app.error(reply, "find the installation", f"{owner}/{name}")
        account = self._of_owner(owner, deadline, f"{owner}/{name}")
        if account.selection == "all":
            raise NotFound(
                f"There is no repository {owner}/{name}; the App {self._app.app_id} is installed on all of {owner}'s.",
                "Check the name.",
                status=404,
                request_id=reply.request_id,
            )
        raise NotPermitted(
            f"The App {self._app.app_id} is installed on {owner}, but not for the repository {owner}/{name}.",
            f"Check the name, or add {name} to the selected repositories in the settings of the installation.",
            status=404,
            request_id=reply.request_id,
        )

    def _of_owner(self, owner: str, deadline: Deadline, target: str = "") -> Installation:
        """Find the installation by the owner: an organisation, or else a user."""
        reply = self._app.request("GET", f"/orgs/{owner}/installation", deadline)
        if reply.status == 404:
            reply = self._app.request("GET", f"/users/{owner}/installation", deadline)
        if reply.ok:
            return self._installation_in(reply, target or owner)
        if reply.status == 404:
            raise NotFound(
                f"The App {self._app.app_id} is not installed for {target}: neither the repository nor its owner has "
                "an installation."
                if target
                else f"The App {self._app.app_id} is not installed on {owner}.",
                f"Install the App on {owner}, or check the name and api_url.",
                status=404,
                request_id=reply.request_id,
            )
        raise self._app.error(reply, "find the installation", target or owner)

    def _installation_in(self, reply: Reply, target: str) -> Installation:
        """Read an installation from an answer."""
        found = reply.mapping()
        if found.get("suspended_at"):
            raise NotPermitted(
                f"The installation of the App {self._app.app_id} for {target} is suspended.",
                "An owner of the account has to unsuspend it in the settings of the installation.",
            )
        if not isinstance(found.get("id"), int):
            raise self._app.error(reply, "find the installation", target)
        renamed = re.search(r"/repositories/(\d+)/", reply.moved_to)
        selection = str(found.get("repository_selection") or "")
        return Installation(str(found["id"]), selection, int(renamed.group(1)) if renamed else 0)
