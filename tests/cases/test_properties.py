# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold whatever happens: an event is accepted at most once, and ``changed`` never denies one that was."""

from __future__ import annotations

import typing as t

from cases.support import expect
from cases.support.world import World, as_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DISPATCHES, MINT, INSTALLATION = r"/dispatches$", r"/access_tokens$", r"/installation$"
RUNS, RUN, JOBS = r"/actions/runs$", r"/actions/runs/\d+$", r"/jobs$"

KINDS: dict[str, dict[str, t.Any]] = {
    "reset": {"reset": True},
    "hang": {"hang": True},
    "cut": {"truncate": True},
    "500": {"status": 500},
    "502": {"status": 502, "headers": {"content-type": "text/html"}, "body": "<html>no</html>"},
    "503": {"status": 503, "headers": {"retry-after": "2"}},
    "504": {"status": 504, "body": "x"},
    "401": {"status": 401, "body": {"message": "Bad credentials"}},
    "403": {"status": 403, "body": {"message": "Resource not accessible by integration"}},
    "404": {"status": 404, "body": {"message": "Not Found"}},
    "409": {"status": 409},
    "422": {"status": 422, "body": {"message": "Invalid request."}},
    "429": {"status": 429},
    "secondary": {"status": 403, "headers": {"retry-after": "3"}, "body": {"message": "secondary rate limit"}},
    "301": {"status": 301, "headers": {"location": "/elsewhere"}},
    "307": {"status": 307, "headers": {"location": "dispatches"}},
    "200-page": {"status": 200, "body": "<html>Sign in</html>"},
    "200-list": {"status": 200, "body": [1]},
    "204": {"status": 204},
}
# After GitHub took the event it answers 204, or its answer is lost in one of these ways; it never then says 4xx.
LOST = ("reset", "hang", "cut", "500", "502", "503", "504", "200-page")

_before = st.tuples(st.sampled_from([DISPATCHES, MINT, INSTALLATION, RUNS, RUN, JOBS]), st.sampled_from(sorted(KINDS)))
_after = st.tuples(st.just(DISPATCHES), st.sampled_from(LOST))
_plan = st.lists(
    st.one_of(
        st.tuples(st.just(False), _before, st.integers(1, 4), st.integers(0, 1)),
        st.tuples(st.just(True), _after, st.integers(1, 4), st.integers(0, 1)),
    ),
    max_size=5,
)
_switches = st.fixed_dictionaries(
    {
        "wait": st.booleans(),
        "on_unknown": st.sampled_from(["fail", "resend"]),
        "deadline": st.sampled_from([2, 30, 600]),
        "find_timeout": st.sampled_from([3, 40]),
    }
)
_quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def lay_out(world: World, plan: list[t.Any], listening: bool) -> World:
    """A new world in which these things go wrong."""
    fresh = World.build(world.github)
    fresh.github.repository("acme/site").drops_events = not listening
    for after, (path, kind), times, skip in plan:
        fresh.github.faults.add(path=path, times=times, skip=skip, after_commit=after, **KINDS[kind])
    return fresh


@_quiet
@given(plan=_plan, switches=_switches, by_app=st.booleans(), listening=st.booleans())
def test_an_event_is_accepted_at_most_once(
    world: World, plan: list[t.Any], switches: dict[str, t.Any], by_app: bool, listening: bool
) -> None:
    """Twice only with resend, and then under the same id and to the byte the same."""
    fresh = lay_out(world, plan, listening)
    options = (fresh.by_app if by_app else fresh.by_token)(timeout=0.05, wait_timeout=60, **switches)
    result = fresh.run(options)
    assert fresh.accepted <= (2 if switches["on_unknown"] == "resend" else 1)
    assert len({expect.run_id(event) for _where, event in fresh.github.world.events}) <= 1
    assert len({str(post.body) for post in fresh.posts}) <= 1
    if fresh.accepted:
        assert result["changed"] is True
    if not result["changed"]:
        assert result["failed"]
    if result["outcome"] in ("accepted", "started", "succeeded"):
        assert not result["failed"]
        assert fresh.accepted >= 1 or result["outcome"] == "accepted"
    else:
        assert result["failed"]
        expect.failure(result, result["error"]["code"], changed=result["changed"])
    expect.nothing_secret(fresh, as_text(result) + "\n".join(fresh.told))


@_quiet
@given(plan=_plan, by_app=st.booleans())
def test_check_mode_never_sends(world: World, plan: list[t.Any], by_app: bool) -> None:
    """Whatever goes wrong on the way to the credential."""
    fresh = lay_out(world, plan, True)
    result = fresh.run((fresh.by_app if by_app else fresh.by_token)(timeout=0.05), check_mode=True)
    assert fresh.posts == []
    assert fresh.accepted == 0
    assert result["failed"] or result["outcome"] == "planned"
    expect.nothing_secret(fresh, as_text(result))


@settings(_quiet, max_examples=60)
@given(plan=_plan, switches=_switches, parallel=st.integers(1, 4))
def test_several_repositories_each_keep_the_promise(
    world: World, plan: list[t.Any], switches: dict[str, t.Any], parallel: int
) -> None:
    fresh = lay_out(world, plan, True)
    names = ["acme/site", "acme/audit", "umbrella/site"]
    for name in names[1:]:
        fresh.github.add_repository(name, files={".github/workflows/v.yml": b""})
    fresh.app.install("umbrella")
    options = fresh.by_app(repository=None, repositories=names, timeout=0.05, wait_timeout=20, **switches)
    options["max_parallel"] = parallel
    result = fresh.run(options)
    most = 2 if switches["on_unknown"] == "resend" else 1
    for entry in result["dispatches"]:
        arrived = fresh.github.events(entry["repository"])
        assert len(arrived) <= most
        assert {expect.run_id(event) for event in arrived} <= {entry["dispatch_id"]}
        if arrived:
            assert entry["changed"] is True
    assert result["changed"] is any(entry["changed"] for entry in result["dispatches"])
    expect.nothing_secret(fresh, as_text(result))
