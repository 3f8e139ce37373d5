# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every address leads to the local GitHub, and the address that was meant is written down."""

from __future__ import annotations

import re
import typing as t

from requests.adapters import HTTPAdapter

from .world import World

if t.TYPE_CHECKING:
    import requests

    from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub


class Rerouted(HTTPAdapter):
    """Stands in for the network of a world; ``urls`` are the addresses that were meant, with their methods."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.urls: list[tuple[str, str]] = []
        self._base = world.github.base_url
        world.on_open = self._take_over

    def _take_over(self, client: GitHub) -> None:
        client.api.connection._http._adapter = self

    def send(self, request: requests.PreparedRequest, *arguments: t.Any, **named: t.Any) -> requests.Response:
        meant = str(request.url)
        self.urls.append((str(request.method), meant))
        request.url = self._base + re.sub(r"^https?://[^/]+(?:/.*?/api/v3|/api/v3)?(?=/)", "", meant)
        response = super().send(request, *arguments, **named)
        response.url = meant
        return response
