# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One event, at most once."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.send import Sent, dispatch_url, send
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub, open_github
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    DISPATCHES,
    ID,
    SCOPE,
    SITE,
    plan_of,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    TOKEN,
    Answer,
    FakeClock,
    RawServer,
    Stub,
    closed_port,
    hang_up,
    reset,
    say,
    stay_silent,
)

EVENT = plan_of(client_payload={"a": "ä"}).targets[0].event
LIMITED = Answer(403, {"message": "You have exceeded a secondary rate limit."})
MINT = "/app/installations/7/access_tokens"
ACCEPTED = Answer(204)
Serve = t.Callable[..., RawServer]


def _send(github: GitHub, seconds: float = 300) -> Sent:
    return send(github, SITE, EVENT, SCOPE, Deadline.after(github.clock, seconds))


@pytest.fixture
def app(stub: Stub, opened: t.Callable[..., GitHub], pem: str) -> GitHub:
    """A client with an App, whose tokens are ghs_token1, ghs_token2, …"""
    numbers = iter(range(1, 100))
    stub.on("POST", MINT, lambda request: Answer(201, {"token": f"ghs_token{next(numbers)}"}))
    return opened(app_id=12345, private_key=pem, installation_id=7)


def test_an_accepted_event_is_sent_once_byte_for_byte(stub: Stub, github: GitHub, clock: FakeClock) -> None:
    stub.on("POST", DISPATCHES, ACCEPTED)
    assert _send(github) == Sent(True, 1, clock.monotonic(), "AB12:34CD", 204)
    assert stub.bodies == [EVENT.body]
    assert stub.headers[0]["authorization"] == f"Bearer {TOKEN}"
    assert dispatch_url(github, SITE) == stub.api_url + DISPATCHES
    assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", b"\xff", {"message": "Server Error"}])
def test_5xx_after_the_body_is_never_sent_again(stub: Stub, github: GitHub, status: int, body: t.Any) -> None:
    stub.on("POST", DISPATCHES, Answer(status, body, {"Retry-After": "1"}), ACCEPTED)
    sent = _send(github)
    assert (sent.accepted, sent.attempts, sent.status) == (False, 1, status)
    assert str(status) in sent.reason
    assert "<html>" not in sent.reason
    assert stub.count("POST", DISPATCHES) == 1


@pytest.mark.parametrize("action", [hang_up, reset, stay_silent, say(b"HTTP/1.1 2"), say(b"garbage\r\n\r\n")])
def test_a_lost_answer_is_never_sent_again(raw_server: Serve, clock: FakeClock, action: t.Any) -> None:
    server = raw_server(action)
    github = open_github({"token": "x", "api_url": server.url, "timeout": 0.3}, env={}, clock=clock)
    sent = _send(github)
    github.api.connection.close()
    assert (sent.accepted, sent.attempts) == (False, 1)
    assert sent.reason
    assert len(server.received) == 1
    assert EVENT.body in server.received[0]


def test_a_page_is_no_yes(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, Answer(200, "<html><title>Sign in</title></html>"))
    sent = _send(github)
    assert not sent.accepted
    assert "an HTML page: Sign in" in sent.reason


def test_what_was_never_sent_is_tried_again_and_then_given_up(clock: FakeClock) -> None:
    github = open_github({"token": "x", "api_url": f"http://127.0.0.1:{closed_port()}"}, env={}, clock=clock)
    with pytest.raises(InfradispatchError) as caught:
        _send(github)
    assert (caught.value.code, caught.value.facts["attempts"]) == ("unreachable", 3)
    assert clock.sleeps == [1, 2]


def test_a_name_that_nobody_knows_is_unreachable(clock: FakeClock) -> None:
    github = open_github({"token": "x", "api_url": "https://name.invalid"}, env={}, clock=clock)
    with pytest.raises(InfradispatchError, match=r"name\.invalid can't be resolved") as caught:
        _send(github)
    assert caught.value.code == "unreachable"


def test_rate_limits_are_waited_out(stub: Stub, github: GitHub, clock: FakeClock) -> None:
    stub.on("POST", DISPATCHES, LIMITED, Answer(429, None, {"Retry-After": "5"}), ACCEPTED)
    sent = _send(github)
    assert (sent.accepted, sent.attempts) == (True, 3)
    assert clock.sleeps == [60, 5]
    assert stub.bodies == [EVENT.body] * 3


