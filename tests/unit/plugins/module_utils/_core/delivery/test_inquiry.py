# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking for runs: what may be asked, and what is found."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.inquiry import inquire, read_inquiry
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    ID,
    RUNS,
    done,
    job_of,
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


class TestOptions:
    """Reading the options."""

    def test_little_need_be_said(self) -> None:
        inquiry = read_inquiry({"repository": "acme/site"})
        assert (inquiry.dispatch_id, inquiry.run_id, inquiry.workflow, inquiry.event, inquiry.branch) == ("", 0) + (
            "",
        ) * 3
        assert (inquiry.limit, inquiry.wait, inquiry.log_lines) == (10, False, 0)
        assert (inquiry.find_timeout, inquiry.wait_timeout) == (180, 1800)
        assert inquiry.acceptable == ("success", "skipped", "neutral")

    def test_null_and_empty_mean_nothing_is_said(self) -> None:
        empty = {"dispatch_id": "", "workflow": "", "event": "", "branch": None, "run_id": None, "log_lines": None}
        assert read_inquiry({"repository": "acme/site", **empty}) == read_inquiry({"repository": "acme/site"})

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"repository": None}, "repository"),
            ({"repository": "acme"}, "owner/name"),
            ({"dispatch_id": ID, "run_id": 1}, "dispatch_id and run_id are given together"),
            ({"dispatch_id": ID, "workflow": "a.yml"}, "dispatch_id and workflow"),
            ({"run_id": 1, "workflow": "a.yml"}, "run_id and workflow"),
            ({"dispatch_id": ID, "run_id": 1, "workflow": "a"}, "dispatch_id and run_id and workflow"),
            ({"dispatch_id": ID, "event": "push"}, "event does not go with dispatch_id"),
            ({"run_id": 1, "branch": "main"}, "branch does not go with run_id"),
            ({"dispatch_id": "abc"}, "dispatch_id is not 32 hexadecimal digits"),
            ({"dispatch_id": ID + "0"}, "32 hexadecimal"),
            ({"dispatch_id": "g" * 32}, "32 hexadecimal"),
            ({"dispatch_id": 12345678901234567890123456789012}, "32 hexadecimal"),
            ({"workflow": "workflows/"}, "workflow names no file"),
            ({"run_id": 0}, "run_id is no id"),
            ({"run_id": -1}, "run_id is no id"),
            ({"run_id": "first"}, "run_id is no id"),
            ({"limit": 0}, "limit is 0"),
            ({"limit": 101}, "limit is 101"),
            ({"limit": True}, "limit is"),
            ({"log_lines": -1}, "log_lines is -1"),
            ({"log_lines": 501}, "log_lines is 501"),
            ({"wait_timeout": 0}, "wait_timeout is 0"),
            ({"find_timeout": -1}, "find_timeout is -1"),
            ({"acceptable_conclusions": []}, "acceptable_conclusions"),
            ({"acceptable_conclusions": "success"}, "acceptable_conclusions"),
        ],
    )
    def test_what_can_not_be_is_refused(self, options: dict[str, t.Any], words: str) -> None:
        with pytest.raises(InvalidInput, match=words) as caught:
            read_inquiry({"repository": "acme/site", **options})
        assert caught.value.hint

    def test_words_may_be_written_in_several_ways(self) -> None:
        inquiry = read_inquiry({"repository": "acme/site", "dispatch_id": f" {ID.upper()} ", "log_lines": "20"})
        assert (inquiry.dispatch_id, inquiry.log_lines) == (ID, 20)
        for name in ("validate.yml", ".github/workflows/validate.yml"):
            assert read_inquiry({"repository": "acme/site", "workflow": name}).workflow == "validate.yml"
        assert read_inquiry({"repository": "acme/site", "workflow": 4711}).workflow == "4711"


