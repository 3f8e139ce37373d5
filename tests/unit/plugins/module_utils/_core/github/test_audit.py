# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an App may do beyond its task."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.audit import (
    NEEDED,
    Finding,
    audit,
    login_of,
    permissions_of,
    read_needed,
    show_app,
    show_installation,
)

FIT = {"contents": "write", "actions": "read", "metadata": "read"}
APP = {"id": 1, "slug": "mine", "permissions": FIT, "installations_count": 1}


def installed(number: int = 7, selection: str = "selected", **permissions: str) -> dict[str, t.Any]:
    return {
        "id": number,
        "account": {"login": "acme"},
        "repository_selection": selection,
        "permissions": {**FIT, **permissions},
    }


def found(installation: t.Mapping[str, t.Any], needed: t.Mapping[str, str] | None = None) -> list[Finding]:
    return audit(APP, [installation], NEEDED if needed is None else needed, 10)


def test_an_app_that_is_cut_to_its_task_has_no_findings() -> None:
    assert found(installed()) == []
    assert read_needed(None) == FIT


def test_more_than_needed_is_named_with_what_would_do() -> None:
    findings = found(installed(actions="write", issues="read"))
    assert findings[0] == Finding(
        7, "actions", "write", "read", "The installation on acme has actions: write; read is enough."
    )
    assert findings[1][:4] == (7, "issues", "read", "none")
    assert findings[1].message == "The installation on acme has issues: read; it is not needed."


def test_several_permissions_to_write_are_named_together() -> None:
    finding = found(installed(actions="write", issues="admin"))[-1]
    assert finding[:4] == (7, "write_permissions", "actions, contents, issues", "contents")


def test_what_is_needed_on_purpose_is_no_finding() -> None:
    wanted = {**FIT, "actions": "write"}
    assert audit({**APP, "permissions": wanted}, [installed(actions="write")], wanted, 10) == []


def test_less_than_needed_is_named_too() -> None:
    holder = installed()
    del holder["permissions"]["actions"]
    (finding,) = found(holder)
    assert finding[:4] == (7, "actions", "none", "read")
    assert finding.message.endswith("read is needed.")


def test_a_level_never_heard_of_is_above_all() -> None:
    assert found(installed(contents="owner"))[0][:4] == (7, "contents", "owner", "write")


def test_all_repositories_are_too_many() -> None:
    (finding,) = found(installed(selection="all"))
    assert finding[:4] == (7, "repository_selection", "all", "selected")


def test_the_app_itself_is_looked_at_too() -> None:
    (finding,) = audit({**APP, "permissions": {**FIT, "checks": "read"}}, [], NEEDED, 10)
    assert finding[:4] == (None, "checks", "read", "none")


@pytest.mark.parametrize(
    ("told", "listed", "count"), [(3, 1, "3"), (None, 3, "3"), (1, 3, "3"), (2, 2, None), ("odd", 1, None)]
)
def test_many_installations_are_a_finding(told: t.Any, listed: int, count: str | None) -> None:
    findings = audit({**APP, "installations_count": told}, [installed(n) for n in range(listed)], NEEDED, 2)
    assert [finding.granted for finding in findings if finding.permission == "installations"] == (
        [count] if count else []
    )


@pytest.mark.parametrize(
    "value", [[], {}, "contents: write", {1: "read"}, {"contents": "some"}, {"contents": None}, {"contents": ["read"]}]
)
def test_needed_permissions_of_a_wrong_shape(value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_needed(value)
    assert caught.value.hint


def test_an_app_is_shown_by_what_is_known_and_nothing_else() -> None:
    shown = show_app({**APP, "client_id": "Iv1", "owner": {"slug": "corp"}, "events": ["push"], "pem": "secret"})
    assert shown["owner"] == "corp"
    assert shown["permissions"] == FIT
    assert shown["events"] == ["push"]
    assert "pem" not in shown
    assert set(shown) == {
        "id", "client_id", "slug", "name", "html_url", "installations_count", "created_at", "updated_at", "owner",
        "permissions", "events",
    }  # fmt: skip


def test_an_installation_is_shown_by_what_is_known() -> None:
    shown = show_installation({**installed(), "target_type": "Organization", "suspended_at": "2026-01-01T00:00:00Z"})
    assert (shown["account"], shown["account_type"], shown["suspended"]) == ("acme", "Organization", True)
    assert show_installation({"id": 1}) == {
        "id": 1, "repository_selection": None, "html_url": None, "created_at": None, "updated_at": None,
        "suspended_at": None, "account": "", "account_type": None, "permissions": {}, "events": [], "suspended": False,
    }  # fmt: skip


@pytest.mark.parametrize("odd", [None, [], "text", 3])
def test_odd_objects_have_no_name_and_no_permissions(odd: t.Any) -> None:
    assert login_of(odd) == ""
    assert permissions_of({"permissions": odd}) == {}
