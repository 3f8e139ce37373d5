# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Token texts in the forms that GitHub hands out."""

from __future__ import annotations

import base64
import json
import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
STATELESS_LENGTH = 520


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _number in range(length))


def personal(kind: str) -> str:
    """``ghp_`` with 40 characters, or ``github_pat_`` with 93."""
    return f"github_pat_{_random(22)}_{_random(59)}" if kind == "fine-grained" else f"ghp_{_random(36)}"


def installation(app_id: int, *, stateless: bool) -> str:
    """``ghs_`` with 40 characters, or the long form that holds a JWT (nobody may parse it)."""
    if not stateless:
        return f"ghs_{_random(36)}"
    head = _part({"alg": "RS256", "typ": "JWT"})
    body = _part({"app": app_id, "jti": _random(24)})
    start = f"ghs_{app_id}_{head}.{body}."
    return start + _random(STATELESS_LENGTH - len(start))


def _part(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode("ascii")).decode("ascii").rstrip("=")
