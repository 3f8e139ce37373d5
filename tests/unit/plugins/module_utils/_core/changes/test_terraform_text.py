# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms in which a plan arrives: encodings, wrappers, pipes."""

from __future__ import annotations

import codecs
import io
import json
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import read_changes
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.changes.terraform_documents import (
    CANARY,
    VERSION,
    about,
    counts,
    event,
    lines,
    plan,
    read,
    resource,
    summary,
)

DOCUMENT = json.dumps(plan(resource('aws_x.y["é😀"]', "create"))).encode()
PRETTY = (
    json.dumps(plan(resource('aws_x.y["é😀"]', "create")), indent=2, ensure_ascii=False).replace("\n", "\r\n").encode()
)
STREAM = lines(VERSION, event("planned_change", change=about('aws_x.y["é😀"]', "create")), summary())
FORMS = {
    "plain": lambda text: text,
    "bom": lambda text: codecs.BOM_UTF8 + text,
    "utf-16": lambda text: text.decode().encode("utf-16"),
    "utf-16-be": lambda text: codecs.BOM_UTF16_BE + text.decode().encode("utf-16-be"),
    "utf-16-le without a mark": lambda text: text.decode().encode("utf-16-le"),
    "utf-16-be without a mark": lambda text: text.decode().encode("utf-16-be"),
    "crlf": lambda text: text.replace(b"\n", b"\r\n"),
    "blank lines": lambda text: b"\r\n\n  \n" + text + b"\n\n",
    "wrapper": lambda text: (
        b"[command]/opt/terraform-bin show -json p\n" + text + b"\n::debug::Terraform exited with code 0.\n"
    ),
    "logs": lambda text: b"::group::x\n::add-mask::***\n##[debug]x\n" + text,
}


class Trickle(io.RawIOBase):
    """A pipe that gives little at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data, self.step = io.BytesIO(data), step

    def read(self, size: int = -1) -> bytes:
        return self.data.read(min(self.step, size))


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize("data", [DOCUMENT, PRETTY, STREAM], ids=["document", "pretty", "stream"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_reads_the_same(form: str, data: bytes, step: int) -> None:
    found = read_changes(t.cast("t.BinaryIO", Trickle(FORMS[form](data), step)))
    assert [entry["address"] for entry in found.evidence.changes] == ['aws_x.y["é😀"]']
    assert found.kind == "planned"
    assert found.warnings == ()


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"Error: no\n", b"[1]\n", b"::debug::x", b"null\n\n"])
def test_an_input_without_an_object_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="empty, or holds no JSON"):
        read(data)


def test_an_endless_line_of_something_else_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no JSON"):
        read(b"x" * 200_000 + b"\n{}")


def test_lines_that_no_wrapper_prints_are_counted() -> None:
    found = read(b"Warning: " + CANARY.encode() + b"\nmore\n" + DOCUMENT + b"\nbye\n")
    assert found.warnings == ("3 lines of the input were no JSON.",)


@pytest.mark.parametrize("cut", [10, 100, 300, -5])
def test_a_document_that_was_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(InvalidInput, match="ends in the middle"):
        read(DOCUMENT[:cut])


@pytest.mark.parametrize("data", [DOCUMENT.decode().encode("utf-16")[:-1], b"\xff\xfe{\x00\x00\xdc\x00\xdc"])
def test_broken_utf_16_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(data)


def test_bytes_that_are_no_text_are_refused_unseen() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(DOCUMENT.replace(b"aws_x.y[", b"\xff\xfe" + CANARY.encode()))
    assert CANARY not in str(caught.value)


def test_what_cannot_be_read_is_told() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(InvalidInput, match="Input/output error"):
        read_changes(t.cast("t.BinaryIO", Broken()))


def test_a_plan_that_looks_like_a_stream_is_a_plan() -> None:
    odd = plan(resource("aws_x.y", "create", type="version"))
    assert counts(read(odd, source="plan")) == {"add": 1}
    assert read({"type": "x", **odd}).source == "plan"


def test_a_plan_in_a_nested_value_is_no_plan() -> None:
    inner = plan(resource("aws_x.fake", "delete"), complete=False)
    outer = plan(
        resource("aws_x.y", "create"), planned_values={"x": [inner, {"resource_changes": inner["resource_changes"]}]}
    )
    assert [entry["address"] for entry in read(outer).evidence.changes] == ["aws_x.y"]
