# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many repositories, one task."""

from __future__ import annotations

import threading
import typing as t
from datetime import datetime, timezone

import pytest
from werkzeug import Request

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.deliver import deliver
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import Outcome
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    DISPATCHES,
    ID,
    RUNS,
    done,
    later,
    listed,
    plan_of,
    run_of,
    with_jobs,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    START,
    Answer,
    FakeClock,
    Stub,
)

MINT = "/app/installations/7/access_tokens"
ACCEPTED = Answer(204)
NAMES = ("site", "web", "app")
FLEET = [f"acme/{name}" for name in NAMES]
UNCOVERED = Answer(422, {"message": "There is at least one repository that does not exist or is not accessible."})


@pytest.fixture
def app(stub: Stub, opened: t.Callable[..., GitHub], pem: str) -> GitHub:
    """A client with an App."""
    stub.on("POST", MINT, Answer(201, {"token": "ghs_shared"}))
    return opened(app_id=1, private_key=pem, installation_id=7)


def _accept(stub: Stub, *names: str) -> None:
    for name in names:
        stub.on("POST", f"/repos/acme/{name}/dispatches", ACCEPTED)


def _words(outcomes: list[Outcome]) -> list[str]:
    return [outcome.outcome for outcome in outcomes]


def test_outcomes_come_in_the_order_of_the_plan_and_one_failure_holds_back_nobody(stub: Stub, github: GitHub) -> None:
    _accept(stub, "site", "app")
    outcomes = deliver(github, plan_of(repositories=FLEET))
    assert [str(outcome.target.repository) for outcome in outcomes] == FLEET
    assert _words(outcomes) == ["accepted", "failed", "accepted"]
    assert [outcome.changed for outcome in outcomes] == [True, False, True]


@pytest.mark.parametrize(("most", "expected"), [(1, 1), (3, 3)])
def test_events_go_out_side_by_side_but_not_too_many(stub: Stub, github: GitHub, most: int, expected: int) -> None:
    barrier = threading.Barrier(expected)
    at_once: list[int] = []
    now = [0]

    def answer(_request: Request) -> Answer:
        now[0] += 1
        at_once.append(now[0])
        barrier.wait(10)
        now[0] -= 1
        return ACCEPTED

    for name in NAMES:
        stub.on("POST", f"/repos/acme/{name}/dispatches", answer)
    assert _words(deliver(github, plan_of(repositories=FLEET, max_parallel=most))) == ["accepted"] * 3
    assert max(at_once) == expected


def test_one_token_serves_all_repositories_of_an_owner(stub: Stub, app: GitHub) -> None:
    _accept(stub, *NAMES)
    outcomes = deliver(app, plan_of(repositories=[*FLEET, {"repository": "ACME/Site", "event_type": "other"}]))
    stub.on("POST", "/repos/ACME/Site/dispatches", ACCEPTED)
    assert _words(outcomes)[:3] == ["accepted"] * 3
    assert len(stub.sent("POST", MINT)) == 1
    assert {name.lower() for name in stub.sent("POST", MINT)[0]["repositories"]} == {"site", "web", "app"}


def test_owners_do_not_share_a_token(stub: Stub, app: GitHub) -> None:
    _accept(stub, "site", "web")
    stub.on("POST", "/repos/other/x/dispatches", ACCEPTED)
    assert _words(deliver(app, plan_of(repositories=["acme/site", "acme/web", "other/x"]))) == ["accepted"] * 3
    assert [asked["repositories"] for asked in stub.sent("POST", MINT)] == [["site", "web"], ["x"]]


def test_a_repository_out_of_reach_does_not_hold_back_the_others(
    stub: Stub, opened: t.Callable[..., GitHub], pem: str
) -> None:
    def mint(request: Request) -> Answer:
        wanted = request.get_json()["repositories"]
        return UNCOVERED if "web" in wanted else Answer(201, {"token": f"ghs_{wanted[0]}"})

    stub.on("POST", MINT, mint)
    _accept(stub, *NAMES)
    outcomes = deliver(opened(app_id=1, private_key=pem, installation_id=7), plan_of(repositories=FLEET))
    assert _words(outcomes) == ["accepted", "failed", "accepted"]
    assert outcomes[1].error is not None
    assert outcomes[1].error.code == "not_permitted"
    assert "acme/web" in outcomes[1].error.message
    assert outcomes[1].changed is False
    assert stub.headers_of("POST", DISPATCHES)[0]["authorization"] == "Bearer ghs_site"


def test_a_preview_proves_the_credential_and_sends_nothing(stub: Stub, app: GitHub) -> None:
    (outcome,) = deliver(app, plan_of(client_payload={"a": 1}), preview=True)
    assert (outcome.outcome, outcome.changed, outcome.attempts) == ("planned", True, 0)
    assert outcome.request is not None
    assert outcome.request["method"] == "POST"
    assert outcome.request["url"] == stub.api_url + DISPATCHES
    assert outcome.request["body"]["client_payload"]["a"] == 1
    assert outcome.request["body"]["client_payload"]["dispatch"]["id"] == ID
    assert [request for request in stub.requests if request[0] != "GET"] == [("POST", "/api/v3" + MINT)]


