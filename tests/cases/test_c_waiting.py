# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Classes E and C: an event that starts nothing, runs of others, every conclusion, and time-outs (P26 to P30)."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest
from cases.support import expect
from cases.support.clock import SteppingClock
from cases.support.world import FILES, SILENT_WORKFLOW, WORKFLOW, World, run_id_of

TITLE = "${{ github.event.action }} [${{ github.event.client_payload.dispatch.id }}]"


# -- P26: accepted, and nothing runs


def nobody(world: World, how: str) -> None:
    """GitHub answers 204 all the same."""
    repository = world.github.repository("acme/site")
    path = next(iter(FILES))
    if how == "typo-in-types":
        repository.files[path] = WORKFLOW.replace("dispatch:", "dispatch:\n    types: [infra-chnaged]", 1).encode()
    elif how == "no-workflow":
        repository.files.clear()
    elif how == "disabled-workflow":
        repository.workflow_states[path] = "disabled_manually"
    elif how == "actions-off":
        repository.actions_enabled = False
    elif how == "events-dropped":
        repository.drops_events = True
    elif how == "no-id-in-the-name":
        repository.files[path] = SILENT_WORKFLOW.encode()
    else:
        world.github.script_runs("acme/site", visible_after=None)


NOBODY = (
    "typo-in-types", "no-workflow", "disabled-workflow", "actions-off", "events-dropped", "no-id-in-the-name",
    "never-visible",
)  # fmt: skip


@pytest.mark.parametrize("how", NOBODY)
def test_accepted_is_not_started(world: World, how: str) -> None:
    """P26 without wait: nobody looked, and nothing is claimed."""
    nobody(world, how)
    result = world.run(world.by_token())
    expect.success(result, "accepted", world=world)
    assert result["runs"] == []
    assert "started" not in str(result)


@pytest.mark.parametrize("how", NOBODY)
def test_waiting_for_nobody_ends_early_with_the_causes(world: World, how: str) -> None:
    """P26 with wait: after find_timeout, long before wait_timeout; sooner when the files leave no doubt."""
    nobody(world, how)
    result = world.run(world.by_token(wait=True, find_timeout=3, wait_timeout=1800))
    if how in ("typo-in-types", "no-workflow", "disabled-workflow"):
        says = ["accepted the event", "default branch", "listens to infra-changed", "enable"]
        expect.failure(result, "no_receiver", says=says, changed=True, world=world)
    else:
        says = ["accepted the event", run_id_of(result), "default branch", "types", "enabled", "if:", "run-name"]
        expect.failure(result, "run_not_found", says=says, changed=True, world=world)
    assert world.clock.slept < 10
    assert result["runs"] == []


def test_the_time_to_find_is_never_longer_than_the_time_to_wait(world: World) -> None:
    nobody(world, "never-visible")
    result = world.run(world.by_token(wait=True, find_timeout=500, wait_timeout=20))
    expect.failure(result, "run_not_found", changed=True, world=world)
    assert world.clock.slept <= 21


@pytest.mark.parametrize("delay", [0, 1, 30, 120])
def test_a_run_that_appears_late_is_found(world: World, delay: float) -> None:
    world.github.script_runs("acme/site", visible_after=delay)
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)


def test_lists_that_are_filtered_lag_and_are_not_asked(world: World) -> None:
    world.github.script_runs("acme/site", index_lag=100_000)
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)


# -- P27: several at once


def sent_id(world: World) -> str:
    """The id of the event that was just sent."""
    return str(world.posts[-1].body["client_payload"]["dispatch"]["id"])


def test_two_senders_at_once_never_take_each_others_run(world: World) -> None:
    """P27: runs appear in reverse order with equal times; one fails."""
    world.github.script_runs("acme/site", conclusion="failure", visible_after=9.0, statuses=[["completed", 20]])
    world.github.script_runs("acme/site", conclusion="success", visible_after=1.0, statuses=[["completed", 30]])
    results: dict[int, dict[str, t.Any]] = {}

    def send(number: int) -> None:
        results[number] = world.run(world.by_token(wait=True, client_payload={"sender": number}))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    for thread in threads:
        thread.join(30)
    assert world.accepted == 2
    true = {run.id: run for run in world.github.runs("acme/site")}
    for number, result in results.items():
        assert [run["id"] for run in result["runs"]] != []
        for run in result["runs"]:
            payload = true[run["id"]].event.client_payload or {}
            assert payload["sender"] == number
            assert payload["dispatch"]["id"] == result["dispatch_id"]
            assert result["failed"] is (true[run["id"]].conclusion == "failure")
    assert {result["conclusion"] for result in results.values()} == {"success", "failure"}