class TestById:
    """One run, by its own id."""

    def test_it_comes_with_its_jobs(self, stub: Stub, ask: Ask) -> None:
        _one(stub, done(7, run_attempt=2), job_of("lint"))
        result = ask(run_id=7)
        assert (_ids(result), result["completed"], result["conclusion"], result["error"]) == (
            [7],
            True,
            "success",
            None,
        )
        assert result["runs"][0]["run_attempt"] == 2
        assert result["runs"][0]["jobs"][0]["name"] == "lint"
        assert "msg" not in result

    def test_one_that_goes_on_has_no_conclusion(self, stub: Stub, ask: Ask, clock: FakeClock) -> None:
        _one(stub, run_of(7), job_of())
        result = ask(run_id=7)
        assert (result["completed"], result["conclusion"], result["error"]) == (False, "", None)
        assert clock.elapsed == 0

    def test_one_that_failed_is_an_answer_and_no_error(self, stub: Stub, ask: Ask) -> None:
        _one(stub, done(7, "failure"), job_of("a", "failure", ("Build", "failure")))
        stub.on("GET", "/repos/acme/site/check-runs/5/annotations", Answer(200, []))
        result = ask(run_id=7)
        assert (result["conclusion"], result["error"]) == ("failure", None)
        assert result["runs"][0]["jobs"][0]["failed_steps"] == ["Build"]

    def test_one_that_is_not_there_is_an_error(self, stub: Stub, ask: Ask) -> None:
        result = ask(run_id=7)
        assert result["error"]["code"] == "run_not_found"
        assert result["error"]["repository"] == "acme/site"
        assert (result["error"]["status"], result["error"]["request_id"]) == (404, "AB12:34CD")
        assert "no run 7 in acme/site" in result["msg"]
        assert (result["runs"], result["completed"], result["conclusion"]) == ([], False, "")

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            (Answer(401), "not_authenticated"),
            (Answer(403, {"message": "No"}), "not_permitted"),
            (Answer(502), "unreachable"),
            (Answer(200, "<html>"), "unreachable"),
            (Answer(200, {"id": "7"}), "unreachable"),
            (Answer(302, None, {"Location": "https://sso.test/"}), "rejected"),
        ],
    )
    def test_a_refusal_is_an_error(self, stub: Stub, ask: Ask, answer: Answer, code: str) -> None:
        stub.on("GET", f"{RUNS}/7", answer)
        assert ask(run_id=7)["error"]["code"] == code


class TestByWorkflow:
    """The newest runs, of a workflow or of all."""

    def test_they_are_narrowed_here_as_filtered_lists_lag(self, stub: Stub, ask: Ask) -> None:
        queries: list[dict[str, str]] = []
        runs = [
            done(4, event="push", head_branch="main"),
            done(3, event="schedule", head_branch="main"),
            done(2, event="push", head_branch="dev"),
            {"id": "odd"},
            done(1, event="push", head_branch="main"),
        ]

        def answer(request: t.Any) -> Answer:
            queries.append(dict(request.args))
            return listed(*runs)

        stub.on("GET", WORKFLOW, answer)
        assert _ids(ask(workflow="validate.yml", event="push", branch="main")) == [4, 1]
        assert _ids(ask(workflow=".github/workflows/validate.yml", event="push")) == [4, 2, 1]
        assert _ids(ask(workflow="validate.yml", limit=2)) == [4, 3]
        assert _ids(ask(workflow="validate.yml", branch="release")) == []
        assert queries == [{"per_page": "100", "exclude_pull_requests": "true"}] * 4

    def test_without_a_workflow_all_are_looked_at(self, stub: Stub, ask: Ask) -> None:
        stub.on("GET", RUNS, listed(done(2), run_of(1)))
        result = ask(event="repository_dispatch")
        assert (_ids(result), result["completed"], result["conclusion"]) == ([2, 1], False, "")

    def test_nothing_is_finished_when_there_is_nothing(self, stub: Stub, ask: Ask) -> None:
        stub.on("GET", RUNS, listed())
        result = ask()
        assert (result["runs"], result["completed"], result["conclusion"], result["error"]) == ([], False, "", None)

    def test_pages_are_read_until_there_are_enough(self, stub: Stub, ask: Ask) -> None:
        following = {"Link": f'<{stub.api_url}{WORKFLOW}/more>; rel="next"'}
        stub.on("GET", WORKFLOW, listed(done(3), done(2, event="push"), **following))
        stub.on("GET", f"{WORKFLOW}/more", listed(done(1), **following))
        assert _ids(ask(workflow="validate.yml", limit=2)) == [3, 2]
        assert stub.count("GET", f"{WORKFLOW}/more") == 0
        assert _ids(ask(workflow="validate.yml", event="push")) == [2]
        assert stub.count("GET", f"{WORKFLOW}/more") == 9

    @pytest.mark.parametrize(
        ("answer", "code"), [(Answer(404), "not_found"), (Answer(403, {"message": "x"}), "not_permitted")]
    )
    def test_a_refusal_is_an_error(self, stub: Stub, ask: Ask, answer: Answer, code: str) -> None:
        stub.on("GET", WORKFLOW, answer)
        result = ask(workflow="validate.yml")
        assert result["error"]["code"] == code
        assert "actions: read" in result["msg"]

    def test_a_name_is_never_more_than_a_name(self, stub: Stub, ask: Ask) -> None:
        assert ask(workflow="a b?c.yml")["error"]["code"] == "not_found"
        assert stub.requests == [("GET", "/api/v3/repos/acme/site/actions/workflows/a b?c.yml/runs")]
