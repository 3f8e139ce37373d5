# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which runs are ours, and what a conclusion means."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.runs import (
    ACCEPTABLE,
    Run,
    carries,
    describe,
    read_job,
    read_run,
    steps_carry,
    unacceptable,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    ID,
    OTHER_ID,
    done,
    job_of,
    run_of,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["id", "run_attempt", "name", "display_title", "status", "conclusion", "html_url", "event", "created_at"]


def _run(**more: t.Any) -> Run:
    run = read_run(run_of(**more))
    assert run is not None
    return run


@given(st.dictionaries(st.sampled_from([*FIELDS, "steps"]), JSON))
def test_no_shape_of_a_run_or_a_job_raises(item: dict[str, t.Any]) -> None:
    run = read_run(item)
    assert (run is None) == (not isinstance(item.get("id"), int))
    if run is not None:
        assert isinstance(describe(run), str)
        assert not carries(run, ID)
        assert run.as_dict()["jobs"] == []
    assert isinstance(read_job(item)["failed_steps"], list)
    assert not steps_carry([item], ID)


def test_a_run_shows_what_the_contract_says_and_nothing_else() -> None:
    assert _run(actor={"login": "x"}).as_dict() == {
        "id": 1,
        "run_attempt": 1,
        "name": "Receive",
        "display_title": f"infra-changed [{ID}]",
        "status": "in_progress",
        "conclusion": None,
        "html_url": "https://github.test/acme/site/actions/runs/1",
        "jobs": [],
    }


@pytest.mark.parametrize("status", ["queued", "in_progress", "requested", "waiting", "pending", "resting", "", None, 5])
def test_only_completed_is_over(status: t.Any) -> None:
    assert not _run(status=status, conclusion="success").finished
    assert _run(status="completed", conclusion="success").finished


@pytest.mark.parametrize("conclusion", [None, "", 5, []])
def test_completed_without_a_conclusion_is_not_over_yet(conclusion: t.Any) -> None:
    assert not _run(status="completed", conclusion=conclusion).finished


@pytest.mark.parametrize(
    ("conclusion", "good"),
    [
        ("success", True),
        ("skipped", True),
        ("neutral", True),
        ("failure", False),
        ("cancelled", False),
        ("timed_out", False),
        ("action_required", False),
        ("startup_failure", False),
        ("stale", False),
        ("exploded", False),
        ("Success", False),
    ],
)
def test_a_conclusion_is_good_only_when_it_is_known_to_be(conclusion: str, good: bool) -> None:
    run = read_run(done(conclusion=conclusion))
    assert run is not None
    assert (unacceptable([run], ACCEPTABLE) == []) is good
    assert unacceptable([run], (conclusion,)) == []
    assert unacceptable([run], ("failed",)) == [run]
    assert describe(run) == conclusion


@pytest.mark.parametrize(
    ("fields", "ours"),
    [
        ({"title": f"infra-changed [{ID}]"}, True),
        ({"title": ID}, True),
        ({"title": "infra-changed", "name": f"Deploy {ID}"}, True),
        ({"title": "infra-changed"}, False),
        ({"title": f"infra-changed [{OTHER_ID}]"}, False),
        ({"title": ID[:-1]}, False),
        ({"title": ""}, False),
        ({"title": f"Deploy [{ID}]", "event": "push"}, False),
        ({"title": f"Deploy [{ID}]", "event": "workflow_run"}, False),
        ({"title": f"Deploy [{ID}]", "event": None}, True),
    ],
)
def test_a_run_is_ours_only_when_our_event_started_it(fields: dict[str, t.Any], ours: bool) -> None:
    assert carries(_run(**fields), ID) is ours


@pytest.mark.parametrize(
    ("job", "ours"),
    [
        (job_of("deploy", "success", (f"Event {ID}", "success")), True),
        (job_of(f"deploy {ID}"), True),
        (job_of("deploy", "success", (f"Event {OTHER_ID}", "success")), False),
        (job_of(), False),
        ({"name": None, "steps": None}, False),
        ({"name": 5, "steps": [5, {"name": 5}, {}]}, False),
        ({"steps": 5}, False),
        ({}, False),
    ],
)
def test_a_step_or_a_job_may_carry_the_id_too(job: dict[str, t.Any], ours: bool) -> None:
    assert steps_carry([job_of(), job], ID) is ours


def test_a_job_shows_the_steps_that_did_not_succeed() -> None:
    ends = ("success", "failure", "skipped", "cancelled", "exploded")
    job = read_job(job_of("deploy", "failure", *((end, end) for end in ends)))
    assert job["failed_steps"] == ["failure", "cancelled", "exploded"]
    assert sorted(job) == ["conclusion", "failed_steps", "html_url", "id", "name", "status"]
    assert read_job({"steps": [{"name": "a", "conclusion": None}]})["failed_steps"] == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("waiting", "approval"),
        ("pending", "concurrency"),
        ("queued", "queued"),
        ("resting", "resting"),
        ("", "unknown"),
    ],
)
def test_a_state_has_words(status: str, words: str) -> None:
    assert words in describe(_run(status=status))


def test_completed_without_a_conclusion_has_words() -> None:
    assert describe(_run(status="completed")) == "completed"