@pytest.mark.parametrize("ahead", [-90, 90, 3600])
def test_the_local_clock_plays_no_part(world: World, ahead: float) -> None:
    world.clock.ahead = ahead
    world.github.add_run("acme/site", event="repository_dispatch", display_title="somebody else's")
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)


@pytest.mark.parametrize("title", ["infra-changed", "infra-changed [{other}]", "", "{half}", "x" * 400])
@pytest.mark.parametrize("event", ["repository_dispatch", "push", "workflow_dispatch"])
def test_the_run_of_another_event_is_never_taken(world: World, title: str, event: str) -> None:
    """P27: older, newer, still running; without ours there is no answer but "cannot tell"."""
    repository = world.github.repository("acme/site")
    repository.drops_events = True

    def others_start(text: str) -> None:
        if "looking for" in text:
            ours = sent_id(world)
            shown = title.format(other=ours[::-1], half=ours[:16])
            world.github.add_run("acme/site", event=event, display_title=shown, statuses=["completed"])

    world.on_progress = others_start
    result = world.run(world.by_token(wait=True, find_timeout=20))
    expect.failure(result, "run_not_found", says=["nobody can tell which run is yours"], changed=True, world=world)
    assert result["runs"] == []


def test_an_older_run_in_progress_is_left_alone(world: World) -> None:
    world.github.add_run("acme/site", event="repository_dispatch", statuses=[["in_progress", 0]], created_offset=-30)
    result = world.run(world.by_token(wait=True))
    expect.success(result, "succeeded", world=world)
    assert len(result["runs"]) == 1


@pytest.mark.parametrize("where", ["job", "step"])
def test_the_id_in_the_name_of_a_job_or_step_will_do(world: World, where: str) -> None:
    """For receivers that can't have a run-name."""
    statuses = ["queued", "in_progress", "in_progress", "in_progress", "completed"]

    def named(text: str) -> None:
        if "looking for" in text:
            ours = sent_id(world)
            job: dict[str, t.Any] = (
                {"name": f"for {ours}"} if where == "job" else {"name": "j", "steps": [f"id {ours}"]}
            )
            world.github.add_run("acme/site", event="repository_dispatch", statuses=statuses, jobs=[job])

    world.github.repository("acme/site").drops_events = True
    world.on_progress = named
    result = world.run(world.by_token(wait=True))
    expect.success(result, "succeeded", world=world)


def test_all_runs_that_one_event_starts_are_waited_for(world: World) -> None:
    """One verdict: the one that is not good."""
    slow = {"statuses": [["queued", 0], ["in_progress", 10], ["completed", 300]], "conclusion": "failure"}
    quick = {"statuses": [["completed", 1]], "conclusion": "success"}
    world.github.script_runs("acme/site", quick, slow, {**quick, "visible_after": 2.0})
    result = world.run(world.by_token(wait=True))
    expect.failure(result, "run_unsuccessful", says=["failure"], changed=True, world=world)
    assert sorted(run["conclusion"] for run in result["runs"]) == ["failure", "success", "success"]
    assert result["conclusion"] == "failure"


# -- P28: conclusions

GOOD = ("success", "skipped", "neutral")
BAD = (
    "failure",
    "cancelled",
    "timed_out",
    "action_required",
    "startup_failure",
    "stale",
    "exploded",
    "Success",
    "SUCCESS ",
)


def completed(world: World, conclusion: str | None) -> None:
    world.github.script_runs("acme/site", statuses=["queued", "in_progress", "completed"], conclusion=conclusion)


@pytest.mark.parametrize("conclusion", GOOD)
def test_conclusions_that_are_good(world: World, conclusion: str) -> None:
    completed(world, conclusion)
    result = world.run(world.by_token(wait=True))
    expect.success(result, "succeeded", world=world)
    assert result["conclusion"] == conclusion
    assert result["runs"][0]["html_url"].startswith("http")


