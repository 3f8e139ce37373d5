# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence that a user gives."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import KINDS, Evidence
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.evidence import read_evidence, read_kind

KEY = "sha256:" + "a1" * 32


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_the_schema_is_taken(kind: str) -> None:
    assert read_kind(kind) == kind


@pytest.mark.parametrize("kind", ["", "Changed", "danger", 1, ["changed"]])
def test_another_kind_is_refused(kind: object) -> None:
    with pytest.raises(InvalidInput, match="kind is none of custom"):
        read_kind(kind)


def test_without_any_there_is_none() -> None:
    assert read_kind(None) == "custom"
    assert read_evidence(None) is None


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({}, Evidence()),
        ({"key": KEY}, Evidence(KEY, {}, [])),
        ({"summary": {"hosts": 2, "by": {"web": 1.5}, "check_mode": False}}, None),
        ({"changes": [{"host": "a", "none": None}]}, Evidence("", {}, [{"host": "a", "none": None}])),
        ({"key": None, "summary": None, "changes": None}, Evidence("", {}, [])),
    ],
)
def test_good_evidence_is_taken(given: dict[str, t.Any], read: Evidence | None) -> None:
    found = read_evidence(given)
    assert found is not None
    assert (found.key, dict(found.summary), list(found.changes)) == (
        (read.key, dict(read.summary), list(read.changes)) if read else ("", given["summary"], [])
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("text", "evidence is not a mapping"),
        ([], "evidence is not a mapping"),
        ({"keys": KEY}, "unknown keys: keys"),
        ({"key": KEY.upper()}, r"evidence\.key"),
        ({"key": 5}, r"evidence\.key"),
        ({"key": KEY + "\n"}, r"evidence\.key"),
        ({"summary": []}, r"evidence\.summary is not a mapping"),
        ({"summary": {"hosts": "2"}}, r"evidence\.summary\.hosts"),
        ({"summary": {"by": {"web": None}}}, r"evidence\.summary\.by\.web"),
        ({"changes": {"host": "a"}}, r"evidence\.changes"),
        ({"changes": ["a"]}, r"evidence\.changes"),
    ],
)
def test_what_the_schema_does_not_have_is_refused_by_name(given: object, named: str) -> None:
    with pytest.raises(InvalidInput, match=named) as caught:
        read_evidence(given)
    assert caught.value.hint
