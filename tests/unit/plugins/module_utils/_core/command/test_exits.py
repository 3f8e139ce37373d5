# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of statuses."""

from __future__ import annotations

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core import errors
from ansible_collections.infradispatch.github.plugins.module_utils._core.command import exits

CONTRACT = {
    "invalid_input": 2,
    "missing_library": 2,
    "bad_key": 3,
    "not_authenticated": 3,
    "not_permitted": 3,
    "not_found": 4,
    "rejected": 4,
    "rate_limited": 5,
    "unreachable": 5,
    "outcome_unknown": 6,
    "no_receiver": 7,
    "run_not_found": 7,
    "run_unsuccessful": 8,
    "wait_timeout": 9,
    "terraform_failed": 10,
}


def test_the_table_is_that_of_the_contract() -> None:
    assert exits.EXITS == CONTRACT


@pytest.mark.parametrize(("code", "status"), CONTRACT.items())
def test_a_result_ends_as_its_error_says(code: str, status: int) -> None:
    assert exits.exit_of({"error": {"code": code}}) == status


def test_no_error_is_the_promise_kept_and_an_unknown_one_is_ours() -> None:
    assert exits.exit_of({"error": None}) == exits.exit_of({}) == 0
    assert exits.exit_of({"error": {"code": errors.InfradispatchError.code}}) == 1


def test_the_table_for_people_names_every_code() -> None:
    shown = exits.table()
    assert all(code in shown for code in CONTRACT)
    assert "130" in shown