def test_a_preview_with_a_given_token_only_reads(stub: Stub, github: GitHub) -> None:
    assert _words(deliver(github, plan_of(), preview=True)) == ["planned"]
    assert {method for method, _path in stub.requests} == {"GET"}


def test_a_preview_that_could_not_be_carried_out_fails(stub: Stub, opened: t.Callable[..., GitHub], pem: str) -> None:
    stub.on("POST", MINT, UNCOVERED)
    (outcome,) = deliver(opened(app_id=1, private_key=pem, installation_id=7), plan_of(), preview=True)
    assert (outcome.outcome, outcome.changed) == ("failed", False)


@pytest.mark.parametrize("kind", ["missing", "past", "fractions", "offset", "normal"])
def test_a_run_longer_than_a_token_is_waited_for_with_new_ones(
    stub: Stub, clock: FakeClock, opened: t.Callable[..., GitHub], pem: str, kind: str
) -> None:
    ends: dict[str, float] = {}

    def mint(_request: Request) -> Answer:
        token = f"ghs_{len(ends) + 1}"
        ends[token] = clock.elapsed + 3600
        moment = datetime.fromtimestamp(START + ends[token], timezone.utc)
        texts = {
            "past": "2020-01-01T00:00:00Z",
            "fractions": moment.strftime("%Y-%m-%dT%H:%M:%S.123Z"),
            "offset": moment.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
            "normal": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return Answer(201, {"token": token, **({"expires_at": texts[kind]} if kind in texts else {})})

    def only_valid(answer: t.Callable[[object], Answer]) -> t.Callable[[Request], Answer]:
        def check(request: Request) -> Answer:
            token = request.headers["Authorization"].partition(" ")[2]
            return answer(request) if clock.elapsed < ends[token] else Answer(401, {"message": "Bad credentials"})

        return check

    stub.on("POST", MINT, mint)
    stub.on("POST", DISPATCHES, ACCEPTED)
    stub.on("GET", RUNS, only_valid(lambda request: listed(run_of())))
    stub.on("GET", f"{RUNS}/1", only_valid(later(clock, 4000, Answer(200, run_of()), Answer(200, done()))))
    with_jobs(stub, 1)
    github = opened(app_id=1, private_key=pem, installation_id=7)
    (outcome,) = deliver(github, plan_of(wait=True, wait_timeout=20_000))
    assert (outcome.outcome, outcome.conclusion) == ("succeeded", "success")
    assert stub.count("POST", DISPATCHES) == 1
    assert len(ends) >= 2


def test_a_token_that_is_revoked_while_waiting_is_replaced(stub: Stub, clock: FakeClock, app: GitHub) -> None:
    stub.on("POST", DISPATCHES, ACCEPTED)
    stub.on("GET", RUNS, listed(run_of()))
    stub.on("GET", f"{RUNS}/1", Answer(200, run_of()), *[Answer(200, run_of())] * 30, Answer(401), Answer(200, done()))
    with_jobs(stub, 1)
    (outcome,) = deliver(app, plan_of(wait=True))
    assert outcome.outcome == "succeeded"
    assert stub.count("POST", MINT) == 2


@pytest.mark.parametrize("repositories", [FLEET, FLEET[:1]])
def test_a_bug_of_the_caller_is_not_swallowed(stub: Stub, github: GitHub, repositories: list[str]) -> None:
    def broken(_text: str) -> t.NoReturn:
        raise ZeroDivisionError

    _accept(stub, "web", "app")
    stub.on("POST", DISPATCHES, Answer(502))
    with pytest.raises(ZeroDivisionError):
        deliver(github, plan_of(repositories=repositories), progress=broken)


def test_progress_is_told_for_every_event(stub: Stub, github: GitHub) -> None:
    told: list[str] = []
    for name in NAMES:
        stub.on("POST", f"/repos/acme/{name}/dispatches", Answer(502))
        stub.on("GET", f"/repos/acme/{name}/actions/runs", listed())
    deliver(github, plan_of(repositories=FLEET, find_timeout=1), progress=told.append)
    assert {line.partition(":")[0] for line in told} == set(FLEET)


@pytest.mark.parametrize(
    ("answer", "code", "asked"),
    [
        (Answer(401, {"message": "A JSON web token could not be decoded"}), "not_authenticated", 1),
        (Answer(403, {"message": "This installation has been suspended"}), "not_permitted", 4),
    ],
)
def test_a_refused_credential_is_not_tried_for_each_repository(
    stub: Stub, app: GitHub, answer: Answer, code: str, asked: int
) -> None:
    stub.on("POST", MINT, answer)
    outcomes = deliver(app, plan_of(repositories=FLEET))
    assert [outcome.error and outcome.error.code for outcome in outcomes] == [code] * 3
    assert [outcome.as_dict()["error"]["repository"] for outcome in outcomes] == FLEET
    assert len({outcome.as_dict()["error"]["dispatch_id"] for outcome in outcomes}) == 3
    assert not any(outcome.changed for outcome in outcomes)
    assert stub.count("POST", MINT) == asked