@pytest.mark.parametrize("conclusion", BAD)
def test_conclusions_that_are_not(world: World, conclusion: str) -> None:
    """P28: known or not, with the word as it came and the link."""
    completed(world, conclusion)
    result = world.run(world.by_token(wait=True))
    expect.failure(result, "run_unsuccessful", says=[conclusion, "/actions/runs/"], changed=True, world=world)
    assert result["conclusion"] == result["error"]["conclusion"] == conclusion
    assert result["runs"][0]["conclusion"] == conclusion
    if conclusion == "startup_failure":
        assert result["runs"][0]["jobs"] == []


@pytest.mark.parametrize("conclusion", [*GOOD, *BAD])
def test_what_is_good_can_be_said(world: World, conclusion: str) -> None:
    completed(world, conclusion)
    result = world.run(world.by_token(wait=True, acceptable_conclusions=["cancelled", "exploded"]))
    if conclusion in ("cancelled", "exploded"):
        expect.success(result, "succeeded", world=world)
    else:
        expect.failure(result, "run_unsuccessful", says=[conclusion], changed=True, world=world)


@pytest.mark.parametrize("value", [[], "success", ["success", ""], [None], [5], {"success": True}])
def test_what_is_no_list_of_conclusions_is_refused(world: World, value: t.Any) -> None:
    result = world.run(world.by_token(wait=True, acceptable_conclusions=value))
    expect.failure(result, "invalid_input", says=["acceptable_conclusions"], world=world)


def test_completed_without_a_conclusion_is_not_the_end(world: World) -> None:
    """P28: it is set a moment later."""
    stages = [
        "in_progress",
        {"status": "completed"},
        {"status": "completed"},
        {"status": "completed", "conclusion": "failure"},
    ]
    world.github.script_runs("acme/site", statuses=stages)
    expect.failure(world.run(world.by_token(wait=True)), "run_unsuccessful", changed=True, world=world)


def test_a_failure_names_job_and_step(world: World) -> None:
    steps = [{"name": "Prepare", "conclusion": "success"}, {"name": "Deploy", "conclusion": "failure"}]
    jobs = [{"name": "build", "conclusion": "success"}, {"name": "roll out", "conclusion": "failure", "steps": steps}]
    world.github.script_runs("acme/site", statuses=["completed"], conclusion="failure", jobs=jobs)
    result = world.run(world.by_token(wait=True))
    expect.failure(result, "run_unsuccessful", says=["job 'roll out' at step 'Deploy'"], changed=True, world=world)


# -- P29: time-outs


def endless(world: World, **run: t.Any) -> None:
    world.github.script_runs("acme/site", statuses=[["in_progress", 0]], **run)


@pytest.mark.parametrize("limit", [1, 3, 17, 1800, 7200])
def test_a_time_out_comes_on_time_and_says_so(world: World, limit: int) -> None:
    """P29: failed, timed out, changed, with the run; the run goes on."""
    endless(world)
    result = world.run(world.by_token(wait=True, wait_timeout=limit))
    expect.failure(
        result, "wait_timeout", says=["still in_progress", "goes on", "wait_timeout", "/actions/runs/"],
        changed=True, world=world,
    )  # fmt: skip
    assert limit - 1 <= world.clock.slept <= limit + 1
    assert result["error"]["timed_out"] is True
    assert result["error"]["run_id"] == result["runs"][0]["id"]
    assert world.requests("POST", "/cancel$") == []
    last = world.requests("GET", r"/runs/\d+$")[-1]
    assert last.at - world.requests("POST", "/dispatches$")[0].at >= limit - 1


def test_a_run_that_ends_in_the_last_moment_counts(world: World) -> None:
    """The last look is at the deadline itself."""
    world.github.script_runs("acme/site", statuses=[["in_progress", 0], ["completed", 29.9]])
    expect.success(world.run(world.by_token(wait=True, wait_timeout=30)), "succeeded", world=world)


