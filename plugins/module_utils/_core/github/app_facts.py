# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What an App is and where it is installed, asked in its own name."""

from __future__ import annotations

import typing as t

from ..clock import Deadline
from ..errors import NotFound
from .app_api import AppApi
from .installations import Installations


def read_app(app: AppApi, deadline: Deadline) -> dict[str, t.Any]:
    """Return GitHub's object of the App: the cheapest proof that key and id belong together.

    :raises InfradispatchError: when GitHub does not know the App, or gives no usable answer.
    """
    reply = app.request("GET", "/app", deadline)
    found = reply.mapping()
    if not reply.ok or not found.get("slug"):
        raise app.error(reply, "show the App", f"App {app.app_id}")
    return found


def read_installations(app: AppApi, deadline: Deadline) -> list[dict[str, t.Any]]:
    """Return GitHub's objects of all installations of the App, page by page.

    :raises InfradispatchError: as :func:`read_app` does. A part is never taken for the whole.
    """
    found: list[dict[str, t.Any]] = []
    path: str | None = "/app/installations?per_page=100"
    while path is not None:
        reply = app.request("GET", path, deadline)
        page = reply.json()
        if not reply.ok or not isinstance(page, list):
            raise app.error(reply, "list the installations", f"App {app.app_id}")
        found += [item for item in page if isinstance(item, dict)]
        path = reply.next_path(app.api.connection.api_url)
        if path is None and 'rel="next"' in reply.headers.get("link", ""):
            raise app.error(reply, "list the installations", f"App {app.app_id}")
    return found


def read_installation(app: AppApi, installation_id: str, deadline: Deadline) -> dict[str, t.Any]:
    """Return GitHub's object of one installation, by its id.

    :raises NotFound: when the App has none with this id.
    """
    reply = app.request("GET", f"/app/installations/{installation_id}", deadline)
    if reply.status == 404:
        raise NotFound(
            f"The App {app.app_id} has no installation {installation_id}.",
            "Check installation_id, or leave it out.",
            status=404,
            request_id=reply.request_id,
        )
    found = reply.mapping()
    if not reply.ok or not isinstance(found.get("id"), int):
        raise app.error(reply, "show the installation", str(installation_id))
    return found


def find_installation(app: AppApi, owner: str, repository: str, deadline: Deadline) -> dict[str, t.Any]:
    """Return GitHub's object of the installation for a repository, or for an owner when ``repository`` is empty.

    A suspended installation is an answer here, and no error.

    :raises NotFound: when the App is not installed there, or the repository does not exist.
    :raises NotPermitted: when it is installed without this repository.
    """
    paths = (
        [f"/repos/{owner}/{repository}/installation"]
        if repository
        else [f"/orgs/{owner}/installation", f"/users/{owner}/installation"]
    )
    for path in paths:
        reply = app.request("GET", path, deadline)
        found = reply.mapping()
        if reply.ok and isinstance(found.get("id"), int):
            return found
        if reply.status != 404:
            raise app.error(reply, "find the installation", f"{owner}/{repository}".rstrip("/"))
    number = Installations(app).find(owner, repository, deadline).id  # raises, with the true cause
    return read_installation(app, number, deadline)
