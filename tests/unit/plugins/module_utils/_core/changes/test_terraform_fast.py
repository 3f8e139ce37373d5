# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With msgspec, a plan comes to the same."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes import terraform_document
from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import classify_plan
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.changes.terraform_documents import (
    plan,
    read,
    resource,
)

pytest.importorskip("msgspec")
from ansible_collections.infradispatch.github.plugins.module_utils._core.changes import terraform_fast

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
    asked = []
    monkeypatch.setattr(
        terraform_document, "_decoder", lambda: lambda name, batch: asked.append(name) or fast(name, batch)
    )
    fast = terraform_fast.decoder()
    read(plan(resource("a.b", "create")))
    assert asked == ["resource_changes"]


def test_what_is_no_json_is_refused() -> None:
    decode = terraform_fast.decoder()
    for text in (b"[{]", b'[{"address":"\xff"}]', b"[1] 2"):
        with pytest.raises(InvalidInput):
            decode("resource_changes", text)
