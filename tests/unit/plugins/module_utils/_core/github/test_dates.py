# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Points in time, in every form that GitHub and its servers use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.github.dates import parse_timestamp


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-14T22:13:20Z",
        "2023-11-14T22:13:20z",
        "2023-11-14T22:13:20+00:00",
        "2023-11-14T22:13:20.000Z",
        "2023-11-14T22:13:20.123456789+00:00",
        "2023-11-15T00:13:20+02:00",
        "2023-11-14 22:13:20",
        " 2023-11-14T22:13:20Z ",
    ],
)
def test_one_moment_in_all_its_spellings(text: str) -> None:
    assert parse_timestamp(text) == 1_700_000_000


@pytest.mark.parametrize("value", [None, 5, True, "", "soon", "2023-13-14T00:00:00Z", [], "2023-11-14T22:13:20+99:00"])
def test_anything_else_is_no_moment(value: object) -> None:
    assert parse_timestamp(value) is None


@given(st.text() | st.datetimes().map(str))
def test_no_text_raises(text: str) -> None:
    assert isinstance(parse_timestamp(text), (float, type(None)))