def test_a_rate_limit_beyond_the_deadline_is_an_error_at_once(stub: Stub, github: GitHub, clock: FakeClock) -> None:
    stub.on("POST", DISPATCHES, LIMITED)
    with pytest.raises(InfradispatchError) as caught:
        _send(github, seconds=100)
    assert caught.value.code == "rate_limited"
    assert caught.value.facts["attempts"] == 2
    assert clock.sleeps == [60]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401, {"message": "Bad credentials"}), "not_authenticated"),
        (Answer(403, {"message": "Resource not accessible by personal access token"}), "not_permitted"),
        (Answer(403, {"message": "SAML"}, {"X-GitHub-SSO": "required; url=https://x"}), "not_permitted"),
        (Answer(403, {"message": "IP allow list"}, {"X-RateLimit-Remaining": "4900"}), "not_permitted"),
        (Answer(404, {"message": "Not Found"}), "not_found"),
        (Answer(422, {"message": "client_payload is too large."}), "rejected"),
        (Answer(302, None, {"Location": "/login"}), "rejected"),
        (Answer(307, None, {"Location": "https://elsewhere.test/x"}), "rejected"),
        (Answer(307), "rejected"),
    ],
)
def test_a_refusal_is_final_for_a_given_token(
    stub: Stub, github: GitHub, clock: FakeClock, answer: Answer, code: str
) -> None:
    stub.on("POST", DISPATCHES, answer)
    with pytest.raises(InfradispatchError) as caught:
        _send(github)
    assert caught.value.code == code
    assert caught.value.facts["attempts"] == 1
    assert caught.value.facts["status"] == answer.status
    assert clock.sleeps == []
    assert stub.count("POST", DISPATCHES) == 1


def test_a_refusal_names_the_permission(stub: Stub, github: GitHub) -> None:
    named = {"X-Accepted-GitHub-Permissions": "contents=write"}
    stub.on("POST", DISPATCHES, Answer(403, {"message": "Resource not accessible by integration"}, named))
    with pytest.raises(InfradispatchError) as caught:
        _send(github)
    assert "contents: write" in caught.value.hint
    assert "contents=write" in caught.value.hint


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_young_token_is_given_time(stub: Stub, app: GitHub, clock: FakeClock, status: int) -> None:
    unknown = Answer(status, {"message": "Resource not accessible by integration"})
    stub.on("POST", DISPATCHES, unknown, unknown, ACCEPTED)
    sent = _send(app)
    assert (sent.accepted, sent.attempts) == (True, 3)
    assert clock.sleeps == [1, 2]
    assert stub.count("POST", MINT) == 1


def test_a_young_token_that_stays_unknown_is_said_with_the_time_waited(
    stub: Stub, app: GitHub, clock: FakeClock
) -> None:
    stub.on("POST", DISPATCHES, Answer(401, {"message": "Bad credentials"}))
    with pytest.raises(InfradispatchError, match="The token was new; it was tried again for 7 s") as caught:
        _send(app)
    assert caught.value.facts["attempts"] == 4
    assert clock.elapsed <= 10


def test_an_old_token_is_replaced(stub: Stub, app: GitHub, clock: FakeClock) -> None:
    app.credential.grant(SCOPE, Deadline.after(clock, 60))
    clock.sleep(100)
    stub.on("POST", DISPATCHES, Answer(401), ACCEPTED)
    assert _send(app).attempts == 2
    used = [headers["authorization"] for headers in stub.headers_of("POST", DISPATCHES)]
    assert used == ["Bearer ghs_token1", "Bearer ghs_token2"]


def test_a_moved_repository_is_told(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, Answer(307, None, {"Location": "/api/v3/repositories/42/dispatches"}))
    stub.on("POST", "/repositories/42/dispatches", ACCEPTED)
    assert _send(github).moved_to == stub.api_url + "/repositories/42/dispatches"
    assert stub.bodies == [EVENT.body] * 2


def test_nothing_is_sent_when_the_answer_could_not_be_waited_for(stub: Stub, github: GitHub) -> None:
    with pytest.raises(InfradispatchError, match="deadline passed") as caught:
        _send(github, seconds=0.4)
    assert caught.value.code == "unreachable"
    assert stub.requests == []


def test_a_limit_that_another_event_met_is_kept_and_leaves_time_for_an_answer(
    stub: Stub, github: GitHub, clock: FakeClock
) -> None:
    stub.on("POST", DISPATCHES, Answer(429, None, {"Retry-After": "10"}), ACCEPTED)
    for seconds, words in ((5, "rate limit is reached"), (9, "met before is still on"), (10.3, "deadline passed")):
        with pytest.raises(InfradispatchError, match=words):
            _send(github, seconds)
    assert clock.sleeps == [10]
    assert stub.count("POST", DISPATCHES) == 1
    assert _send(github).accepted


def test_the_deadline_counts_time_spent_on_the_token(stub: Stub, app: GitHub) -> None:
    stub.on("POST", MINT, Answer(201, {"token": "ghs_x"}, takes=400))
    with pytest.raises(InfradispatchError, match="deadline passed"):
        _send(app)
    assert stub.count("POST", DISPATCHES) == 0


def test_no_error_holds_the_token(stub: Stub, github: GitHub) -> None:
    stub.on("POST", DISPATCHES, lambda request: Answer(422, {"message": f"got {request.headers['Authorization']}"}))
    with pytest.raises(InfradispatchError) as caught:
        _send(github)
    assert TOKEN not in str(caught.value.as_dict())


def test_the_moment_of_the_first_attempt_is_kept(stub: Stub, github: GitHub, clock: FakeClock) -> None:
    began = clock.monotonic()
    stub.on("POST", DISPATCHES, LIMITED, ACCEPTED)
    assert _send(github).began == began
    assert EVENT.id == ID
