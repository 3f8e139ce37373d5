# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of errors."""

from __future__ import annotations

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core import errors

# The table of the public contract.
EXITS = {
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


def test_codes_and_exits_are_those_of_the_contract() -> None:
    kinds = errors.InfradispatchError.__subclasses__()
    found = {kind.code: kind.exit_code for kind in kinds if kind.__module__ == errors.__name__}
    assert found == EXITS
    assert errors.InfradispatchError.exit_code == 1


def test_facts_without_a_value_are_left_out_and_zero_is_a_value() -> None:
    error = errors.NotFound("Gone.", status=0, request_id="", repository=None)
    assert error.as_dict() == {"code": "not_found", "message": "Gone.", "hint": "", "status": 0}


def test_what_was_known_below_wins() -> None:
    error = errors.Rejected("No.", status=422).with_facts(status=500, repository="acme/site", request_id="")
    assert error.facts == {"status": 422, "repository": "acme/site"}


@pytest.mark.parametrize(("hint", "line"), [("", "No."), ("Do this.", "No. Do this.")])
def test_an_error_reads_as_one_line(hint: str, line: str) -> None:
    assert str(errors.Rejected("No.", hint)) == line


def test_a_missing_library_is_named() -> None:
    error = errors.MissingLibrary("PyJWT", "Not there.")
    assert (error.library, error.as_dict()["library"]) == ("PyJWT", "PyJWT")
