# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub for one run of a tool: young and old tokens, and clients made from options."""

from __future__ import annotations

import typing as t

import pytest
from werkzeug import Request

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError, InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import (
    GitHub,
    lag_pause,
    open_app,
    open_github,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.credentials import Grant, Scope
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.reply import Reply
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    TOKEN,
    Answer,
    FakeClock,
    Stub,
)

SITE = Scope("acme", ("site",), (("actions", "read"),))
MINT = "/app/installations/7/access_tokens"
Opened = t.Callable[..., GitHub]
NOT_ACCESSIBLE = b'{"message": "Resource not accessible by integration"}'


@pytest.fixture
def app(stub: Stub, opened: Opened, pem: str) -> GitHub:
    """A client with an App, whose tokens are ghs_token1, ghs_token2, …"""
    numbers = iter(range(1, 100))
    stub.on("POST", MINT, lambda request: Answer(201, {"token": f"ghs_token{next(numbers)}"}))
    return opened(app_id=12345, private_key=pem, installation_id=7)


def _read(github: GitHub, seconds: float = 60) -> Reply:
    return github.read("/x", SITE, Deadline.after(github.clock, seconds))


def _known_after(clock: FakeClock, seconds: float, status: int) -> t.Callable[[Request], Answer]:
    refusal = Answer(status, {"message": "Resource not accessible by integration"})
    return lambda request: refusal if clock.elapsed < seconds else Answer(200, {"a": 1})


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("lag", [0.5, 3, 7])
def test_a_young_token_is_given_time_to_become_known(
    stub: Stub, clock: FakeClock, app: GitHub, status: int, lag: float
) -> None:
    stub.on("GET", "/x", _known_after(clock, lag, status))
    assert _read(app).status == 200
    assert clock.elapsed <= 7
    assert stub.count("POST", MINT) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_stays_refused_is_the_answer(stub: Stub, clock: FakeClock, app: GitHub, status: int) -> None:
    stub.on("GET", "/x", _known_after(clock, 1e9, status))
    assert _read(app).status == status
    assert clock.sleeps == [1, 2, 4]
    assert stub.count("POST", MINT) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_for_what_is_only_nice_to_have_nobody_waits(stub: Stub, clock: FakeClock, app: GitHub, status: int) -> None:
    stub.on("GET", "/x", _known_after(clock, 1e9, status))
    assert app.read("/x", SITE, Deadline.after(clock, 60), patient=False).status == status
    assert clock.sleeps == []


def test_no_pause_for_a_young_token_goes_beyond_the_deadline(stub: Stub, clock: FakeClock, app: GitHub) -> None:
    stub.on("GET", "/x", _known_after(clock, 1e9, 401))
    assert _read(app, seconds=2.5).status == 401
    assert clock.sleeps == [1]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_given_token_gets_no_second_try(stub: Stub, clock: FakeClock, github: GitHub, status: int) -> None:
    stub.on("GET", "/x", _known_after(clock, 1e9, status))
    assert _read(github).status == status
    assert clock.sleeps == []
    assert len(stub.requests) == 1


def test_an_old_token_that_is_refused_is_replaced_once(stub: Stub, clock: FakeClock, app: GitHub) -> None:
    def answer(request: Request) -> Answer:
        return Answer(200 if "token1" in request.headers["Authorization"] and clock.elapsed < 100 else 401)

    stub.on("GET", "/x", answer)
    assert _read(app).status == 200
    clock.sleep(100)
    assert _read(app).status == 401
    assert stub.count("POST", MINT) == 2


def test_a_replaced_token_may_be_young_too(stub: Stub, clock: FakeClock, app: GitHub) -> None:
    stub.on("GET", "/x", Answer(200, {}), Answer(401), Answer(401), Answer(200, {}))
    _read(app)
    clock.sleep(100)
    assert _read(app).status == 200
    used = [headers["authorization"] for headers in stub.headers_of("GET", "/x")]
    assert used == ["Bearer ghs_token1"] * 2 + ["Bearer ghs_token2"] * 2


