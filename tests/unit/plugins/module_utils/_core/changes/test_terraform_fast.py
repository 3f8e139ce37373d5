# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With msgspec, a plan comes to the same."""

from __future__ import annotations

import json
import sys
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes import terraform_fast
from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import classify_plan
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.changes.terraform_documents import (
    plan,
    read,
    resource,
)

pytest.importorskip("msgspec")

CASES: list[t.Any] = [
    plan(resource("aws_x.y", "create"), resource("aws_x.z", "delete", "create", deposed="00", action_reason="r")),
    plan(
        resource("aws_x.y", "no-op", previous_address="a.b"),
        resource("a.i", "no-op", change={"importing": {"id": "x"}}),
    ),
    plan(
        drift=[resource("aws_x.y", "update"), resource("a.b", "update", change={"before": {"a": 1}, "after": {"a": 1}})]
    ),
    plan(drift=[resource("aws_x.y", "update", change={"before": {"a": 1}, "after": None})]),
    plan(output_changes={"o": {"actions": ["create"]}, "p": {"actions": ["no-op"]}}, resource_changes=[]),
    plan({"address": "a.b"}, {"address": "a.c", "change": None}, {"address": "a.d", "change": {"actions": []}}),
    plan({"address": None, "change": {"actions": "x"}}),
    plan("nonsense", 7, None, []),
    plan(deferred_changes=[{"reason": "x", "resource_change": resource("a.b", "create")}]),
    plan(*(resource(f"a.b[{n}]", "create") for n in range(3000))),
]


@pytest.mark.parametrize("document", CASES)
@pytest.mark.parametrize("indent", [None, 1])
def test_it_is_the_same(document: t.Any, indent: int | None) -> None:
    data = json.dumps(document, indent=indent, separators=None if indent else (",", ":")).encode()
    assert read(data) == classify_plan(document)


def test_it_is_what_reads_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    fast, asked = terraform_fast.decoder(), []

    def decode(name: str, batch: bytes) -> t.Any:
        asked.append(name)
        return fast(name, batch)

    monkeypatch.setattr(terraform_fast, "decoder", lambda: decode)
    read(plan(resource("a.b", "create")))
    assert asked == ["resource_changes"]


def test_without_it_the_standard_library_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(CASES[0])
    monkeypatch.setitem(sys.modules, "msgspec", None)
    assert read(CASES[0]) == found


def test_what_is_no_json_is_refused() -> None:
    decode, check = terraform_fast.decoder(), terraform_fast.checker()
    for text in (b"[{]", b'[{"address":"x}]', b"[{}] 2"):
        with pytest.raises(InvalidInput):
            decode("resource_changes", text)
        with pytest.raises(InvalidInput):
            check(text)
    with pytest.raises(InvalidInput):
        decode("resource_changes", b'[{"address":"\xff"}]')
