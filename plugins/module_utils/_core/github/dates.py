# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Points in time as GitHub writes them."""

from __future__ import annotations

import re
from datetime import datetime, timezone


def parse_timestamp(text: object) -> float | None:
    """Return seconds since the epoch for an ISO 8601 time (``Z`` or offset, with or without fractions), else None."""
    if not isinstance(text, str):
        return None
    plain = re.sub(r"\.\d+", "", text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.timestamp()
