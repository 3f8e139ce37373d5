# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking for the runs of an event, waiting for them, and for the last lines of their logs."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.inquiry import (
    inquire,
    read_inquiry,
    tell_failure,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    ID,
    OTHER_ID,
    RUNS,
    done,
    job_of,
    later,
    listed,
    run_of,
    with_jobs,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    TOKEN,
    Answer,
    FakeClock,
    Stub,
)

WORKFLOW = "/repos/acme/site/actions/workflows/validate.yml/runs"
Ask = t.Callable[..., "dict[str, t.Any]"]


@pytest.fixture
def told() -> list[str]:
    """What was told on the way."""
    return []


@pytest.fixture
def ask(github: GitHub, told: list[str]) -> Ask:
    """Ask with these options."""

    def start(**options: t.Any) -> dict[str, t.Any]:
        result = inquire(github, read_inquiry({"repository": "acme/site", **options}), told.append)
        assert json.loads(json.dumps(result)) == result
        assert TOKEN not in json.dumps(result)
        assert result["changed"] is False
        return result

    return start


def _one(stub: Stub, run: dict[str, t.Any], *jobs: dict[str, t.Any]) -> None:
    stub.on("GET", f"{RUNS}/{run['id']}", Answer(200, run))
    with_jobs(stub, run["id"], *jobs, attempt=run["run_attempt"])


def _ids(result: dict[str, t.Any]) -> list[int]:
    return [run["id"] for run in result["runs"]]


class TestByEvent:
    """The runs that carry the id of an event."""

    def test_one_look_is_enough_without_waiting(self, stub: Stub, ask: Ask, clock: FakeClock) -> None:
        stub.on("GET", RUNS, listed(run_of(3, f"[{OTHER_ID}]"), run_of(2), done(1)))
        result = ask(dispatch_id=ID)
        assert (_ids(result), result["completed"], result["error"]) == ([2, 1], False, None)
        assert clock.elapsed == 0

    def test_the_steps_may_tell(self, stub: Stub, ask: Ask) -> None:
        stub.on("GET", RUNS, listed(done(1, title="no id")))
        with_jobs(stub, 1, job_of(f"deploy {ID}"))
        assert _ids(ask(dispatch_id=ID)) == [1]

    def test_none_yet_is_no_error(self, stub: Stub, ask: Ask) -> None:
        stub.on("GET", RUNS, listed())
        result = ask(dispatch_id=ID)
        assert (result["runs"], result["completed"], result["error"]) == ([], False, None)

    def test_an_event_of_yesterday_has_its_verdict(self, stub: Stub, ask: Ask, clock: FakeClock) -> None:
        stub.on("GET", RUNS, listed(run_of(9, "x", age=10), done(1, age=90_000)))
        stub.on("GET", f"{RUNS}/1", Answer(200, done(1, age=90_000)))
        with_jobs(stub, 1, job_of())
        result = ask(dispatch_id=ID, wait=True)
        assert (_ids(result), result["conclusion"]) == ([1], "success")
        assert clock.elapsed < 5

    def test_a_run_that_is_to_come_is_waited_for(self, stub: Stub, ask: Ask, clock: FakeClock, told: list[str]) -> None:
        stub.on("GET", RUNS, later(clock, 20, listed(), listed(run_of(1))))
        stub.on("GET", f"{RUNS}/1", later(clock, 90, Answer(200, run_of(1)), Answer(200, done(1))))
        with_jobs(stub, 1, job_of())
        result = ask(dispatch_id=ID, wait=True)
        assert (result["completed"], result["conclusion"], result["error"]) == (True, "success", None)
        assert 90 <= clock.elapsed < 110
        assert any("in_progress" in line for line in told)

    def test_without_a_run_in_time_the_waiting_fails(self, stub: Stub, ask: Ask, clock: FakeClock) -> None:
        stub.on("GET", RUNS, listed())
        result = ask(dispatch_id=ID, wait=True, find_timeout=30)
        assert result["error"]["code"] == "run_not_found"
        assert clock.elapsed == pytest.approx(30)

    @pytest.mark.parametrize("wait", [False, True])
    def test_a_refusal_is_an_error(self, stub: Stub, ask: Ask, wait: bool) -> None:
        stub.on("GET", RUNS, Answer(403, {"message": "No"}))
        assert ask(dispatch_id=ID, wait=wait)["error"]["code"] == "not_permitted"


