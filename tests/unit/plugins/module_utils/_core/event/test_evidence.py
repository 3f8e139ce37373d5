# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence that a user gives."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import KINDS, Evidence, Origin
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.evidence import (
    FACTS,
    as_option,
    read_evidence,
    read_kind,
    read_origin,
)

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
        ({"truncated": 3}, r"evidence\.truncated does not hold"),
        ({"truncated": {}}, r"evidence\.truncated does not hold"),
        ({"truncated": {"changes": 0}}, r"evidence\.truncated does not hold"),
        ({"truncated": {"changes": True}}, r"evidence\.truncated does not hold"),
        ({"truncated": {"changes": 1, "more": 2}}, r"evidence\.truncated does not hold"),
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


@pytest.mark.parametrize(
    "evidence",
    [Evidence(), Evidence(KEY, {"hosts": 0}, [{"host": "a"}], 7), Evidence("", {}, [], 1), Evidence(KEY)],
)
def test_what_is_written_as_an_option_is_read_again(evidence: Evidence) -> None:
    found = read_evidence(as_option(evidence))
    assert found is not None
    assert (found.key, dict(found.summary), list(found.changes), found.omitted) == (
        evidence.key,
        dict(evidence.summary),
        list(evidence.changes),
        evidence.omitted,
    )


def test_an_origin_has_the_facts_that_are_given() -> None:
    assert read_origin("cli", {"name": "", "url": None}) == Origin("cli")
    facts = {**dict.fromkeys(FACTS, "x" * 500), "sha": "abcdef0"}
    assert read_origin("terraform", facts)._asdict() == {"tool": "terraform", "controller": "", **facts}


@pytest.mark.parametrize(
    ("tool", "facts", "named"),
    [
        ("python", {}, "source_details.tool is none of ansible, terraform, cli"),
        ("cli", {"controller": "me"}, "source_details.controller is not known"),
        ("cli", {"name": 1}, "source_details.name is no text"),
        ("cli", {"name": "x" * 501}, "source_details.name is no text"),
        ("cli", {"sha": "ABCDEF0"}, "source_details.sha is no commit"),
        ("cli", {"sha": "abc"}, "source_details.sha is no commit"),
    ],
)
def test_an_origin_that_breaks_the_schema_is_refused(tool: str, facts: dict[str, t.Any], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        read_origin(tool, facts)
