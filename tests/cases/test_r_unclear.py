# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class R, sending: an answer that is none never ends in a second event (P17, P18)."""

from __future__ import annotations

import socket
import typing as t

import pytest
from cases.conftest import HOST
from cases.support import expect
from cases.support.world import World, run_id_of

DISPATCHES = r"/dispatches$"

# -- P17: answers without use, at the event itself


def test_an_empty_204_with_and_without_a_length(world: World) -> None:
    """P17 c, d."""
    expect.success(world.run(world.by_token()), "accepted", world=world)
    world.github.faults.add(path=DISPATCHES, headers={"content-length": "0"})
    expect.success(world.run(world.by_token()), "accepted", world=world, accepted=2)


@pytest.mark.parametrize("body", ["", "{}", '{"ok": true}', "null"])
def test_a_200_in_json_is_a_yes(world: World, body: str) -> None:
    world.github.faults.add(path=DISPATCHES, status=200, body=body, after_commit=True)
    result = world.run(world.by_token(find_timeout=3))
    assert world.accepted == 1
    assert result["changed"] is True


def test_a_page_in_place_of_an_answer_is_no_yes(world: World) -> None:
    """A captive portal answers 200 to everything."""
    world.github.faults.add(path=DISPATCHES, status=200, body="<html><title>Sign in</title></html>", times=None)
    result = world.run(world.by_token(find_timeout=3))
    expect.failure(result, "outcome_unknown", says=["may have been accepted"], changed=True, world=world, accepted=0)


UNCLEAR: dict[str, dict[str, t.Any]] = {
    "P17a-502-html": {"status": 502, "headers": {"content-type": "text/html"}, "body": "<html>" + "x" * 8192},
    "P17b-500-empty": {"status": 500},
    "500-json": {"status": 500, "body": {"message": "Server Error"}},
    "504-text": {"status": 504, "headers": {"content-type": "text/plain"}, "body": "upstream timed out"},
    "P17f-closed": {"reset": True},
    "P17g-503-retry-after": {"status": 503, "headers": {"retry-after": "1"}, "body": {"message": "busy"}},
    "P17h-list": {"status": 500, "body": [1, 2]},
    "P17h-null": {"status": 500, "body": "null"},
    "P17i-not-utf8": {"status": 500, "body": b'{"message": "\xff\xfe"}'},
    "P17j-message-null": {"status": 500, "body": {"message": None}},
    "message-is-a-number": {"status": 502, "body": {"message": 5, "errors": {"a": 1}}},
    "599": {"status": 599},
    "cut-off": {"status": 500, "body": {"message": "x" * 500}, "truncate": True},
    "P18a-never-answers": {"hang": True},
    "cut-off-204": {"status": 200, "body": {"a": "b" * 300}, "truncate": True},
}


@pytest.mark.parametrize("accepted", [0, 1], ids=["before", "after"])
@pytest.mark.parametrize("name", UNCLEAR)
def test_an_unclear_answer_never_sends_twice(world: World, name: str, accepted: int) -> None:
    """P18 a-c, P17 a, b, f-j: one request; the id to look for; an honest "may have been accepted"."""
    world.github.repository("acme/site").drops_events = True
    world.github.faults.add(path=DISPATCHES, times=None, after_commit=bool(accepted), **UNCLEAR[name])
    result = world.run(world.by_token(timeout=0.2, find_timeout=5))
    expect.failure(
        result, "outcome_unknown", says=["unknown", "may have been accepted", run_id_of(result), "on_unknown"],
        changed=True, world=world, accepted=accepted,
    )  # fmt: skip
    assert len(world.posts) == 1
    assert result["attempts"] == 1


@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize("name", UNCLEAR)
def test_an_unclear_answer_is_made_up_for_by_the_run(world: World, name: str, wait: bool) -> None:
    """P18: the run that carries the id proves that the event was accepted."""
    world.github.faults.add(path=DISPATCHES, after_commit=True, **UNCLEAR[name])
    result = world.run(world.by_token(timeout=0.2, wait=wait))
    expect.success(result, "succeeded" if wait else "started", world=world)
    assert len(world.posts) == 1
    assert result["dispatch_id"] in result["runs"][0]["display_title"]


@pytest.mark.parametrize("accepted", [0, 1], ids=["before", "after"])
@pytest.mark.parametrize("name", UNCLEAR)
def test_sending_again_is_for_those_who_ask_for_it(world: World, name: str, accepted: int) -> None:
    """P18: once more, and the same event to the byte."""
    world.github.repository("acme/site").drops_events = True
    world.github.faults.add(path=DISPATCHES, after_commit=bool(accepted), **UNCLEAR[name])
    result = world.run(world.by_token(timeout=0.2, find_timeout=5, on_unknown="resend"))
    expect.success(result, "accepted", world=world, accepted=1 + accepted)
    assert len(world.posts) == 2
    assert world.posts[0].body == world.posts[1].body
    assert result["attempts"] == 2


def test_sending_again_ends_after_once(world: World) -> None:
    world.github.faults.server_error(502, times=None)
    result = world.run(world.by_token(find_timeout=5, on_unknown="resend"))
    expect.failure(result, "outcome_unknown", changed=True, world=world, accepted=0)
    assert len(world.posts) == 2


def test_sending_again_that_is_refused_leaves_the_first_unknown(world: World) -> None:
    """The second answer says nothing about the first event."""
    world.github.faults.server_error(502, after_commit=True)
    world.github.faults.not_accessible()
    world.github.repository("acme/site").drops_events = True
    result = world.run(world.by_token(find_timeout=5, on_unknown="resend"))
    expect.failure(result, "outcome_unknown", says=["Sending it again failed"], changed=True, world=world, accepted=1)


# -- never sent


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("by", ["app", "token"])
@pytest.mark.parametrize("where", ["refused", "unknown-name"])
def test_what_was_never_sent_is_tried_again_and_changes_nothing(world: World, where: str, by: str) -> None:
    """P18 d, e."""
    url = f"http://127.0.0.1:{closed_port()}" if where == "refused" else f"https://{HOST}"
    options = world.by_app(api_url=url) if by == "app" else world.by_token(api_url=url)
    result = world.run(options)
    host = "127.0.0.1" if where == "refused" else HOST
    expect.failure(result, "unreachable", says=[host, "api_url"], world=world)
    assert len(world.clock.sleeps) >= 2
    assert world.clock.slept < 30


def test_a_server_that_comes_back_in_time_gets_the_event_once(world: World) -> None:
    """A refused connection is waited out."""
    port = world.github.port
    options = world.by_token(api_url=f"http://127.0.0.1:{closed_port()}")
    base: list[t.Any] = []
    world.on_open = base.append
    real = world.clock.sleep

    def sleep(seconds: float) -> None:
        real(seconds)
        base[0].api.connection.api_url = f"http://127.0.0.1:{port}/api/v3"

    world.clock.sleep = sleep  # type: ignore[method-assign]
    result = world.run(options)
    expect.success(result, "accepted", world=world)
    assert result["attempts"] == 2