class TestWait:
    """Verdicts."""

    @pytest.mark.parametrize(
        ("conclusion", "options", "code"),
        [
            ("success", {}, ""),
            ("skipped", {}, ""),
            ("neutral", {}, ""),
            ("skipped", {"acceptable_conclusions": ["success"]}, "run_unsuccessful"),
            ("cancelled", {"acceptable_conclusions": ["cancelled"]}, ""),
            ("cancelled", {}, "run_unsuccessful"),
            ("failure", {}, "run_unsuccessful"),
            ("timed_out", {}, "run_unsuccessful"),
            ("action_required", {}, "run_unsuccessful"),
            ("startup_failure", {}, "run_unsuccessful"),
            ("stale", {}, "run_unsuccessful"),
            ("never_heard_of", {}, "run_unsuccessful"),
        ],
    )
    def test_the_conclusion_decides(
        self, stub: Stub, ask: Ask, conclusion: str, options: dict[str, t.Any], code: str
    ) -> None:
        _one(stub, done(7, conclusion), job_of())
        stub.on("GET", RUNS, listed())
        result = ask(run_id=7, wait=True, **options)
        assert (result["completed"], result["conclusion"]) == (True, conclusion)
        assert (result["error"] or {}).get("code", "") == code
        assert ("msg" in result) is bool(code)
        if code:
            assert f"actions/runs/7 ended with {conclusion}" in result["msg"]
            assert ("concurrency group" in result["msg"]) is (conclusion == "cancelled")

    def test_why_it_failed_is_said(self, stub: Stub, ask: Ask) -> None:
        _one(stub, done(7, "failure"), job_of("lint"), job_of("deploy", "failure", ("Migrate", "failure")))
        stub.on("GET", RUNS, listed())
        note = {"annotation_level": "failure", "message": "no such table"}
        stub.on("GET", "/repos/acme/site/check-runs/5/annotations", Answer(200, [note]))
        result = ask(run_id=7, wait=True)
        assert "job 'deploy' at step 'Migrate' (no such table)." in result["msg"]
        assert [job["messages"] for job in result["runs"][0]["jobs"]] == [[], ["no such table"]]

    def test_several_runs_have_one_verdict(self, stub: Stub, ask: Ask, clock: FakeClock) -> None:
        stub.on("GET", WORKFLOW, listed(run_of(2), run_of(1)))
        stub.on("GET", RUNS, listed())
        stub.on("GET", f"{RUNS}/1", later(clock, 30, Answer(200, run_of(1)), Answer(200, done(1))))
        stub.on("GET", f"{RUNS}/2", later(clock, 60, Answer(200, run_of(2)), Answer(200, done(2, "failure"))))
        result = ask(workflow="validate.yml", wait=True)
        assert (_ids(result), result["conclusion"], result["error"]["code"]) == ([2, 1], "failure", "run_unsuccessful")
        assert 60 <= clock.elapsed < 75

    def test_one_that_does_not_end_in_time_is_shown_as_it_is(self, stub: Stub, ask: Ask, clock: FakeClock) -> None:
        stub.on("GET", RUNS, listed())
        stub.on("GET", f"{RUNS}/7", Answer(200, run_of(7, status="waiting")))
        pending = [{"environment": {"name": "production"}, "reviewers": []}]
        stub.on("GET", f"{RUNS}/7/pending_deployments", Answer(200, pending))
        result = ask(run_id=7, wait=True, wait_timeout=60)
        assert (result["error"]["code"], result["error"]["timed_out"]) == ("wait_timeout", True)
        assert "the approval of environment production" in result["msg"]
        assert (result["completed"], result["conclusion"], result["runs"][0]["status"]) == (False, "", "waiting")
        assert clock.elapsed == pytest.approx(60)


class TestLogs:
    """The last lines of failed jobs."""

    def _log(self, stub: Stub, number: int, text: str) -> None:
        stub.on("GET", f"/repos/acme/site/actions/jobs/{number}/logs", Answer(200, text))

    def test_only_failed_jobs_show_them_and_only_on_request(self, stub: Stub, ask: Ask) -> None:
        jobs = [job_of("a"), {**job_of("b", "failure"), "id": 6}, {**job_of("c", "skipped"), "id": 7}]
        _one(stub, done(7, "failure"), *jobs)
        self._log(stub, 6, "one\ntwo\nthree\n")
        assert all("log_lines" not in job for job in ask(run_id=7)["runs"][0]["jobs"])
        shown = ask(run_id=7, log_lines=2)["runs"][0]["jobs"]
        assert [job.get("log_lines") for job in shown] == [None, ["two", "three"], None]
        assert sum(path.endswith("/logs") for _method, path in stub.requests) == 1

    def test_a_failure_shows_them_too(self, stub: Stub, ask: Ask) -> None:
        _one(stub, done(7, "failure"), job_of("a", "failure"))
        stub.on("GET", RUNS, listed())
        self._log(stub, 5, "why\n")
        result = ask(run_id=7, wait=True, log_lines=5)
        assert result["error"]["code"] == "run_unsuccessful"
        assert result["runs"][0]["jobs"][0]["log_lines"] == ["why"]

    def test_one_that_is_gone_is_empty(self, stub: Stub, ask: Ask) -> None:
        _one(
            stub, done(7, "failure"), job_of("a", "failure"), {"conclusion": "failure"}, {"id": [1], "conclusion": "x"}
        )
        result = ask(run_id=7, log_lines=5)
        assert [job.get("log_lines") for job in result["runs"][0]["jobs"]] == [[], None, None]


@pytest.mark.parametrize(("wait", "told"), [(True, 1), (False, 0)])
def test_a_bad_verdict_that_was_waited_for_is_told(stub: Stub, github: GitHub, wait: bool, told: int) -> None:
    """Looking without waiting tells nobody: whatever the runs say, nobody promised anything."""
    stub.on("GET", f"{RUNS}/1", Answer(200, done(1, "failure")))
    with_jobs(stub, 1, job_of("deploy", "failure"))
    stub.on("POST", "/hook", Answer(200))
    options = {"repository": "acme/site", "run_id": 1, "wait": wait, "notify_urls": [f"{stub.api_url}/hook"]}
    inquiry = read_inquiry(options)
    result = inquire(github, inquiry)
    assert tell_failure(result, inquiry, options, {}) == []
    assert stub.count("POST", "/hook") == told
    if told:
        (notice,) = stub.sent("POST", "/hook")
        assert "acme/site" in notice["text"]
        assert notice["infradispatch"]["failed"][0]["code"] == "run_unsuccessful"
