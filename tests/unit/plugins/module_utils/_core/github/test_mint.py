# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a token is asked for."""

from __future__ import annotations

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.credentials import Scope
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.mint import read_scope

WRITE = {"contents": "write"}


@pytest.mark.parametrize(
    ("term", "names", "scope"),
    [
        ("acme/site", None, Scope("acme", ("site",), (("contents", "write"),))),
        (" acme/site ", [], Scope("acme", ("site",), (("contents", "write"),))),
        ("acme", None, Scope("acme", (), (("contents", "write"),))),
        (" acme ", ["site"], Scope("acme", ("site",), (("contents", "write"),))),
        ("acme", "site", Scope("acme", ("site",), (("contents", "write"),))),
        ("acme", ("web", "site", "web"), Scope("acme", ("site", "web"), (("contents", "write"),))),
    ],
)
def test_a_term_is_a_repository_or_an_owner(term: str, names: object, scope: Scope) -> None:
    assert read_scope(term, names, WRITE) == scope


def test_the_same_request_is_the_same_scope_in_any_order() -> None:
    first = read_scope("acme", ["b", "a"], {"contents": "write", "actions": "read"})
    second = read_scope("acme", ["a", "b"], {"actions": "read", "contents": "write"})
    assert first == second
    assert hash(first) == hash(second)


@pytest.mark.parametrize("term", ["", None, 5, "a b", "acme/", "acme/a/b", "https://github.com/acme/site", "../x"])
def test_another_term_is_refused(term: object) -> None:
    with pytest.raises(InvalidInput, match="the term"):
        read_scope(term, None, WRITE)


@pytest.mark.parametrize("names", [["acme/site"], [5], [""], ["a b"], {"a": 1}, 5])
def test_names_are_bare(names: object) -> None:
    with pytest.raises(InvalidInput, match="repositories"):
        read_scope("acme", names, WRITE)


def test_a_repository_and_further_names_are_too_much() -> None:
    with pytest.raises(InvalidInput, match="together"):
        read_scope("acme/site", ["web"], WRITE)


@pytest.mark.parametrize(
    ("permissions", "words"),
    [
        ({}, "mapping"),
        (None, "mapping"),
        ("contents", "mapping"),
        ({"pull-requests": "read"}, "Write pull_requests"),
        ({"Pull Requests": "read"}, "Write pull_requests"),
        ({5: "read"}, "name 5"),
        ({"contents": "rw"}, "permissions.contents"),
        ({"contents": None}, "permissions.contents"),
        ({"contents": ["write"]}, "permissions.contents"),
    ],
)
def test_permissions_are_those_of_the_api(permissions: object, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_scope("acme", None, permissions)
    assert words in str(caught.value)
