# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A GitHub App as a credential."""

from __future__ import annotations

import threading
import typing as t
from datetime import datetime, timezone

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.api import Api
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.app import AppCredential
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.app_api import AppApi
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.connection import Connection
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.credentials import Scope
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import Route
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.signing import CommandSigner
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

MINT, REVOKE, LOOKUP = "/app/installations/7/access_tokens", "/installation/token", "/repos/acme/site/installation"
SITE = Scope("acme", ("site",), (("contents", "write"),))
Make = t.Callable[..., AppCredential]


@pytest.fixture
def make(stub: Stub, clock: FakeClock) -> t.Iterator[Make]:
    """Make Apps with the installation 7."""
    connection = Connection(stub.api_url, Route(None, True, None, None), 5)
    app = AppApi(Api(connection, clock), "12345", CommandSigner(["x"], lambda command, data: (0, b"\x01" * 256, b"")))
    yield lambda installation="7", **more: AppCredential(app, installation, **more)
    connection.close()


def tokens(clock: FakeClock, life: float | None = 3600.0) -> t.Callable[[object], Answer]:
    """Hand out ghs_token1, ghs_token2, …"""
    made: list[str] = []

    def answer(_request: object) -> Answer:
        made.append(f"ghs_token{len(made) + 1}")
        body: dict[str, t.Any] = {"token": made[-1]}
        if life is not None:
            end = datetime.fromtimestamp(clock.server_time() + life, timezone.utc)
            body["expires_at"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        return Answer(201, body)

    return answer


def _grant(credential: AppCredential, clock: FakeClock, scope: Scope = SITE) -> str:
    return credential.grant(scope, Deadline.after(clock, 60)).token.reveal()


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        (SITE, {"permissions": {"contents": "write"}, "repositories": ["site"]}),
        (Scope("acme", ("a", "b"), ()), {"repositories": ["a", "b"]}),
        (Scope("acme", (), (("actions", "read"),)), {"permissions": {"actions": "read"}}),
        (Scope("acme", (), ()), {}),
    ],
)
def test_a_token_is_asked_for_no_more_than_is_needed(
    stub: Stub, clock: FakeClock, make: Make, scope: Scope, asked: dict[str, t.Any]
) -> None:
    stub.on("POST", MINT, tokens(clock))
    assert _grant(make(), clock, scope) == "ghs_token1"
    assert stub.sent("POST", MINT) == [asked]
    assert len(stub.requests) == 1


