# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task from its options to its result."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.plan import Cause
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.task import (
    TaskResult,
    nothing_to_send,
    run_task,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Origin
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import DISPATCHES
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    TOKEN,
    Answer,
    Stub,
)

OPTIONS = {"repository": "acme/site", "event_type": "infra-changed", "client_payload": {"a": 1}}
ORIGIN = Origin("cli")


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    "wrong", [{"repository": "acme"}, {"event_type": ""}, {"client_payload": [1]}, {"wait_timeout": 0}]
)
def test_wrong_options_never_open_a_client(wrong: dict[str, t.Any], check_mode: bool) -> None:
    opened: list[str] = []

    def open_client() -> t.NoReturn:
        opened.append("yes")
        raise AssertionError

    with pytest.raises(InvalidInput):
        run_task({**OPTIONS, **wrong}, ORIGIN, open_client, check_mode=check_mode)
    assert opened == []


def _run(github: GitHub, check_mode: bool = False, **options: t.Any) -> TaskResult:
    return run_task({**OPTIONS, **options}, ORIGIN, lambda: github, check_mode=check_mode)


def test_an_accepted_event_is_a_result(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    task = _run(github)
    assert (task.failed, task.warnings, task.diff) == (False, [], [])
    assert (task.result["outcome"], task.result["changed"]) == ("accepted", True)


def test_a_failure_is_a_result_without_the_token(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, lambda request: Answer(403, {"message": str(request.headers)}))
    task = _run(github)
    assert task.failed
    assert task.result["changed"] is False
    assert TOKEN not in repr(task)


def test_check_mode_shows_the_request_and_sends_nothing(stub: Stub, github: GitHub) -> None:
    task = _run(github, check_mode=True)
    assert (task.result["outcome"], task.result["changed"], len(task.diff)) == ("planned", True, 1)
    assert task.diff[0]["after"]["body"]["client_payload"]["a"] == 1
    assert {method for method, _path in stub.requests} == {"GET"}
    assert len(task.warnings) == 1  # the repository can't be seen, so who listens can't be known
    assert TOKEN not in repr(task)


def test_warnings_are_told_once(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, Answer(307, None, {"Location": "/api/v3/repositories/42/dispatches"}))
    stub.on("POST", "/repositories/42/dispatches", Answer(204))
    moved, unsafe = _run(github, validate_certs=False).warnings
    assert "has moved" in moved
    assert "validate_certs is false" in unsafe


def test_an_event_of_a_tool_is_sent_as_one_of_its_kind(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    task = run_task(OPTIONS, Cause(ORIGIN, "changed"), lambda: github, check_mode=True)
    assert task.diff[0]["after"]["body"]["client_payload"]["dispatch"]["kind"] == "changed"


def test_a_result_without_an_event_has_what_every_result_has(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    nothing, something = nothing_to_send(), _run(github)
    assert (nothing.failed, nothing.warnings, nothing.diff) == (False, [], [])
    assert (nothing.result["outcome"], nothing.result["changed"]) == ("unchanged", False)
    of_one_event = {"repository", "event_type", "dispatch_id", "payload_bytes", "request_id"}
    assert set(something.result) - set(nothing.result) == of_one_event
