# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following an event whose receivers are known: how many runs to expect, and when there will be none."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.follow import Follower
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import Outcome
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.reading import RunReader
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.receivers import Survey, survey
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError, NoReceiver
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.workflows import WorkflowFile
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    DISPATCHES,
    ID,
    RUNS,
    SCOPE,
    SITE,
    done,
    job_of,
    later,
    listed,
    run_of,
    run_to_the_end,
    with_jobs,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

TYPE = "infra-changed"
CONTENTS = "/repos/acme/site/contents/.github/workflows"
Follow = t.Callable[..., Follower]


def _survey(**files: t.Sequence[str] | str | None) -> Survey:
    """Return what files say that listen to these types; a text stands for the whole file, None for one in the dark."""
    texts = {
        name: f"on: {{repository_dispatch: {{types: {list(types)}}}}}" if isinstance(types, (list, tuple)) else types
        for name, types in files.items()
    }
    return survey(WorkflowFile(f"{name}.yml", t.cast("str | None", text)) for name, text in texts.items())


@pytest.fixture
def told() -> list[str]:
    """What was told while following."""
    return []


@pytest.fixture
def follow(github: GitHub, told: list[str]) -> Follow:
    """Follow the event from the moment the clock shows, with such receivers."""

    def start(known: Survey | None) -> Follower:
        asked: list[Deadline] = []

        def ask(deadline: Deadline) -> Survey | None:
            asked.append(deadline)
            assert len(asked) == 1
            return known

        reader = RunReader(github, SITE, SCOPE)
        return Follower(reader, ID, github.clock.monotonic(), told.append, event_type=TYPE, ask_receivers=ask)

    return start


def _find(follower: Follower, clock: FakeClock, seconds: float = 180) -> list[int]:
    return [run.id for run in follower.find(Deadline.after(clock, seconds))]


