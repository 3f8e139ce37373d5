# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a run beside its state, over real HTTP."""

from __future__ import annotations

import json
import typing as t

import pytest
from werkzeug import Request

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.details import (
    explained,
    holding,
    jobs_of,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.reading import RunReader
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.runs import Run, read_job, read_run
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    RUNS,
    SCOPE,
    SITE,
    done,
    job_of,
    run_of,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

PENDING = f"{RUNS}/1/pending_deployments"
MINT = "/app/installations/7/access_tokens"
CLASSIC = "ghp_" + "Leak" * 9


@pytest.fixture
def reader(github: GitHub) -> RunReader:
    """What reads the runs of one repository."""
    return RunReader(github, SITE, SCOPE)


def _run(*jobs: dict[str, t.Any], **more: t.Any) -> Run:
    run = read_run(done(1, "failure", **more))
    assert run is not None
    return run._replace(jobs=tuple(map(read_job, jobs)))


def _job(number: t.Any, conclusion: str | None = "failure") -> dict[str, t.Any]:
    return {**job_of(f"job{number}"), "id": number, "conclusion": conclusion}


def _notes(number: int) -> str:
    return f"/repos/acme/site/check-runs/{number}/annotations"


def _note(message: t.Any, level: str = "failure") -> dict[str, t.Any]:
    return {"annotation_level": level, "message": message, "path": ".github"}


def _explain(reader: RunReader, run: Run) -> list[list[str]]:
    whole = explained(reader, run, Deadline.after(reader.clock, 60))
    return [job["messages"] for job in whole.jobs]


def _hold(reader: RunReader) -> str:
    run = read_run(run_of(status="waiting"))
    assert run is not None
    return holding(reader, run, Deadline.after(reader.clock, 60))


def test_jobs_are_those_of_the_attempt(stub: Stub, reader: RunReader) -> None:
    stub.on("GET", f"{RUNS}/1/attempts/3/jobs", Answer(200, {"jobs": [_job(5), {}, 7]}))
    jobs = jobs_of(reader, _run(run_attempt=3), Deadline.after(reader.clock, 60))
    assert [job["id"] for job in jobs] == [5, None]


class TestMessages:
    """The error annotations of failed jobs."""

    def test_only_what_failed_says_why_and_in_its_own_words(self, stub: Stub, reader: RunReader) -> None:
        stub.on(
            "GET", _notes(2), Answer(200, [_note("line\n\x1b[31mtwo"), _note("x", "warning"), _note("y", "notice")])
        )
        run = _run(_job(1, "success"), _job(2), _job(3, "skipped"), _job(4, None))
        assert _explain(reader, run) == [[], ["line ?[31mtwo"], [], []]
        assert len(stub.requests) == 1

    def test_the_runner_s_own_closing_words_say_nothing(self, stub: Stub, reader: RunReader) -> None:
        stub.on("GET", _notes(1), Answer(200, [_note("Process completed with exit code 1."), _note("No such host")]))
        assert _explain(reader, _run(_job(1))) == [["No such host"]]

    def test_secrets_are_taken_out_before_anything_is_shown(self, stub: Stub, reader: RunReader) -> None:
        stub.on("GET", _notes(1), Answer(200, [_note(f"curl -H 'Authorization: Bearer {CLASSIC}' failed")]))
        assert CLASSIC not in json.dumps(_explain(reader, _run(_job(1))))

    @pytest.mark.parametrize(
        "body", ["<html>", {}, 5, [5, None, {}, {"annotation_level": "failure"}, _note(5), _note(" "), _note(["x"])]]
    )
    def test_odd_annotations_are_none(self, stub: Stub, reader: RunReader, body: t.Any) -> None:
        stub.on("GET", _notes(1), Answer(200, body))
        assert _explain(reader, _run(_job(1))) == [[]]

    def test_there_is_an_end_to_them(self, stub: Stub, reader: RunReader) -> None:
        for number in range(1, 6):
            stub.on("GET", _notes(number), Answer(200, [_note(f"{number} " + "x" * 5000)] * 9))
        found = _explain(reader, _run(*map(_job, range(1, 6))))
        assert [len(messages) for messages in found] == [5, 5, 5, 0, 0]
        assert all(len(text) <= 300 for messages in found for text in messages)
        assert len(stub.requests) == 3

    @pytest.mark.parametrize("answer", [Answer(403, {"message": "no"}), Answer(404), Answer(410), Answer(500)])
    def test_who_may_not_read_one_is_not_asking_for_the_next(
        self, stub: Stub, reader: RunReader, clock: FakeClock, answer: Answer
    ) -> None:
        stub.on("GET", _notes(1), answer)
        assert _explain(reader, _run(_job(1), _job(2))) == [[], []]
        assert len(stub.requests) == 1
        assert clock.elapsed == 0

    def test_no_answer_is_no_reason_to_fail(self, stub: Stub, reader: RunReader) -> None:
        stub.on("GET", _notes(1), Answer(302, None, {"Location": "https://elsewhere.test/"}))
        assert _explain(reader, _run(_job(1))) == [[]]

    def test_a_job_without_an_id_is_not_asked_for(self, stub: Stub, reader: RunReader) -> None:
        assert _explain(reader, _run(_job(None), _job([1]), _job("../x"))) == [[], [], []]
        assert stub.requests == []

    def test_an_app_asks_with_a_token_for_nothing_else(
        self, stub: Stub, opened: t.Callable[..., GitHub], pem: str
    ) -> None:
        def mint(request: Request) -> Answer:
            asked = json.loads(request.get_data())["permissions"]
            named = "ghs_" + "".join(asked) * 4
            return Answer(201, {"token": named, "expires_at": "2999-01-01T00:00:00Z"})

        stub.on("POST", MINT, mint)
        stub.on("GET", _notes(1), Answer(200, [_note("Why")]))
        app = opened(app_id="1", private_key=pem, installation_id="7")
        assert _explain(RunReader(app, SITE, SCOPE), _run(_job(1))) == [["Why"]]
        (body,) = stub.sent("POST", MINT)
        assert body["permissions"] == {"checks": "read"}

    def test_an_app_that_may_not_read_checks_waits_for_nothing(
        self, stub: Stub, opened: t.Callable[..., GitHub], clock: FakeClock, pem: str
    ) -> None:
        stub.on("POST", MINT, Answer(422, {"message": "The permissions requested are not granted."}))
        app = opened(app_id="1", private_key=pem, installation_id="7")
        assert _explain(RunReader(app, SITE, SCOPE), _run(_job(1))) == [[]]
        assert clock.elapsed == 0


def _deployment(name: t.Any, *reviewers: t.Any, timer: t.Any = 0) -> dict[str, t.Any]:
    return {"environment": {"id": 1, "name": name}, "reviewers": list(reviewers), "wait_timer": timer}


USER = {"type": "User", "reviewer": {"login": "octocat"}}
TEAM = {"type": "Team", "reviewer": {"slug": "release", "name": "Release Managers"}}
UNNAMED: list[t.Any] = [7, {}, {"reviewer": 5}, {"type": "Team", "reviewer": {}}]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([_deployment("production")], "the approval of environment production"),
        ([_deployment("production", USER)], "the approval of environment production by octocat"),
        ([_deployment("p", USER, TEAM)], "the approval of environment p by octocat or team release"),
        ([_deployment("p", *UNNAMED, USER)], "the approval of environment p by octocat"),
        ([_deployment("p", *UNNAMED)], "the approval of environment p"),
        ([_deployment("p", timer=30)], "the approval of environment p, 30 min after its start"),
        ([_deployment("p", timer="30")], "the approval of environment p"),
        ([_deployment("p"), _deployment("q")], "the approval of environment p; the approval of environment q"),
        ([_deployment(None), _deployment("q"), 5], "the approval of environment q"),
        ([{**_deployment("p"), "reviewers": None}], "the approval of environment p"),
        ([{**_deployment("p"), "reviewers": 5}], "the approval of environment p"),
        ([{}, {"environment": "p"}], ""),
        ([], ""),
        ({}, ""),
        ("<html>", ""),
    ],
)
def test_who_can_let_a_run_go_on_is_named(stub: Stub, reader: RunReader, items: t.Any, words: str) -> None:
    stub.on("GET", PENDING, Answer(200, items))
    assert _hold(reader) == words


@pytest.mark.parametrize("answer", [Answer(403), Answer(404), Answer(500)])
def test_what_can_not_be_known_is_left_out(stub: Stub, reader: RunReader, answer: Answer) -> None:
    stub.on("GET", PENDING, answer)
    assert _hold(reader) == ""
