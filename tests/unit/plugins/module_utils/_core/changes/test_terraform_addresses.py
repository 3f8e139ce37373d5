# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses as they are shown, and what is read from them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform_addresses import (
    module_of,
    shown_address,
    type_of,
)

KEYS = st.text(min_size=1).map(lambda key: key.replace("\\", "\\\\").replace('"', '\\"'))


@pytest.mark.parametrize(
    ("address", "module", "kind"),
    [
        ("aws_x.y", "root", "aws_x"),
        ("aws_x.y[0]", "root", "aws_x"),
        ('aws_x.y["a.b"]', "root", "aws_x"),
        ("data.aws_x.y", "root", "aws_x"),
        ("module.a.aws_x.y", "module.a", "aws_x"),
        ('module.a[0].module.b["x.module.c"].data.aws_x.y["]"]', "module.a.module.b", "aws_x"),
        ("module.module.aws_x.module", "module.module", "aws_x"),
        ("module.a", "module.a", ""),
        ("", "root", ""),
        ("nonsense", "root", ""),
        ("modules.x", "root", "modules"),
    ],
)
def test_modules_and_types(address: str, module: str, kind: str) -> None:
    assert (module_of(address), type_of(address)) == (module, kind)


@given(KEYS, KEYS)
def test_no_key_is_left(first: str, second: str) -> None:
    address = f'module.m["{first}"].aws_x.y["{second}"]'
    assert shown_address(address, "keep") == address
    assert shown_address(address, "drop") == "module.m[...].aws_x.y[...]"
    hashed = shown_address(address, "hash")
    assert hashed == shown_address(address, "hash")
    assert len(hashed) == len('module.m["sha256:0123456789abcdef"].aws_x.y["sha256:0123456789abcdef"]')
    assert (hashed[10:33] == hashed[-25:-2]) is (first == second)
    assert module_of(address) == "module.m"


def test_numbers_stay() -> None:
    for how in ("keep", "drop", "hash"):
        assert shown_address("module.a[3].b.c[10]", how) == "module.a[3].b.c[10]"
