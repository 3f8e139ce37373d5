# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table that is one whatever addresses hold."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import classify_plan
from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform_markdown import (
    escaped,
    markdown,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.changes.terraform_documents import (
    plan,
    read,
    resource,
)

EVIL = 'aws_x.y["|`<script>\n# h\r\n![x](http://e)*_~@team & \u202e&amp;"]'


def test_a_table_has_counts_and_the_worst_first() -> None:
    found = classify_plan(
        plan(
            resource("aws_x.create", "create"), resource("aws_x.gone", "delete"),
            resource("aws_x.new", "create", "delete"),
            resource("aws_x.to", "no-op", previous_address="aws_x.from"), resource("aws_x.odd", "frob", deposed="00aa"),
            resource("aws_x.in", "no-op", change={"importing": {"id": "x"}}), complete=False,
        )
    )  # fmt: skip
    text = markdown(found, title="Plan of *prod*")
    assert text.startswith(
        "### Plan of &#42;prod&#42;\n\n**Changes are planned.** 2 to add, 2 to destroy, 1 to import, 1 to move, 1 of"
    )
    rows = re.findall(r"^\| (.*) \| (.*) \| .* \|$", text, re.MULTILINE)[2:]
    assert [action for action, _address in rows] == [
        "🟥 delete", "🟧 replace", "frob", "🟩 create", "🟦 import", "🟦 move",
    ]  # fmt: skip
    assert rows[2][1] == "aws&#95;x.odd (deposed)"
    assert rows[5][1] == "aws&#95;x.to (was aws&#95;x.from)"
    assert "> ⚠️ The plan is incomplete" in text
    assert text.endswith("|\n")


def test_nothing_to_tell_is_told() -> None:
    text = markdown(classify_plan(plan(resource("a.b", "no-op"))))
    assert "**Nothing changes.**" in text
    assert "| action" not in text


@pytest.mark.parametrize("number", [1, 200, 201, 5000])
def test_the_table_is_bounded_and_tells_how_many_more(number: int) -> None:
    text = markdown(classify_plan(plan(*(resource(f'aws_x.y["{"x" * 400}{n}"]', "create") for n in range(number)))))
    assert len(text.encode()) < 1 << 17
    assert (f"… and {number - 200} more." in text) is (number > 200)
    assert f"{number} to add" in text


def test_an_address_is_never_markup() -> None:
    text = markdown(classify_plan(plan(resource(EVIL, "create"), drift=[resource(EVIL, "delete")])))
    rows = [line for line in text.splitlines() if "aws&#95;x" in line]
    assert len(rows) == 2
    for row in rows:
        assert row.count("|") == 4
        assert not set("`<>*_~![]@\\") & set(row)
    assert "(drift)" in rows[0]


@given(st.text())
def test_escaped_text_is_one_line_without_markup(text: str) -> None:
    shown = escaped(text)
    assert len(shown.splitlines()) <= 1
    assert not set("|`<>*_~[]\\!") & set(shown)
    assert not re.search(r"&(?!#\d+;)", shown)


def test_an_event_of_a_platform_has_a_link_in_words_only() -> None:
    found = read({"notification_configuration_id": "x", "workspace_name": "prod|x", "run_url": "https://x/y",
                  "notifications": [{"run_status": "applied"}]})  # fmt: skip
    assert "workspace prod&#124;x" in markdown(found)
