# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class R, refusals: rate limits are waited out (P16), everything else that GitHub refuses is final."""

from __future__ import annotations

import functools
import typing as t

import pytest
from cases.support import expect
from cases.support.world import World

DISPATCHES, MINT, INSTALLATION = r"/dispatches$", r"/access_tokens$", r"/installation$"

# -- P16: rate limits


def limits(world: World, **where: t.Any) -> dict[str, tuple[t.Callable[[], t.Any], float, float]]:
    """Each kind of limit: what adds it, and between what seconds the wait for it has to be."""
    faults = world.github.faults
    quiet = {"x-ratelimit-remaining": "4900"}
    return {
        "secondary-403-words-only": (functools.partial(faults.secondary_limit, **where), 60, 61),
        "secondary-429-words-only": (lambda: faults.secondary_limit(429, **where), 60, 61),
        "secondary-403-retry-after": (lambda: faults.secondary_limit(403, 7, **where), 7, 8),
        "secondary-429-retry-after": (lambda: faults.secondary_limit(429, 7, **where), 7, 8),
        "secondary-retry-after-zero": (lambda: faults.secondary_limit(403, 0, **where), 0, 1),
        "content-creation": (lambda: faults.secondary_limit(content=True, **where), 60, 61),
        "primary-403": (lambda: faults.primary_limit(3, **where), 1, 5),
        "primary-429": (lambda: faults.primary_limit(3, 429, **where), 1, 5),
        "primary-reset-passed": (lambda: faults.primary_limit(-20, **where), 0, 2),
        "429-without-body": (lambda: faults.add(status=429, **{"path": DISPATCHES, **where}), 60, 61),
        "429-html": (lambda: faults.add(status=429, body="<html>slow</html>", **{"path": DISPATCHES, **where}), 60, 61),
        "retry-after-is-a-date": (
            lambda: faults.add(
                status=429,
                headers={"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"},
                body={"message": "slow down"},
                **{"path": DISPATCHES, **where},
            ),
            60,
            61,
        ),
        "abuse-detection-of-old-servers": (
            lambda: faults.add(
                status=403,
                headers=quiet,
                body={"message": "You have triggered an abuse detection mechanism."},
                **{"path": DISPATCHES, **where},
            ),
            60,
            61,
        ),
    }


KINDS = (
    "secondary-403-words-only", "secondary-429-words-only", "secondary-403-retry-after", "secondary-429-retry-after",
    "secondary-retry-after-zero", "content-creation", "primary-403", "primary-429", "primary-reset-passed",
    "429-without-body", "429-html", "retry-after-is-a-date", "abuse-detection-of-old-servers",
)  # fmt: skip


@pytest.mark.parametrize("path", [DISPATCHES, MINT, INSTALLATION, r"/actions/runs$", r"/actions/runs/\d+$"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_is_waited_out(world: World, kind: str, path: str) -> None:
    """P16: at every request, for as long as the answer says; the event arrives once."""
    world.github.script_runs("acme/site", statuses=["queued", "in_progress", "in_progress", "completed"])
    add, least, most = limits(world, path=path)[kind]
    add()
    options = world.by_app if path in (MINT, INSTALLATION) else world.by_token
    result = world.run(options(wait="runs" in path))
    expect.success(result, "succeeded" if "runs" in path else "accepted", world=world)
    waits = [pause for pause in world.clock.sleeps if least <= pause <= most] if most > 2 else [0]
    assert waits or least == 0


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "zero" not in kind and "passed" not in kind])
def test_a_limit_longer_than_the_deadline_fails_at_once(world: World, kind: str) -> None:
    """With how long it lasts, and nothing sent."""
    add, least, _most = limits(world, times=None)[kind]
    add()
    result = world.run(world.by_token(deadline=2))
    expect.failure(result, "rate_limited", says=["rate limit", rf"wait {least:.0f} s|wait \d+ s"], world=world)
    assert world.clock.sleeps == []
    assert len(world.posts) == 1
    assert result["error"]["retry_after"] >= least


def test_a_limit_that_never_ends_is_bounded(world: World) -> None:
    """P16: by the deadline, with longer and longer waits."""
    world.github.faults.secondary_limit(times=None)
    result = world.run(world.by_token(deadline=900))
    expect.failure(result, "rate_limited", says=["secondary rate limit"], world=world)
    assert world.clock.slept <= 900
    assert len(world.posts) == 4
    assert world.clock.sleeps == [60, 120, 240]


@pytest.mark.parametrize(
    "message",
    [
        "Resource not accessible by integration",
        "Must have admin rights to Repository.",
        "Forbidden",
        "",
        "rate my limit",
    ],
)
def test_a_403_about_something_else_is_not_waited_out(world: World, message: str) -> None:
    """P16: also when the answer carries the usual headers of the limit."""
    headers = {"x-ratelimit-remaining": "4900", "x-ratelimit-reset": "9999999999"}
    world.github.faults.add(path=DISPATCHES, status=403, headers=headers, body={"message": message}, times=None)
    result = world.run(world.by_token())
    expect.failure(result, "not_permitted", world=world)
    assert len(world.posts) == 1
    assert world.clock.sleeps == []


def test_the_limit_of_the_server_itself(world: World) -> None:
    """The hour is used up: the reset is read by the server's clock, whatever the local one says."""
    world.clock.ahead = -7200
    world.run(world.by_token())
    for account in world.github.limits._accounts.values():
        account.used = 5000
    result = world.run(world.by_token(deadline=4000))
    expect.success(result, "accepted", world=world, accepted=2)
    assert 3500 < world.clock.slept < 3700


# -- refusals are final


@pytest.mark.parametrize("status", [400, 405, 406, 409, 410, 411, 413, 415, 418, 422, 451])
@pytest.mark.parametrize("wait", [False, True])
def test_a_refusal_is_final(world: World, status: int, wait: bool) -> None:
    body = {"message": "Validation Failed", "errors": [{"field": "event_type", "code": "invalid", "message": "is bad"}]}
    world.github.faults.add(path=DISPATCHES, status=status, body=body, times=None)
    result = world.run(world.by_token(wait=wait, on_unknown="resend"))
    expect.failure(
        result, "rejected", says=[str(status), "Validation Failed", "event_type invalid is bad"], world=world
    )
    assert len(world.posts) == 1
    assert result["error"]["status"] == status
    assert result["error"]["request_id"]
    assert world.clock.sleeps == []


ODD_ERRORS: dict[str, t.Any] = {
    "text": "a text", "list-of-texts": ["one", "two"], "null": None, "number": 5, "deep": [[["x"]]], "empty": [],
    "objects": [{"resource": "Event", "code": "custom", "field": None}], "huge": [{"message": "y" * 100_000}] * 50,
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_ERRORS)
def test_errors_of_any_shape_are_shown_or_left(world: World, name: str) -> None:
    body = {"message": "Invalid request.\n\nFor 'properties/x', nil is not a string.", "errors": ODD_ERRORS[name]}
    world.github.faults.add(path=DISPATCHES, status=422, body=body)
    result = world.run(world.by_token())
    expect.failure(result, "rejected", says=["nil is not a string"], world=world)
