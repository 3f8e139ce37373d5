# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class C: the verdict of every status, conclusion and time-out by the documented table, and what holds a run.

The numbers R… are those of defects that other senders have.
"""

from __future__ import annotations

import typing as t

import pytest
from cases.support import expect
from cases.support.world import EVENT_TYPE, REPOSITORY, WORKFLOW, World
from cases.test_c_interleavings import LISTENER, SHOWS

from emulator.scripts import ScriptedRun, job_from

# The table of docs/delivery.md, written out by hand; every other word is bad.
TABLE: dict[str | None, str] = {
    "success": "good",
    "skipped": "good",
    "neutral": "good",
    "failure": "bad",
    "cancelled": "bad",
    "timed_out": "bad",
    "action_required": "bad",
    "stale": "bad",
    "startup_failure": "bad",
    "exploded": "bad",
    "SUCCESS": "bad",
    "success ": "bad",
    "": "none yet",
    None: "none yet",
}
STATUSES = ("queued", "in_progress", "waiting", "pending", "requested", "resting", "Completed", "", "completed")
LIMIT = 12.0


def states(world: World, *stages: dict[str, t.Any], **more: t.Any) -> None:
    """Script one run by its states."""
    world.github.script_runs(REPOSITORY, ScriptedRun(statuses=stages, **more))


@pytest.mark.parametrize("late", [False, True], ids=["in-time", "late"])
@pytest.mark.parametrize("conclusion", TABLE)
@pytest.mark.parametrize("status", STATUSES)
def test_the_verdict_of_every_state(world: World, status: str, conclusion: str | None, late: bool) -> None:
    """P28 to P30, R2 to R5: only what is completed, good and in time is good."""
    end = {"status": status, "conclusion": conclusion, "at": LIMIT + 5 if late else 2.0}
    states(world, {"status": "queued", "at": 0.0}, end)
    result = world.run(world.by_token(wait=True, wait_timeout=LIMIT))
    word = TABLE[conclusion]
    if status != "completed" or late or word == "none yet":
        expect.failure(result, "wait_timeout", changed=True, world=world)
        assert result["error"]["timed_out"] is True
    elif word == "good":
        expect.success(result, "succeeded", world=world)
    else:
        expect.failure(result, "run_unsuccessful", says=[str(conclusion)], changed=True, world=world)
    assert (result["outcome"] == "succeeded") is (not result["failed"])


@pytest.mark.parametrize("good", [["failure"], ["success"], ["cancelled", "exploded"]])
@pytest.mark.parametrize("conclusion", [word for word in TABLE if word])
def test_one_list_of_good_ones_replaces_the_table(world: World, conclusion: str, good: list[str]) -> None:
    states(world, {"status": "completed", "conclusion": conclusion})
    result = world.run(world.by_token(wait=True, acceptable_conclusions=good))
    assert result["failed"] is (conclusion not in good)
    assert result["conclusion"] == conclusion


@pytest.mark.parametrize("second", [word for word in TABLE if word])
@pytest.mark.parametrize("first", ["success", "skipped"])
def test_the_worst_of_two_runs_decides(world: World, first: str, second: str) -> None:
    done = {"statuses": ["completed"]}
    world.github.script_runs(REPOSITORY, {**done, "conclusion": first}, {**done, "conclusion": second})
    result = world.run(world.by_token(wait=True))
    assert len(result["runs"]) == 2
    assert result["failed"] is (TABLE[second] == "bad")
    if result["failed"]:
        assert result["conclusion"] == second


@pytest.mark.parametrize("second", ["queued", "waiting", "in_progress"])
def test_one_run_that_never_ends_is_a_time_out_however_good_the_others_are(world: World, second: str) -> None:
    """And the runs that are over stay in the result."""
    world.github.script_runs(REPOSITORY, {"statuses": ["completed"]}, {"statuses": [[second, 0]]})
    result = world.run(world.by_token(wait=True, wait_timeout=60))
    expect.failure(result, "wait_timeout", says=["still"], changed=True, world=world)
    assert sorted(str(run["conclusion"]) for run in result["runs"]) == ["None", "success"]


@pytest.mark.parametrize("late", [1, 15, 40, 150])
@pytest.mark.parametrize("shown", ["run-name", "step"])
def test_a_receiver_that_starts_late_is_part_of_the_verdict(world: World, shown: str, late: int) -> None:
    """Long after the run of the other one was over and good; found by its title or by its steps."""
    ways = {"good": SHOWS["run-name"], "bad": SHOWS[shown]}
    texts = {f".github/workflows/{name}.yml": LISTENER.format(types=EVENT_TYPE, **way) for name, way in ways.items()}
    world.github.repository(REPOSITORY).files = {path: text.encode() for path, text in texts.items()}
    good, bad = texts
    world.github.script_runs(
        REPOSITORY,
        {"statuses": ["completed"], "workflow": good},
        {"statuses": ["queued", "completed"], "workflow": bad, "conclusion": "failure", "visible_after": late},
    )

    def show(text: str) -> None:
        if "looking for" in text and shown == "step":
            steps = [f"for {world.posts[-1].body['client_payload']['dispatch']['id']}"]
            job = {"name": "Work", "steps": steps}
            world.github.runs(REPOSITORY)[-1].jobs = [job_from(world.github.world, job)]

    world.on_progress = show
    result = world.run(world.by_token(wait=True))
    expect.failure(result, "run_unsuccessful", changed=True, world=world)
    assert len(result["runs"]) == 2


def test_a_receiver_that_shows_nothing_is_not_searched_for_minutes(world: World) -> None:
    """Nobody could tell its run; the line for a person says so."""
    texts = [LISTENER.format(types=EVENT_TYPE, **SHOWS[way]).encode() for way in ("run-name", "nowhere")]
    world.github.repository(REPOSITORY).files = {f".github/workflows/{n}.yml": text for n, text in enumerate(texts)}
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)
    assert world.clock.slept <= 25
    assert "2 workflows listen to infra-changed, 1 of their runs carry the id" in "\n".join(world.told)


# -- approvals


def protect(world: World) -> None:
    """Let the only job need an approval."""
    old = world.github.repository(REPOSITORY)
    text = WORKFLOW.replace("    runs-on:", "    environment: production\n    runs-on:")
    with world.github.world.lock:
        del world.github.world.repositories[old.id]
    world.github.add_repository(
        REPOSITORY, files={".github/workflows/validate.yml": text}, environments={"production": ["octocat", "hubot"]}
    )


def later(world: World, seconds: float, deed: t.Callable[[], None]) -> None:
    """Do something when so much time has passed."""
    real, due = world.clock.sleep, world.clock.monotonic() + seconds
    done: list[bool] = []

    def sleep(pause: float) -> None:
        real(pause)
        if not done and world.clock.monotonic() >= due:
            done.append(True)
            deed()

    world.clock.sleep = sleep  # type: ignore[method-assign]


def run_of(world: World) -> t.Any:
    return world.github.runs(REPOSITORY)[-1]


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_an_approval_is_named_once_and_waited_for(world: World, decision: str) -> None:
    """P30: environment, reviewers and the link, in one line; then the verdict of the run."""
    protect(world)
    later(world, 300, lambda: run_of(world).approve() if decision == "approve" else run_of(world).reject())
    result = world.run(world.by_token(wait=True))
    if decision == "approve":
        expect.success(result, "succeeded", world=world)
    else:
        expect.failure(result, "run_unsuccessful", changed=True, world=world)
    lines = [line for line in world.told if "production" in line]
    assert len(lines) == 1
    assert "octocat or hubot" in lines[0]
    assert run_of(world).repository.full_name in lines[0]
    assert f"/actions/runs/{run_of(world).id}" in lines[0]
    assert len(world.requests("GET", "/pending_deployments$")) == 1
    assert world.clock.slept >= 300


def test_nobody_approves(world: World) -> None:
    """The message says for whom it waits."""
    protect(world)
    result = world.run(world.by_token(wait=True, wait_timeout=600))
    expect.failure(
        result, "wait_timeout", says=["waiting for an approval", "production by octocat or hubot"],
        changed=True, world=world,
    )  # fmt: skip


def test_an_approval_that_may_not_be_read_is_waited_for_all_the_same(world: World) -> None:
    protect(world)
    world.github.faults.add(path="/pending_deployments$", times=None, status=403, body={"message": "no"})
    later(world, 60, lambda: run_of(world).approve())
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)


# -- concurrency, cancelling, starting again


def test_a_run_held_by_its_concurrency_group_is_waited_for(world: World) -> None:
    """R2: "pending" is not the end."""
    states(world, {"status": "pending", "at": 0.0}, {"status": "completed", "conclusion": "success", "at": 400.0})
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)
    assert len([line for line in world.told if "concurrency group" in line]) == 1


def test_a_run_that_stays_in_its_concurrency_group_is_named(world: World) -> None:
    states(world, {"status": "pending", "at": 0.0})
    result = world.run(world.by_token(wait=True, wait_timeout=60))
    expect.failure(result, "wait_timeout", says=["pending", "concurrency group"], changed=True, world=world)


def test_a_run_that_a_newer_one_supersedes(world: World) -> None:
    states(world, {"status": "pending", "at": 0.0}, {"status": "completed", "conclusion": "cancelled", "at": 30.0})
    result = world.run(world.by_token(wait=True))
    expect.failure(
        result, "run_unsuccessful", says=["cancelled", "newer run of its concurrency group"], changed=True, world=world
    )


def test_a_time_out_asks_to_cancel_what_is_just_over(world: World) -> None:
    """GitHub answers 409; the result is a time-out that cancelled nothing."""
    states(world, {"status": "in_progress", "at": 0.0})
    world.github.faults.add(method="POST", path="/cancel$", status=409, body={"message": "Cannot cancel"})
    result = world.run(world.by_token(wait=True, wait_timeout=20, cancel_on_timeout=True))
    expect.failure(result, "wait_timeout", changed=True, world=world)
    assert result["error"]["cancelled"] == []
    assert len(world.requests("POST", "/cancel$")) == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}, {"status": 403, "body": {"message": "no"}}])
def test_cancelling_that_fails_stays_a_time_out(world: World, fault: dict[str, t.Any]) -> None:
    states(world, {"status": "in_progress", "at": 0.0})
    world.github.faults.add(method="POST", path="/cancel$", times=None, **fault)
    result = world.run(world.by_token(wait=True, wait_timeout=20, cancel_on_timeout=True))
    expect.failure(result, "wait_timeout", changed=True, world=world)


def test_every_run_that_is_not_over_is_cancelled(world: World) -> None:
    going = {"statuses": [["in_progress", 0]]}
    world.github.script_runs(REPOSITORY, {"statuses": ["completed"]}, going, going)
    result = world.run(world.by_token(wait=True, wait_timeout=40, cancel_on_timeout=True))
    expect.failure(result, "wait_timeout", changed=True, world=world)
    assert len(result["error"]["cancelled"]) == 2
    assert sorted(str(run.conclusion) for run in world.github.runs(REPOSITORY)) == ["cancelled", "cancelled", "success"]


def test_a_failed_run_that_somebody_starts_again_before_anybody_looked(world: World) -> None:
    """The verdict and the jobs are those of the new attempt."""
    states(world, {"status": "in_progress", "at": 0.0})

    def again() -> None:
        run = run_of(world)
        run.set("completed", "failure")
        stages = ScriptedRun(statuses=[["in_progress", 0], ["completed", 50]]).stages()
        run.rerun(stages, [])

    later(world, 100, again)
    result = world.run(world.by_token(wait=True))
    expect.success(result, "succeeded", world=world)
    assert result["runs"][0]["run_attempt"] == 2
    assert world.clock.slept >= 150
    assert world.requests("GET", "/attempts/2/jobs$")


# -- hours


def test_three_hours_take_several_tokens_and_few_requests_that_count(world: World) -> None:
    """A token lives an hour; nine of ten looks (those at jobs, too) are answered by a 304 that costs nothing."""
    hours = 3 * 3600.0
    states(world, {"status": "in_progress", "at": 3.0}, {"status": "completed", "conclusion": "success", "at": hours})
    result = world.run(world.by_app(wait=True, wait_timeout=4 * 3600))
    expect.success(result, "succeeded", world=world)
    assert world.clock.slept >= hours - 10
    assert 3 <= len(world.mints) <= 6
    looks = world.requests("GET", r"/actions/runs/\d+(/jobs)?$")
    free = [look for look in looks if look.status == 304]
    assert {look.status for look in looks} == {200, 304}
    assert len(free) >= 0.9 * len(looks)
    assert len(looks) <= 18 * hours / 60


def test_a_304_costs_nothing_of_the_rate_limit(world: World) -> None:
    """Half an hour of looking leaves the budget as it is, but for the few answers that are new."""
    states(world, {"status": "in_progress", "at": 3.0}, {"status": "completed", "conclusion": "success", "at": 1700.0})
    world.github.limits.limit = 40
    try:
        result = world.run(world.by_token(wait=True))
    finally:
        world.github.limits.limit = 5000
    expect.success(result, "succeeded", world=world)
    assert len(world.requests("GET", r"/actions/runs/\d+$")) > 100


# -- defects of others


def test_r6_the_newest_run_is_not_taken_for_ours(world: World) -> None:
    """R6: runs of the same workflow that are newer and older, and good; ours is bad."""
    for offset in (-20.0, 20.0):
        world.github.add_run(REPOSITORY, "repository_dispatch", statuses=["completed"], created_offset=offset)
    states(world, {"status": "completed", "conclusion": "failure"})
    result = world.run(world.by_token(wait=True))
    expect.failure(result, "run_unsuccessful", changed=True, world=world)
    assert len(result["runs"]) == 1


@pytest.mark.parametrize("path", ["/actions/runs$", r"/actions/runs/\d+$"])
@pytest.mark.parametrize("status", [500, 502])
def test_r9_no_wait_is_without_an_end(world: World, path: str, status: int) -> None:
    """R9: whatever is broken, the time that was given is all it takes."""
    states(world, {"status": "in_progress", "at": 0.0})
    world.github.faults.add(method="GET", path=path, status=status, times=None)
    result = world.run(world.by_token(wait=True, find_timeout=60, wait_timeout=300))
    expect.failure(result, "run_not_found" if path.endswith("runs$") else "wait_timeout", changed=True, world=world)
    assert world.clock.slept <= 301


def test_r11_a_run_is_found_behind_50_others_after_60_s(world: World) -> None:
    for _place in range(50):
        world.github.add_run(REPOSITORY, "repository_dispatch", statuses=["completed"], created_offset=30.0)
    world.github.script_runs(REPOSITORY, visible_after=60.0, index_lag=900.0)
    result = world.run(world.by_token(wait=True))
    expect.success(result, "succeeded", world=world)
    assert world.clock.slept >= 60


def test_r13_the_run_of_a_workflow_with_a_similar_name_is_not_taken(world: World) -> None:
    """R13: neither by its file nor by its title, not even with the start of the id."""

    def others(text: str) -> None:
        if "looking for" in text:
            ident = world.posts[-1].body["client_payload"]["dispatch"]["id"]
            title = f"{EVENT_TYPE} [{ident[:31]}]"
            world.github.add_run(
                REPOSITORY, "repository_dispatch", display_title=title, name="Validate 2", statuses=["completed"],
                conclusion="failure",
            )  # fmt: skip

    world.on_progress = others
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)


def test_r14_links_are_those_of_the_server(world: World) -> None:
    """R14: for runs and jobs, over or not."""
    states(world, {"status": "in_progress", "at": 0.0})
    going = world.run(world.by_token(wait=True, wait_timeout=5))
    states(world, {"status": "completed", "conclusion": "failure"})
    over = world.run(world.by_token(wait=True))
    links = [run["html_url"] for result in (going, over) for run in result["runs"]]
    links += [job["html_url"] for result in (going, over) for run in result["runs"] for job in run["jobs"]]
    assert len(links) >= 3
    assert all(link.startswith(world.github.base_url) for link in links)


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_r15_a_short_time_to_find_allows_several_looks(world: World, limit: int) -> None:
    """R15: one at once, and the last one at the very end."""
    world.github.script_runs(REPOSITORY, visible_after=limit - 0.1)
    expect.success(world.run(world.by_token(wait=True, find_timeout=limit)), "succeeded", world=world)
    assert len(world.requests("GET", "/actions/runs$")) >= 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("on_unknown", ["fail", "resend"])
def test_r17_accepted_and_then_500_is_one_run(world: World, status: int, on_unknown: str) -> None:
    """R17: the run is found before anybody thinks of sending again."""
    world.github.faults.add(path=r"/dispatches$", status=status, after_commit=True)
    result = world.run(world.by_token(wait=True, on_unknown=on_unknown))
    expect.success(result, "succeeded", world=world)
    assert len(world.posts) == len(world.github.runs(REPOSITORY)) == 1


def test_r34_any_yes_is_a_yes(world: World) -> None:
    """R34: 200, 201 and 202 in place of 204; and the run is found all the same."""
    for number, status in enumerate((200, 201, 202), start=1):
        world.github.faults.add(path=r"/dispatches$", status=status, body={}, after_commit=True)
        expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world, accepted=number)


def test_r35_equal_events_are_told_apart_by_the_names_of_steps(world: World) -> None:
    """R35: the same type, payload and second; the run of the other one is newer and bad."""
    world.github.repository(REPOSITORY).drops_events = True

    def both(text: str) -> None:
        if "looking for" in text:
            ours = world.posts[-1].body["client_payload"]["dispatch"]["id"]
            for ident, conclusion in ((ours, "success"), (ours[::-1], "failure")):
                job = {"name": "Validate", "steps": ["Set up job", f"Check {ident}"]}
                world.github.add_run(
                    REPOSITORY, "repository_dispatch", jobs=[job], statuses=["completed"], conclusion=conclusion
                )

    world.on_progress = both
    result = world.run(world.by_token(wait=True))
    expect.success(result, "succeeded", world=world)
    assert len(result["runs"]) == 1
