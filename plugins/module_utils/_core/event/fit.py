# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Evidence cut to what fits: the same input always gives the same event, and what was left out is counted."""

from __future__ import annotations

import typing as t

from .envelope import Evidence
from .limits import MAX_BYTES, RESERVED_KEY
from .values import compact, plain


def fit(payload: t.Mapping[str, t.Any], evidence: Evidence, limit: int = MAX_BYTES) -> dict[str, t.Any]:
    """Return the payload with evidence in its reserved key, at most ``limit`` bytes as compact JSON.

    Changes are dropped from the end of the list; ``truncated`` then tells how many, with those that it lacked before.
    The user's own keys and the counts in ``summary`` are never touched: when they alone are too large, the result is
    over the limit and its check says so.
    """
    envelope = dict(payload[RESERVED_KEY])
    if evidence.key:
        envelope["key"] = evidence.key
    if evidence.summary:
        envelope["summary"] = plain(evidence.summary, "summary")
    items = [plain(change, f"changes[{index}]") for index, change in enumerate(evidence.changes)]
    whole = {**payload, RESERVED_KEY: {**envelope, **_listed(items, evidence.omitted)}}
    if not items or len(compact(whole)) <= limit:
        return whole
    cut = len(items) + evidence.omitted
    room = limit - len(compact({**payload, RESERVED_KEY: {**envelope, **_listed([], cut)}}))
    kept = 0
    for item in items:
        room -= len(compact(item)) + (1 if kept else 0)  # a comma stands between two of them
        if room < 0:
            break
        kept += 1
    return {**payload, RESERVED_KEY: {**envelope, **_listed(items[:kept], cut - kept)}}


def _listed(items: t.Sequence[t.Any], cut: int) -> dict[str, t.Any]:
    """Return what the envelope says of the list of changes."""
    if not cut:
        return {"changes": items} if items else {}
    return {"changes": items, "truncated": {"changes": cut}}
