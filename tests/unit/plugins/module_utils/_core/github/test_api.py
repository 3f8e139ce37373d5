# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that may be repeated."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import RateLimited, Unreachable
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.api import Api
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.connection import Connection
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import Route
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    RawServer,
    Stub,
    closed_port,
    hang_up,
    reset,
    say,
)

GOOD = Answer(200, {"a": 1})
BAD = Answer(502, "<html>Bad Gateway</html>")
LIMITED = Answer(403, {"message": "You have exceeded a secondary rate limit."})
DIRECT = Route(None, True, None, None)


@pytest.fixture
def api(stub: Stub, clock: FakeClock) -> t.Iterator[Api]:
    """The API of the stub."""
    made = Api(Connection(stub.api_url, DIRECT, 5), clock)
    yield made
    made.connection.close()


def _get(api: Api, seconds: float = 600, tries: int = 4) -> Reply:
    return api.repeatable(
        "GET", "/x", deadline=Deadline.after(api.clock, seconds), authorize=lambda: Secret("s"), tries=tries
    )


@pytest.mark.parametrize("answer", [GOOD, Answer(404), Answer(401), Answer(422), Answer(403, {"message": "No"})])
def test_a_clear_answer_is_taken_at_once(stub: Stub, api: Api, answer: Answer) -> None:
    stub.on("GET", "/x", answer)
    assert _get(api).status == answer.status
    assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_5xx_is_asked_again_with_growing_pauses(stub: Stub, api: Api, clock: FakeClock, status: int) -> None:
    stub.on("GET", "/x", Answer(status), Answer(status), Answer(status), GOOD)
    assert _get(api).json() == {"a": 1}
    assert clock.sleeps == [0.5, 1, 2]


def test_5xx_that_stays_is_the_answer(stub: Stub, api: Api) -> None:
    stub.on("GET", "/x", BAD)
    assert _get(api).status == 502
    assert len(stub.requests) == 4
    assert _get(api, tries=1).status == 502
    assert len(stub.requests) == 5


def test_a_server_may_say_when_to_come_back(stub: Stub, api: Api, clock: FakeClock) -> None:
    stub.on("GET", "/x", Answer(503, None, {"Retry-After": "7"}), Answer(503, None, {"Retry-After": "0"}), GOOD)
    _get(api)
    assert clock.sleeps == [7, 1]


def test_no_pause_goes_beyond_the_deadline(stub: Stub, api: Api, clock: FakeClock) -> None:
    stub.on("GET", "/x", Answer(503, None, {"Retry-After": "60"}))
    assert _get(api, seconds=30).status == 503
    assert clock.sleeps == []


def test_every_try_has_a_credential_of_its_own(stub: Stub, api: Api, clock: FakeClock) -> None:
    stub.on("GET", "/x", BAD, LIMITED, GOOD)
    made: list[str] = []

    def authorize() -> Secret:
        made.append(f"jwt{len(made)}")
        return Secret(made[-1])

    api.repeatable("GET", "/x", deadline=Deadline.after(clock, 600), authorize=authorize)
    assert [headers["authorization"] for headers in stub.headers] == ["Bearer jwt0", "Bearer jwt1", "Bearer jwt2"]


def test_rate_limits_are_waited_out_and_do_not_use_up_tries(stub: Stub, api: Api, clock: FakeClock) -> None:
    stub.on("GET", "/x", LIMITED, LIMITED, GOOD)
    assert _get(api, tries=1).json() == {"a": 1}
    assert clock.sleeps == [60, 120]


def test_a_reset_is_a_point_on_the_servers_clock(stub: Stub, clock: FakeClock) -> None:
    clock.skew = 7200
    api = Api(Connection(stub.api_url, DIRECT, 5), clock)
    reset_at = str(int(clock.server_time()) + 30)
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset_at}
    stub.on("GET", "/x", Answer(403, {"message": "API rate limit exceeded"}, spent), GOOD)
    _get(api)
    assert clock.sleeps == [31]
    api.connection.close()


def test_a_limit_longer_than_the_deadline_fails_at_once_with_numbers(stub: Stub, api: Api, clock: FakeClock) -> None:
    stub.on("GET", "/x", Answer(429, {"message": "slow down"}, {"Retry-After": "100"}))
    with pytest.raises(RateLimited) as caught:
        _get(api, seconds=50)
    assert clock.sleeps == []
    assert caught.value.facts == {"status": 429, "request_id": "AB12:34CD", "retry_after": 100}
    assert "100 s" in caught.value.hint
    assert "50 s were left" in caught.value.hint
    assert "slow down" in caught.value.message


def test_a_limit_holds_whoever_has_the_same_token(stub: Stub, api: Api, clock: FakeClock) -> None:
    stub.on("GET", "/x", Answer(429, None, {"Retry-After": "10"}), GOOD)
    with pytest.raises(RateLimited):
        _get(api, seconds=5)
    with pytest.raises(RateLimited, match="still on") as caught:
        _get(api, seconds=5)
    assert caught.value.facts["retry_after"] == 10
    assert len(stub.requests) == 1
    deadline = Deadline.after(clock, 5)
    assert api.repeatable("GET", "/x", deadline=deadline, authorize=lambda: Secret("other")).ok
    assert clock.sleeps == []
    assert _get(api).ok
    assert clock.sleeps == [10]


def test_a_limit_that_never_ends_ends_with_the_deadline(stub: Stub, api: Api, clock: FakeClock) -> None:
    stub.on("GET", "/x", Answer(429, None, {"Retry-After": "0"}))
    with pytest.raises(RateLimited):
        _get(api, seconds=300)
    assert clock.elapsed < 300
    assert len(stub.requests) < 12


@pytest.mark.parametrize("action", [hang_up, reset, say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")])
def test_broken_answers_are_asked_for_again(
    raw_server: t.Callable[..., RawServer], clock: FakeClock, action: t.Any
) -> None:
    server = raw_server(action, action, say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    api = Api(Connection(server.url, DIRECT, 5), clock)
    assert _get(api).json() == {}
    assert clock.sleeps == [0.5, 1]
    api.connection.close()


def test_nobody_there_is_said_after_some_tries(clock: FakeClock) -> None:
    api = Api(Connection(f"http://127.0.0.1:{closed_port()}", DIRECT, 5), clock)
    with pytest.raises(Unreachable, match="No connection"):
        _get(api)
    assert clock.sleeps == [0.5, 1, 2]
    with pytest.raises(Unreachable):
        _get(api, seconds=0.1)
    assert len(clock.sleeps) == 3


def test_what_does_not_mend_itself_is_said_at_once(stub: Stub, clock: FakeClock) -> None:
    api = Api(Connection(stub.url.replace("http:", "https:"), DIRECT, 5), clock)
    with pytest.raises(Unreachable, match="TLS"):
        _get(api)
    assert clock.sleeps == []
