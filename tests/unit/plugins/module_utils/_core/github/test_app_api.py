# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of an App in its own name, under a clock that is wrong."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest
from werkzeug import Request

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import NotAuthenticated
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.api import Api
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.app_api import AppApi
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.connection import Connection
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.route import Route
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.signing import KeySigner
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

Make = t.Callable[..., AppApi]
UNDECODABLE = "A JSON web token could not be decoded"


def claims_of(authorization: str) -> dict[str, t.Any]:
    """Return the claims of a JWT."""
    part = authorization.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))  # type: ignore[no-any-return]


@pytest.fixture
def make(stub: Stub, clock: FakeClock, pem: str) -> t.Iterator[Make]:
    """Make Apps; their connections are closed in the end."""
    connection = Connection(stub.api_url, Route(None, True, None, None), 5)
    yield lambda app_id="12345": AppApi(Api(connection, clock), app_id, KeySigner(Secret(pem)))
    connection.close()


def _strict(clock: FakeClock) -> t.Callable[[Request], Answer]:
    """Apply GitHub's rules for times, by the server's clock."""

    def answer(request: Request) -> Answer:
        claims, now = claims_of(request.headers["Authorization"]), clock.server_time()
        if not isinstance(claims["exp"], int) or claims["exp"] <= now or claims["exp"] > now + 600:
            return Answer(401, {"message": "'Expiration time' claim ('exp') is too far in the future"})
        if not isinstance(claims["iat"], int) or claims["iat"] > now:
            return Answer(401, {"message": "'Issued at' claim ('iat') must be an Integer in the past"})
        return Answer(200, {"id": 1})

    return answer


@pytest.mark.parametrize(("skew", "requests"), [(0, 1), (45, 1), (-45, 1), (540, 2), (-1200, 2), (90_000, 2)])
def test_a_wrong_clock_is_healed_by_the_servers(
    stub: Stub, clock: FakeClock, make: Make, skew: float, requests: int
) -> None:
    clock.skew = skew
    stub.on("GET", "/app", _strict(clock))
    app = make()
    assert app.request("GET", "/app", Deadline.after(clock, 60)).status == 200
    assert len(stub.requests) == requests
    assert app.request("GET", "/app", Deadline.after(clock, 60)).status == 200
    assert len(stub.requests) == requests + 1


def test_a_clock_that_can_not_be_healed_is_named_in_seconds(stub: Stub, clock: FakeClock, make: Make) -> None:
    clock.skew = -1200
    stub.on("GET", "/app", Answer(401, {"message": "'Expiration time' claim ('exp') must be in the future"}))
    app = make()
    reply = app.request("GET", "/app", Deadline.after(clock, 60))
    assert len(stub.requests) == 2
    error = app.error(reply, "find the installation", "acme/site")
    assert "1200 s behind" in error.message
    assert error.facts["clock_skew"] == 1200
    clock.skew = 1200
    assert "1200 s ahead of" in app.error(reply, "find the installation", "acme/site").message


def test_without_the_servers_clock_there_is_nothing_to_heal(stub: Stub, clock: FakeClock, make: Make) -> None:
    clock.skew = -1200
    stub.date = "today"
    stub.on("GET", "/app", Answer(401, {"message": "'exp' is wrong"}))
    app = make()
    reply = app.request("GET", "/app", Deadline.after(clock, 60))
    assert len(stub.requests) == 1
    assert "clock_skew" not in app.error(reply, "find the installation", "acme/site").facts


def test_a_key_of_another_app_fails_at_once_and_names_the_id(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("GET", "/app", Answer(401, {"message": UNDECODABLE}))
    app = make()
    reply = app.request("GET", "/app", Deadline.after(clock, 60))
    assert len(stub.requests) == 1
    error = app.error(reply, "find the installation", "acme/site")
    assert isinstance(error, NotAuthenticated)
    assert UNDECODABLE in error.message
    assert "belongs to the App 12345" in error.hint
    assert "clock" in error.hint


INTEGER = "'Issuer' claim ('iss') must be an Integer"


def _wants_number(request: Request) -> Answer:
    issuer = claims_of(request.headers["Authorization"])["iss"]
    return Answer(200, {}) if isinstance(issuer, int) else Answer(401, {"message": INTEGER})


def test_a_server_may_want_the_issuer_as_a_number(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("GET", "/app", _wants_number)
    app = make()
    assert app.request("GET", "/app", Deadline.after(clock, 60)).status == 200
    assert app.request("GET", "/app", Deadline.after(clock, 60)).status == 200
    assert [claims_of(headers["authorization"])["iss"] for headers in stub.headers] == ["12345", 12345, 12345]


def test_a_client_id_can_be_no_number(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("GET", "/app", _wants_number)
    assert make("Iv23liAbCdEfGhIjKlMn").request("GET", "/app", Deadline.after(clock, 60)).status == 401
    assert len(stub.requests) == 1


def test_issuer_and_clock_can_both_be_healed(stub: Stub, clock: FakeClock, make: Make) -> None:
    clock.skew = 540
    strict = _strict(clock)

    def answer(request: Request) -> Answer:
        first = _wants_number(request)
        return first if first.status != 200 else strict(request)

    stub.on("GET", "/app", answer)
    assert make().request("GET", "/app", Deadline.after(clock, 60)).status == 200
    assert len(stub.requests) == 3


def test_a_jwt_is_fresh_at_each_request(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("GET", "/app", _strict(clock))
    app = make()
    for _hour in range(3):
        assert app.request("GET", "/app", Deadline.after(clock, 60)).status == 200
        clock.sleep(3600)
    assert len(stub.requests) == 3


def test_an_app_that_the_server_does_not_know_is_named(stub: Stub, clock: FakeClock, make: Make) -> None:
    stub.on("GET", "/app", Answer(404, {"message": "Integration not found"}))
    with pytest.raises(NotAuthenticated, match="App 12345 is not known"):
        make().request("GET", "/app", Deadline.after(clock, 60))
