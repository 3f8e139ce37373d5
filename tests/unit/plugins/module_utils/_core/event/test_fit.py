# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence is cut to what fits; what the user says is not."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Evidence
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.fit import fit
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.limits import MAX_BYTES
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.values import compact

PAYLOAD: dict[str, t.Any] = {"mine": "kept", "dispatch": {"schema": 1, "id": "f" * 32}}
CHANGES = st.lists(st.dictionaries(st.sampled_from(["host", "task"]), st.text(max_size=30), max_size=2), max_size=30)


@given(
    CHANGES,
    st.integers(0, 3000),
    st.dictionaries(st.sampled_from(["ok", "changed"]), st.integers(0, 10**6)),
    st.integers(0, 50_000),
)
def test_the_result_fits_and_what_is_missing_is_counted(
    changes: list[dict[str, str]], limit: int, summary: dict[str, int], omitted: int
) -> None:
    evidence = Evidence("sha256:ab", summary, changes, omitted)
    fitted = fit(PAYLOAD, evidence, limit)
    assert fitted == fit(PAYLOAD, evidence, limit)
    envelope = fitted["dispatch"]
    kept, missing = envelope.get("changes", []), envelope.get("truncated", {}).get("changes", 0)
    assert kept == changes[: len(kept)]
    assert len(kept) + missing == len(changes) + omitted
    assert len(compact(fitted)) <= limit or not kept
    assert (fitted["mine"], envelope["id"], envelope["key"]) == ("kept", "f" * 32, "sha256:ab")
    assert envelope.get("summary", {}) == summary
    assert PAYLOAD == {"mine": "kept", "dispatch": {"schema": 1, "id": "f" * 32}}


@given(CHANGES.filter(bool), st.integers(100, 2000))
def test_nothing_is_cut_that_would_fit(changes: list[dict[str, str]], limit: int) -> None:
    envelope = fit(PAYLOAD, Evidence(changes=changes), limit)["dispatch"]
    kept = envelope["changes"]
    if "truncated" in envelope:
        more = {"changes": changes[: len(kept) + 1], "truncated": {"changes": len(changes) - len(kept) - 1}}
        # The number of missing ones may lose a digit by then: one byte for each.
        spare = len(str(len(changes))) - 1
        assert len(compact({**PAYLOAD, "dispatch": {**envelope, **more}})) > limit - spare or len(kept) + 1 == len(
            changes
        )
    else:
        assert kept == changes


def test_what_fits_carries_no_mark() -> None:
    assert fit(PAYLOAD, Evidence())["dispatch"] == PAYLOAD["dispatch"]
    assert fit(PAYLOAD, Evidence(changes=[{"host": "a"}]))["dispatch"] == {
        **PAYLOAD["dispatch"],
        "changes": [{"host": "a"}],
    }


def test_two_thousand_hosts_still_make_an_event() -> None:
    changes = [{"host": f"web{number:04}.example.com", "task": "Install nginx"} for number in range(2000)]
    fitted = fit(PAYLOAD, Evidence("", {"changed": 2000}, changes))
    assert len(compact(fitted)) <= MAX_BYTES
    assert len(fitted["dispatch"]["changes"]) > 500
    assert fitted["dispatch"]["summary"] == {"changed": 2000}


def test_evidence_is_made_of_plain_values_only() -> None:
    with pytest.raises(InvalidInput, match=r"changes\[1\].host"):
        fit(PAYLOAD, Evidence(changes=[{"host": "a"}, {"host": {1}}]))
