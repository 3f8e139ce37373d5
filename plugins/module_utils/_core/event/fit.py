# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Evidence cut to what fits: the same input always gives the same event, and what was left out is counted."""

from __future__ import annotations

import typing as t

from .limits import MAX_BYTES, RESERVED_KEY
from .values import compact, plain


def fit(
    payload: t.Mapping[str, t.Any],
    key: str,
    summary: t.Mapping[str, t.Any],
    changes: t.Sequence[t.Mapping[str, t.Any]],
    limit: int = MAX_BYTES,
) -> dict[str, t.Any]:
    """Return the payload with evidence in its reserved key, at most ``limit`` bytes as compact JSON.

    Changes are dropped from the end of the list; ``truncated`` then tells how many. The user's own keys and the counts
    in ``summary`` are never touched: when they alone are too large, the result is over the limit and its check says so.
    """
    envelope = dict(payload[RESERVED_KEY])
    if key:
        envelope["key"] = key
    if summary:
        envelope["summary"] = plain(summary, "summary")
    items = [plain(change, f"changes[{index}]") for index, change in enumerate(changes)]
    whole = {**payload, RESERVED_KEY: {**envelope, "changes": items}}
    if not items or len(compact(whole)) <= limit:
        return whole if items else {**payload, RESERVED_KEY: envelope}
    bare = {**payload, RESERVED_KEY: {**envelope, "changes": [], "truncated": {"changes": len(items)}}}
    room = limit - len(compact(bare))
    kept = 0
    for item in items:
        room -= len(compact(item)) + (1 if kept else 0)  # a comma stands between two of them
        if room < 0:
            break
        kept += 1
    shortened = {"changes": items[:kept], "truncated": {"changes": len(items) - kept}}
    return {**payload, RESERVED_KEY: {**envelope, **shortened}}
