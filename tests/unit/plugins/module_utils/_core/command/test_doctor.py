# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`doctor`, against a stub, and how its findings weigh."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.command.doctor import (
    ERROR,
    OK,
    WARNING,
    findings_of,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import Console
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.test_preflight import (
    KEYS,
    classic,
    repository,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import TOKEN, Answer, Stub

ASK = ("doctor", "--repository", "acme/site", "--event-type")


def test_all_is_well(console: Console, stub: Stub) -> None:
    classic(stub)
    repository(stub)
    done = console(*ASK, "infra-changed")
    assert (done.status, done.err) == (0, "")
    assert "ok:      The credential (classic) may send events to acme/site." in done.out
    assert "Heard by .github/workflows/a.yml" in done.out
    assert "error:" not in done.out
    assert TOKEN not in done.out


def test_nobody_hears_it(console: Console, stub: Stub) -> None:
    classic(stub)
    repository(stub)
    done = console(*ASK, "infra-change")
    assert done.status == 7
    assert "error:   " in done.out
    assert "infra-changed" in done.out
    told = console(*ASK, "infra-change", "--output", "json")
    assert (told.status, set(told.value)) == (7, KEYS)


def test_a_credential_that_nobody_knows(console: Console, stub: Stub) -> None:
    stub.on("GET", "/user", Answer(401, {"message": "Bad credentials"}))
    done = console(*ASK, "infra-changed")
    assert done.status == 3
    assert "error:   " in done.out


def answer(*codes: str, may_send: bool | None, **more: t.Any) -> dict[str, t.Any]:
    problems = [{"code": code, "message": f"{code}.", "hint": "Mend."} for code in codes]
    found = {
        "repository": {"full_name": "acme/site", "id": 5},
        "heard_by": ["a.yml"],
        "may_wait": True,
        "problems": problems,
    }
    return {**found, "credential": {"kind": "app", "how_known": "By magic."}, "may_send": may_send, **more}


@pytest.mark.parametrize(
    ("found", "levels"),
    [
        (answer(may_send=True), [OK, OK, OK]),
        (answer(may_send=None, may_wait=False), [WARNING, OK]),
        (answer(may_send=False), [ERROR, OK, OK]),
        (answer("not_permitted", may_send=False), [ERROR, OK, OK]),
        (answer("not_permitted", "not_authenticated", "run_not_found", may_send=True), [OK, OK, *[WARNING] * 3, OK]),
        (answer("not_found", may_send=True), [OK, OK, WARNING, OK]),
        (answer("unsafe_receiver", may_send=False), [ERROR, OK, WARNING, OK]),
        (answer("no_receiver", may_send=True), [OK, OK, WARNING, OK]),
        (answer("no_receiver", may_send=True, heard_by=[]), [OK, ERROR, OK]),
    ],
)
def test_what_stands_in_the_way_is_an_error_and_the_rest_a_warning(found: dict[str, t.Any], levels: list[str]) -> None:
    assert [finding.level for finding in findings_of(found)] == levels
