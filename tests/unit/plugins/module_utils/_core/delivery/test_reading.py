# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions about runs, and what is made of their answers."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.reading import RunReader
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import (
    InfradispatchError,
    NotAuthenticated,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    RUNS,
    SCOPE,
    SITE,
    listed,
    run_of,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
    closed_port,
)

Opener = t.Callable[..., GitHub]


@pytest.fixture
def reader(github: GitHub) -> RunReader:
    """What reads the runs of one repository."""
    return RunReader(github, SITE, SCOPE)


def _soon(reader: RunReader, seconds: float = 60) -> Deadline:
    return Deadline.after(reader.clock, seconds)


@pytest.mark.parametrize("status", [200, 204, 304, 404])
def test_what_says_something_is_the_answer(stub: Stub, reader: RunReader, status: int) -> None:
    stub.on("GET", RUNS, Answer(status))
    reply = reader.read(RUNS, _soon(reader), {"If-None-Match": '"a"'})
    assert reply is not None
    assert reply.status == status
    assert stub.headers_of("GET", RUNS)[0]["if-none-match"] == '"a"'
    assert reader.trouble == ""


def test_an_error_of_the_server_is_no_answer_and_is_not_asked_again(stub: Stub, reader: RunReader) -> None:
    stub.on("GET", RUNS, Answer(502, "<html>"))
    assert reader.read(RUNS, _soon(reader)) is None
    assert reader.trouble == "GitHub answers 502."
    assert stub.count("GET", RUNS) == 1


def test_no_connection_is_no_answer_either(opened: Opener) -> None:
    reader = RunReader(opened(api_url=f"http://127.0.0.1:{closed_port()}"), SITE, SCOPE)
    assert reader.read(RUNS, _soon(reader)) is None
    assert "No connection to 127.0.0.1" in reader.trouble


def test_after_the_deadline_there_is_a_second_for_a_last_question(stub: Stub, reader: RunReader) -> None:
    stub.on("GET", RUNS, listed())
    assert reader.read(RUNS, _soon(reader, -5)) is not None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401), "not_authenticated"),
        (Answer(403, {"message": "No"}), "not_permitted"),
        (Answer(410), "rejected"),
        (Answer(422, {"message": "What?"}), "rejected"),
        (Answer(429, None, {"Retry-After": "3600"}), "rate_limited"),
        (Answer(302, None, {"Location": "https://elsewhere.test/login"}), "rejected"),
    ],
)
def test_a_refusal_ends_the_waiting(stub: Stub, reader: RunReader, answer: Answer, code: str) -> None:
    stub.on("GET", RUNS, answer)
    with pytest.raises(InfradispatchError) as caught:
        reader.read(RUNS, _soon(reader))
    assert caught.value.code == code
    assert reader.page(RUNS, "workflow_runs", _soon(reader)) == []
    assert reader.pages(RUNS, "workflow_runs", _soon(reader)) == []


def test_a_credential_that_ends_meanwhile_is_said_to(stub: Stub, reader: RunReader) -> None:
    stub.on("GET", RUNS, Answer(401, {"message": "Bad credentials"}))
    with pytest.raises(NotAuthenticated, match="expired or was revoked while waiting") as caught:
        reader.read(RUNS, _soon(reader))
    assert "Bad credentials" in caught.value.message


def test_pages_are_read_to_the_last_that_can_be_had(stub: Stub, reader: RunReader, clock: FakeClock) -> None:
    following = {"Link": f'<{stub.api_url}{RUNS}/more>; rel="next"'}
    stub.on("GET", RUNS, listed(run_of(1), **following))
    stub.on("GET", f"{RUNS}/more", listed(run_of(2)))
    numbers = [item["id"] for item in reader.pages(RUNS, "workflow_runs", _soon(reader))]
    assert numbers == [1, 2]
    for useless in (Answer(500), Answer(403), Answer(404), Answer(200, "<html>")):
        stub.on("GET", f"{RUNS}/more", useless)
        assert [item["id"] for item in reader.pages(RUNS, "workflow_runs", _soon(reader))] == [1]
    assert clock.elapsed == 0


@pytest.mark.parametrize(
    "answer", [Answer(500), Answer(404), Answer(304), Answer(200, []), Answer(200, {"workflow_runs": 5}), Answer(200)]
)
def test_a_page_without_use_is_empty(stub: Stub, reader: RunReader, answer: Answer) -> None:
    stub.on("GET", RUNS, answer)
    assert reader.page(RUNS, "workflow_runs", _soon(reader)) == []


def test_one_page_is_one_page(stub: Stub, reader: RunReader) -> None:
    stub.on("GET", RUNS, listed(run_of(1), 7, Link=f'<{stub.api_url}{RUNS}>; rel="next"'))
    assert [item["id"] for item in reader.page(RUNS, "workflow_runs", _soon(reader))] == [1]
    assert len(stub.requests) == 1


def test_pages_end_even_when_they_do_not(stub: Stub, reader: RunReader) -> None:
    stub.on("GET", RUNS, listed(run_of(1), Link=f'<{stub.api_url}{RUNS}>; rel="next"'))
    assert len(reader.pages(RUNS, "workflow_runs", _soon(reader))) == 10