def test_the_installation_is_looked_up_once(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("GET", LOOKUP, Answer(200, {"id": 7}))
    stub.on("POST", MINT, tokens(clock))
    credential = make("")
    assert _grant(credential, clock) == "ghs_token1"
    assert _grant(credential, clock, SITE._replace(permissions=())) == "ghs_token2"
    assert stub.count("GET", LOOKUP) == 1


def test_a_renamed_repository_is_asked_for_by_its_number(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("GET", LOOKUP, Answer(301, None, {"Location": "/api/v3/repositories/42/installation"}))
    stub.on("GET", "/repositories/42/installation", Answer(200, {"id": 7}))
    stub.on("POST", MINT, tokens(clock))
    _grant(make(""), clock)
    assert stub.sent("POST", MINT) == [{"permissions": {"contents": "write"}, "repository_ids": [42]}]


def test_one_token_for_each_scope_and_none_twice(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("POST", MINT, tokens(clock))
    credential = make()
    assert [_grant(credential, clock) for _time in range(3)] == ["ghs_token1"] * 3
    assert _grant(credential, clock, SITE._replace(repositories=("web",))) == "ghs_token2"


def test_several_threads_share_one_token(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("POST", MINT, tokens(clock))
    credential = make()
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(_grant(credential, clock))) for _number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["ghs_token1"] * 5


@pytest.mark.parametrize("skew", [0, 7200, -7200])
def test_a_token_is_renewed_a_minute_before_its_end_by_the_servers_clock(
    stub: Stub, clock: FakeClock, make: Make, skew: float
) -> None:
    clock.skew = skew
    stub.on("POST", MINT, tokens(clock))
    credential = make()
    _grant(credential, clock)
    clock.sleep(3530)
    assert _grant(credential, clock) == "ghs_token1"
    clock.sleep(15)
    assert _grant(credential, clock) == "ghs_token2"


@pytest.mark.parametrize(
    ("expires_at", "usable"),
    [
        (None, 240),
        ("", 240),
        ("soon", 240),
        (5, 240),
        ("2023-11-14T22:13:19Z", 240),
        ("2033-11-14T22:13:20Z", 240),
        ("2023-11-14T23:13:20Z", 3540),
        ("2023-11-14T23:13:20+00:00", 3540),
        ("2023-11-14T23:13:20.999Z", 3540),
        ("2023-11-15T00:13:20+01:00", 3540),
        ("2023-11-14T22:13:25Z", 2.5),
        ("2023-11-14T22:15:20Z", 60),
    ],
)
def test_a_strange_end_means_a_careful_life(
    stub: Stub, clock: FakeClock, make: Make, expires_at: object, usable: float
) -> None:
    stub.on("POST", MINT, Answer(201, {"token": "ghs_x", "expires_at": expires_at}))
    grant = make().grant(SITE, Deadline.after(clock, 60))
    assert grant.use_until is not None
    assert grant.made_at == clock.monotonic()
    assert grant.use_until - grant.made_at == pytest.approx(usable)


@pytest.mark.parametrize("token", ["ghs_" + "a" * 36, "ghs_1_" + "eyJ" + "a.b-c_" * 90, "0123456789abcdef" * 3])
def test_any_form_of_token_is_taken_and_told(stub: Stub, clock: FakeClock, make: Make, token: str) -> None:
    stub.on("POST", MINT, Answer(201, {"token": token}))
    told: list[str] = []
    assert _grant(make(on_secret=lambda secret: told.append(secret.reveal())), clock) == token
    assert told == [token]


def test_a_forgotten_token_is_replaced_and_others_stay(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("POST", MINT, tokens(clock))
    credential = make()
    web = SITE._replace(repositories=("web",))
    first = credential.grant(SITE, Deadline.after(clock, 60))
    _grant(credential, clock, web)
    credential.forget(first)
    assert _grant(credential, clock) == "ghs_token3"
    credential.forget(first)
    assert _grant(credential, clock) == "ghs_token3"
    assert _grant(credential, clock, web) == "ghs_token2"


def test_all_tokens_are_taken_back_once(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("POST", MINT, tokens(clock))
    stub.on("DELETE", REVOKE, Answer(204))
    credential = make()
    _grant(credential, clock)
    _grant(credential, clock, SITE._replace(repositories=("web",)))
    credential.close()
    credential.close()
    used = [headers["authorization"] for headers in stub.headers_of("DELETE", REVOKE)]
    assert used == ["Bearer ghs_token1", "Bearer ghs_token2"]


@pytest.mark.parametrize("answer", [Answer(401), Answer(503), Answer(429, None, {"Retry-After": "600"})])
def test_taking_back_never_takes_long(stub: Stub, clock: FakeClock, make: Make, answer: Answer) -> None:
    stub.on("POST", MINT, tokens(clock))
    stub.on("DELETE", REVOKE, answer)
    credential = make()
    _grant(credential, clock)
    credential.close()
    assert stub.count("DELETE", REVOKE) == 1
    assert clock.elapsed < 10


REFUSALS: dict[str, tuple[Answer, str, str]] = {
    "permissions": (
        Answer(422, {"message": "The permissions requested are not granted to this installation."}),
        "not_permitted",
        "lacks a permission needed for acme/site: contents: write",
    ),
    "repository": (
        Answer(422, {"message": "There is at least one repository that does not exist or is not accessible."}),
        "not_permitted",
        "does not cover acme/site",
    ),
    "other 422": (Answer(422, {"message": "Sorry"}), "rejected", "Sorry"),
    "installation": (Answer(404, {"message": "Not Found"}), "not_found", "has no installation 7"),
    "suspended": (Answer(403, {"message": "This installation has been suspended"}), "not_permitted", "suspended"),
    "key": (Answer(401, {"message": "could not be decoded"}), "not_authenticated", "could not be decoded"),
    "no token": (Answer(201, {}), "unreachable", "can't be understood"),
    "empty token": (Answer(201, {"token": ""}), "unreachable", "can't be understood"),
    "number as token": (Answer(201, {"token": 5}), "unreachable", "can't be understood"),
    "page": (Answer(200, "<html>login</html>"), "unreachable", "can't be understood"),
    "5xx": (Answer(502, "<html>"), "unreachable", "502"),
}


@pytest.mark.parametrize(("answer", "code", "words"), REFUSALS.values(), ids=REFUSALS)
def test_a_token_that_is_not_made_has_its_reason(
    stub: Stub, clock: FakeClock, make: Make, answer: Answer, code: str, words: str
) -> None:
    stub.on("POST", MINT, answer)
    credential = make()
    with pytest.raises(InfradispatchError) as caught:
        _grant(credential, clock)
    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.facts["status"] == answer.status
    stub.on("POST", MINT, tokens(clock))
    assert _grant(credential, clock) == "ghs_token1"


def test_a_refusal_for_a_whole_owner_names_the_owner(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("POST", MINT, Answer(404))
    with pytest.raises(InfradispatchError, match="wanted for acme"):
        _grant(make(), clock, Scope("acme", (), ()))
