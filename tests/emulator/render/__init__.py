# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of the world as the JSON of GitHub's REST API."""

from __future__ import annotations

import base64
import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from ..clock import Clock


@dataclass(frozen=True)
class Links:
    """Bases of the links in an answer: those by which the client asked."""

    api: str
    web: str
    clock: Clock
    logs: str = ""
    """Base of the other host, which serves the logs."""


def node_id(kind: str, number: int) -> str:
    return base64.b64encode(f"0:{kind}{number}".encode("ascii")).decode("ascii")