@pytest.mark.parametrize(
    ("status", "body", "age", "attempt", "pause"),
    [
        (401, b"", 0, 0, 1),
        (401, b"", 9, 2, 4),
        (404, b"", 0, 1, 2),
        (403, NOT_ACCESSIBLE, 0, 0, 1),
        (403, b'{"message": "the `acme` organization has an IP allow list enabled"}', 0, 0, None),
        (403, b'{"message": "Repository was archived so is read-only."}', 0, 0, None),
        (403, b'{"message": "This installation has been suspended"}', 0, 0, None),
        (403, b"", 0, 0, None),
        (401, b"", 11, 0, None),
        (401, b"", 0, 3, None),
        (422, b"", 0, 0, None),
        (500, b"", 0, 0, None),
        (200, b"", 0, 0, None),
    ],
)
def test_youth_explains_only_what_it_can(
    status: int, body: bytes, age: float, attempt: int, pause: float | None
) -> None:
    reply = Reply(status, {}, body, "http://x")
    assert lag_pause(reply, Grant(Secret("x"), 100.0, 200.0), 100 + age, attempt) == pause
    assert lag_pause(reply, Grant(Secret("x")), 100 + age, attempt) is None


def test_writing_sends_a_body(stub: Stub, clock: FakeClock, github: GitHub) -> None:
    stub.on("POST", "/x", Answer(502), Answer(202))
    assert github.write("/x", SITE, Deadline.after(clock, 60)).status == 202
    assert stub.sent("POST", "/x") == [{}, {}]


def test_closing_takes_tokens_back(stub: Stub, app: GitHub) -> None:
    stub.on("GET", "/x", Answer(200, {}))
    stub.on("DELETE", "/installation/token", Answer(204))
    _read(app)
    app.close()
    assert stub.headers_of("DELETE", "/installation/token")[0]["authorization"] == "Bearer ghs_token1"


def test_closing_leaves_a_given_token_alone(stub: Stub, github: GitHub) -> None:
    github.close()
    assert stub.requests == []


def test_every_secret_in_use_is_told(stub: Stub, clock: FakeClock, pem: str) -> None:
    told: list[str] = []

    def on_secret(secret: Secret) -> None:
        told.append(secret.reveal())

    open_github({"token": TOKEN, "api_url": stub.url}, env={}, on_secret=on_secret).close()
    assert told == [TOKEN]
    stub.on("POST", MINT, Answer(201, {"token": "ghs_made"}))
    options = {"app_id": 1, "private_key": pem, "installation_id": 7, "api_url": stub.url}
    github = open_github(options, env={}, clock=clock, on_secret=on_secret)
    github.credential.grant(SITE, Deadline.after(clock, 60))
    github.api.connection.close()
    assert told == [TOKEN, pem, "ghs_made"]


def test_a_signer_needs_somebody_to_run_it(stub: Stub, clock: FakeClock) -> None:
    options = {"app_id": 1, "signer_command": ["sign"], "installation_id": 7, "api_url": stub.url}
    with pytest.raises(InvalidInput, match="signer_command"):
        open_github(options, env={})
    stub.on("POST", MINT, Answer(201, {"token": "ghs_made"}))
    signed: list[t.Sequence[str]] = []

    def run(command: t.Sequence[str], data: bytes) -> tuple[int, bytes, bytes]:
        signed.append(command)
        return 0, b"\x01" * 256, b""

    github = open_github(options, env={}, clock=clock, run_command=run)
    assert github.credential.grant(SITE, Deadline.after(clock, 60)).token.reveal() == "ghs_made"
    github.api.connection.close()
    assert signed == [["sign"]]


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch, pem: str) -> None:
    with pytest.raises(InfradispatchError, match="No credential"):
        open_github({})
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_API_URL", "https://ghes.example.com")
    assert open_github({}).api_url == "https://ghes.example.com/api/v3"
    with pytest.raises(InfradispatchError, match="No credential"):
        open_app({"token": TOKEN})
    monkeypatch.setenv("GITHUB_APP_ID", "1")
    monkeypatch.setenv("GITHUB_APP_PRIVATE_KEY", pem)
    assert open_app({"token": TOKEN}).credential.kind == "installation token"


def test_the_identity_of_an_app_tells_apart_who_asks_whom_and_shows_nothing(pem: str) -> None:
    def identity(**options: t.Any) -> str:
        return open_app(options, env={}, run_command=lambda command, data: (0, b"", b"")).identity

    same = [identity(app_id=1, private_key=pem), identity(app_id="1", private_key=pem.replace("\n", "\\n"))]
    others = [
        identity(app_id=2, private_key=pem),
        identity(app_id=1, private_key=pem, installation_id=7),
        identity(app_id=1, private_key=pem, api_url="https://ghes.example.com"),
        identity(app_id=1, signer_command=["a"]),
        identity(app_id=1, signer_command=["b"]),
    ]
    assert same[0] == same[1]
    assert len({same[0], *others}) == 6
    assert all(len(one) == 64 for one in others)