def test_the_run_is_cancelled_for_those_who_ask_for_it(world: World) -> None:
    endless(world)
    result = world.run(world.by_token(wait=True, wait_timeout=10, cancel_on_timeout=True))
    expect.failure(result, "wait_timeout", changed=True, world=world)
    assert result["error"]["cancelled"] == [result["runs"][0]["id"]]
    assert world.github.runs("acme/site")[0].conclusion == "cancelled"


@pytest.mark.parametrize("name", ["wait_timeout", "find_timeout", "deadline", "max_parallel", "timeout"])
@pytest.mark.parametrize("value", [0, -1, "0", "abc", True, float("nan"), float("inf"), 10**12, [], "5 s"])
def test_a_number_of_seconds_that_is_none_is_refused(world: World, name: str, value: t.Any) -> None:
    """P29: zero and negative ones too, before anything is sent."""
    result = world.run(world.by_token(wait=True, **{name: value}))
    expect.failure(result, "invalid_input", says=[name], world=world)
    assert world.requests() == []


@pytest.mark.parametrize("value", [5, "5", 5.0, "5.5"])
def test_seconds_may_be_text(world: World, value: t.Any) -> None:
    endless(world)
    expect.failure(world.run(world.by_token(wait=True, wait_timeout=value)), "wait_timeout", changed=True, world=world)
    assert 4 <= world.clock.slept <= 6.5


def test_a_poll_that_hangs_does_not_outlast_the_deadline(world: World) -> None:
    """P29, by the real clock: a request may take what is left, at least a second."""
    endless(world)
    world.github.clock.thaw()
    world.clock = t.cast(SteppingClock, RealClock())
    world.github.faults.add(method="GET", path=r"/actions/runs/\d+$", times=None, hang=True)
    start = time.monotonic()
    result = world.run(world.by_token(wait=True, wait_timeout=3, timeout=60))
    expect.failure(result, "wait_timeout", changed=True)
    assert time.monotonic() - start < 5.5


class RealClock(SteppingClock):
    """Time as it is."""

    def __init__(self) -> None:
        self.sleeps = []

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


def test_a_wall_clock_that_is_set_back_does_not_matter(world: World) -> None:
    """P29."""
    endless(world)

    def set_back(text: str) -> None:
        world.clock.ahead = -3600.0

    world.on_progress = set_back
    result = world.run(world.by_token(wait=True, wait_timeout=60))
    expect.failure(result, "wait_timeout", changed=True, world=world)
    assert 59 <= world.clock.slept <= 61


# -- P30: states


def test_every_state_before_the_end_means_to_go_on(world: World) -> None:
    """P30: and a word that nobody knows too; an approval is named once."""
    states = [
        "requested",
        "waiting",
        "waiting",
        "waiting",
        "pending",
        "queued",
        "resting",
        "",
        "in_progress",
        "completed",
    ]
    world.github.script_runs("acme/site", statuses=states, environments=["production"])
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)
    told = "\n".join(world.told)
    assert len([line for line in world.told if "approval" in line]) == 1
    for word in ("requested", "pending", "queued", "resting", "in_progress"):
        assert told.count(f": {word}") == 1, told


def test_a_run_that_is_over_at_first_sight(world: World) -> None:
    world.github.script_runs("acme/site", statuses=["completed"], conclusion="success")
    expect.success(world.run(world.by_token(wait=True)), "succeeded", world=world)


def test_a_run_that_is_started_again_while_waited_for(world: World) -> None:
    """The verdict is that of the attempt that ends last."""
    world.github.script_runs("acme/site", statuses=[["in_progress", 0], ["completed", 100]], conclusion="failure")

    def again(text: str) -> None:
        if "in_progress" in text and len(world.github.runs("acme/site")) == 1:
            run = world.github.runs("acme/site")[0]
            if run.attempt == 1:
                run.rerun(run.stages, run.jobs)

    world.on_progress = again
    result = world.run(world.by_token(wait=True))
    expect.failure(result, "run_unsuccessful", changed=True, world=world)
    assert result["runs"][0]["run_attempt"] == 2


def test_a_run_that_is_deleted_while_waited_for(world: World) -> None:
    endless(world)
    world.on_progress = lambda text: world.github.world.runs.clear() if "in_progress" in text else None
    result = world.run(world.by_token(wait=True))
    expect.failure(result, "run_not_found", says=["deleted"], changed=True, world=world)