def test_of_two_listeners_both_runs_are_waited_for(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    stub.on("GET", RUNS, later(clock, 15, listed(run_of(1)), listed(run_of(2), run_of(1))))
    assert _find(follow(_survey(a=[TYPE], b=[TYPE], c=["other"])), clock) == [1, 2]
    assert 15 <= clock.elapsed <= 17


def test_one_listener_has_one_run_and_nothing_is_waited_for(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed(run_of(1)))
    assert _find(follow(_survey(a=[TYPE])), clock) == [1]
    assert clock.elapsed == 0


def test_a_run_that_never_shows_its_id_is_given_up(
    stub: Stub, follow: Follow, clock: FakeClock, told: list[str]
) -> None:
    stub.on("GET", RUNS, listed(run_of(1)))
    assert _find(follow(_survey(a=[TYPE], b=[TYPE])), clock) == [1]
    assert clock.elapsed == pytest.approx(20)
    assert any("2 workflows listen to infra-changed, 1 of their runs carry the id" in line for line in told)


def test_settling_ends_at_the_deadline(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed(run_of(1)))
    assert _find(follow(_survey(a=[TYPE], b=[TYPE])), clock, 5) == [1]
    assert clock.elapsed == pytest.approx(5)


@pytest.mark.parametrize(
    "known",
    [None, _survey(), _survey(a=[TYPE, "x*"], b=[TYPE]), _survey(a=[TYPE], b=[TYPE], c="a: [")],
    ids=["unknown", "nobody", "pattern", "unreadable"],
)
def test_in_doubt_a_further_run_has_two_seconds(
    stub: Stub, follow: Follow, clock: FakeClock, known: Survey | None
) -> None:
    stub.on("GET", RUNS, later(clock, 10, listed(run_of(1)), listed(run_of(2), run_of(1))))
    assert _find(follow(known), clock) == [1]
    assert clock.elapsed == pytest.approx(2)


def test_when_nobody_listens_the_search_ends_soon(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed())
    with pytest.raises(NoReceiver) as caught:
        _find(follow(_survey(a=["infra-change"], b=["audit"], c="on: push")), clock)
    assert clock.elapsed < 5
    assert caught.value.facts["closest"] == ["infra-change"]
    assert "GitHub accepted the event, and no workflow on the default branch" in caught.value.message
    assert "Did you mean infra-change (a.yml)?" in caught.value.message


@pytest.mark.parametrize(
    "known",
    [
        None,
        _survey(a=["infra-*"]),
        _survey(a=["audit"], b=["x*"]),
        _survey(a=["audit"], b="a: ["),
        _survey(a=["audit"], b=None),
    ],
    ids=["unknown", "matching pattern", "another pattern", "broken", "unreadable"],
)
def test_without_certainty_the_search_goes_on(
    stub: Stub, follow: Follow, clock: FakeClock, known: Survey | None
) -> None:
    stub.on("GET", RUNS, later(clock, 100, listed(), listed(run_of(1))))
    assert _find(follow(known), clock) == [1]
    stub.on("GET", RUNS, listed())
    with pytest.raises(InfradispatchError) as caught:
        _find(follow(known), clock, 30)
    assert caught.value.code == "run_not_found"


def test_a_run_that_is_not_found_is_said_to_have_a_listener(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed(run_of(1, "no id here", event="repository_dispatch")))
    with pytest.raises(InfradispatchError, match=r"a\.yml listens to infra-changed\.") as caught:
        _find(follow(_survey(a=[TYPE], b=["other"])), clock, 30)
    assert caught.value.code == "run_not_found"
    assert clock.elapsed == pytest.approx(30)


NAMED = "run-name: ${{ github.event.client_payload.dispatch.id }}\non: {repository_dispatch: {types: [infra-changed]}}"


def test_a_run_that_has_to_show_up_is_looked_for_until_time_is_up(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    """The first is over long before the second, of a queue, appears: its verdict is not that of the event."""
    second = done(2, "failure")
    stub.on("GET", RUNS, later(clock, 90, listed(done(1)), listed(second, done(1))))
    stub.on("GET", f"{RUNS}/1", Answer(200, done(1)))
    stub.on("GET", f"{RUNS}/2", Answer(200, second))
    follower = follow(_survey(a=NAMED, b=NAMED))
    assert _find(follower, clock) == [1]
    assert [run.conclusion for run in follower.wait(Deadline.after(clock, 3600))] == ["success", "failure"]
    assert 90 <= clock.elapsed < 100


@pytest.mark.parametrize(("text", "seconds"), [(NAMED, 180), ([TYPE], 20)])
def test_a_run_that_never_shows_up_does_not_hold_the_verdict_for_ever(
    stub: Stub, follow: Follow, clock: FakeClock, text: t.Any, seconds: float
) -> None:
    stub.on("GET", RUNS, listed(done(1)))
    stub.on("GET", f"{RUNS}/1", Answer(200, done(1)))
    follower = follow(_survey(a=NAMED, b=text))
    _find(follower, clock)
    assert [run.conclusion for run in follower.wait(Deadline.after(clock, 3600))] == ["success"]
    assert clock.elapsed == pytest.approx(seconds)


def test_the_second_run_may_show_the_id_in_a_step(stub: Stub, follow: Follow, clock: FakeClock) -> None:
    stub.on("GET", RUNS, listed(run_of(2, "no id"), run_of(1)))
    with_jobs(stub, 2, job_of(f"deploy {ID}"))
    assert _find(follow(_survey(a=NAMED, b=[TYPE])), clock) == [1, 2]
    assert clock.elapsed < 5


class TestDelivery:
    """The same, from sending on: the files are read from GitHub."""

    @pytest.fixture(autouse=True)
    def files(self, stub: Stub) -> None:
        """Have a repository with one workflow."""
        stub.on("POST", DISPATCHES, Answer(204))
        stub.on("GET", CONTENTS, Answer(200, [{"path": ".github/workflows/a.yml"}]))
        stub.on("GET", RUNS, listed())

    def _content(self, stub: Stub, text: str) -> None:
        stub.on("GET", f"{CONTENTS}/a.yml", Answer(200, text))

    def test_an_accepted_event_that_nobody_hears_is_a_change_and_a_failure(
        self, stub: Stub, clock: FakeClock, deliver: t.Callable[..., Outcome]
    ) -> None:
        self._content(stub, "on: {repository_dispatch: {types: [infra-change]}}")
        outcome = deliver(wait=True)
        assert outcome.error is not None
        assert (outcome.outcome, outcome.changed, outcome.error.code) == ("failed", True, "no_receiver")
        assert outcome.as_dict()["error"]["closest"] == ["infra-change"]
        assert clock.elapsed < 5

    @pytest.mark.parametrize("answer", [Answer(404), Answer(403, {"message": "No"}), Answer(500)])
    def test_files_that_can_not_be_read_change_nothing(
        self, stub: Stub, clock: FakeClock, deliver: t.Callable[..., Outcome], answer: Answer
    ) -> None:
        stub.on("GET", CONTENTS, answer)
        run_to_the_end(stub, clock, done())
        assert deliver(wait=True).outcome == "succeeded"
        stub.on("GET", RUNS, listed())
        error = deliver(wait=True, find_timeout=40).error
        assert error is not None
        assert error.code == "run_not_found"

    def test_files_are_not_read_without_need(
        self, stub: Stub, clock: FakeClock, deliver: t.Callable[..., Outcome]
    ) -> None:
        assert deliver().outcome == "accepted"
        assert [path for _method, path in stub.requests] == ["/api/v3" + DISPATCHES]


SHOWN = (
    'run-name: "${{ github.event.client_payload.dispatch.id }}"\non: {repository_dispatch: {types: [infra-changed]}}'
)


class TestARunThatStaysAway:
    """A verdict is that of all receivers, or it says what is missing."""

    def test_one_that_would_show_the_id_is_missed_to_the_end(
        self, stub: Stub, follow: Follow, clock: FakeClock
    ) -> None:
        stub.on("GET", RUNS, listed(done(1)))
        with_jobs(stub, 1, job_of())
        follower = follow(_survey(a=SHOWN, b=SHOWN))
        follower.find(Deadline.after(clock, 100))
        follower.wait(Deadline.after(clock, 1000))
        error = follower.incomplete()
        assert error is not None
        assert error.code == "run_not_found"
        assert "2 workflows" in error.message
        assert "1 of their runs" in error.message
        assert follower.unseen() == []
        assert 100 <= clock.elapsed < 140

    def test_one_that_shows_no_id_is_warned_of(self, stub: Stub, follow: Follow, clock: FakeClock) -> None:
        stub.on("GET", RUNS, listed(done(1)))
        with_jobs(stub, 1, job_of())
        follower = follow(_survey(a=SHOWN, b=[TYPE]))
        follower.find(Deadline.after(clock, 100))
        follower.wait(Deadline.after(clock, 1000))
        assert follower.incomplete() is None
        (warning,) = follower.unseen()
        assert "b.yml" in warning
        assert "run-name" in warning

    def test_all_there_is_nothing_to_say(self, stub: Stub, follow: Follow, clock: FakeClock) -> None:
        stub.on("GET", RUNS, listed(done(2), done(1)))
        with_jobs(stub, 1, job_of())
        with_jobs(stub, 2, job_of())
        follower = follow(_survey(a=SHOWN, b=SHOWN))
        follower.find(Deadline.after(clock, 100))
        follower.wait(Deadline.after(clock, 1000))
        assert (follower.incomplete(), follower.unseen()) == (None, [])
