# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is anybody there to hear an event?"""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.receivers import Survey, survey
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.verify import (
    Doubt,
    doubts_of,
    look,
    read_default_branch,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.workflows import WorkflowFile
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import (
    DISPATCHES,
    SCOPE,
    SITE,
    plan_of,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

FOLDER = ".github/workflows"
CONTENTS = f"/repos/acme/site/contents/{FOLDER}"
FINDABLE = 'run-name: "${{ github.event.client_payload.dispatch.id }}"\n'
OTHER = "on: {repository_dispatch: {types: [infra-change]}}"
DENIED = Answer(403, {"message": "Resource not accessible by personal access token"})
Deliver = t.Callable[..., t.Any]


def files(*texts: str) -> Survey:
    return survey(WorkflowFile(f"{FOLDER}/{name}.yml", text) for name, text in zip("abc", texts))


def doubts(found: Survey, *, wait: bool = False) -> list[Doubt]:
    return doubts_of(found, "acme/site", "infra-changed", lambda: "trunk", wait=wait)


def workflow(stub: Stub, text: str) -> None:
    """Have the repository hold one workflow."""
    stub.on("GET", CONTENTS, Answer(200, [{"path": f"{FOLDER}/a.yml"}]))
    stub.on("GET", f"{CONTENTS}/a.yml", Answer(200, text))
    stub.on("GET", "/repos/acme/site", Answer(200, {"default_branch": "trunk"}))


@pytest.mark.parametrize(
    ("found", "grave", "says"),
    [
        (files(OTHER), True, "default branch trunk of acme/site listens to infra-changed. Did you mean infra-change"),
        (files(), True, "listens to infra-changed."),
        (files(OTHER, "a: b: c"), True, f"not readable, or not YAML: {FOLDER}/b.yml"),
        (files("on: {repository_dispatch: {types: [infra-*]}}"), False, "Nobody can tell"),
        (files("on: {repository_dispatch: {types: [infra-*]}}", "a: b: c"), False, "Nobody can tell"),
    ],
)
def test_nobody_hears_or_nobody_knows(found: Survey, grave: bool, says: str) -> None:
    (doubt,) = doubts(found)
    assert (doubt.grave, doubt.error.code) == (grave, "no_receiver")
    assert says in doubt.error.message
    assert doubt.error.hint


def test_who_hears_leaves_no_doubt_even_beside_a_broken_file() -> None:
    assert doubts(files("on: repository_dispatch", "a: b: c")) == []


def test_a_run_that_cannot_be_found_is_a_doubt_of_who_waits() -> None:
    (doubt,) = doubts(files("on: repository_dispatch", FINDABLE + "on: repository_dispatch"), wait=True)
    assert (doubt.grave, doubt.error.code) == (False, "run_not_found")
    assert f"{FOLDER}/a.yml in acme/site" in doubt.error.message
    assert doubts(files(FINDABLE + "on: repository_dispatch"), wait=True) == []


@pytest.mark.parametrize(
    ("answer", "branch"),
    [
        (Answer(200, {"default_branch": "trunk"}), "trunk"),
        (Answer(200, {}), ""),
        (Answer(404, {"message": "Not Found", "default_branch": "x"}), ""),
        (Answer(429, {"message": "secondary rate limit"}, {"Retry-After": "600"}), ""),
    ],
)
def test_the_name_of_the_branch_is_nice_to_have(
    stub: Stub, github: GitHub, clock: FakeClock, answer: Answer, branch: str
) -> None:
    stub.on("GET", "/repos/acme/site", answer)
    assert read_default_branch(github, SITE, SCOPE, Deadline.after(clock, 60)) == branch


def test_what_cannot_be_read_is_a_grave_doubt(stub: Stub, github: GitHub, clock: FakeClock) -> None:
    stub.on("GET", CONTENTS, DENIED)
    found, (doubt,) = look(github, plan_of().targets[0], SCOPE, Deadline.after(clock, 60), wait=False)
    assert found is None
    assert (doubt.grave, doubt.error.code) == (True, "not_permitted")


def test_by_default_nobody_looks(stub: Stub, deliver: Deliver) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    outcome = deliver()
    assert (outcome.outcome, outcome.warnings) == ("accepted", ())
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("text", "code"), [(OTHER, "no_receiver"), ("a: b: c", "no_receiver"), (None, "not_permitted")]
)
def test_required_and_missing_nothing_is_sent(stub: Stub, deliver: Deliver, text: str | None, code: str) -> None:
    if text is None:
        stub.on("GET", CONTENTS, DENIED)
    else:
        workflow(stub, text)
    outcome = deliver(verify_receiver="require")
    assert (outcome.outcome, outcome.changed, outcome.attempts) == ("failed", False, 0)
    assert outcome.error.code == code
    assert outcome.error.exit_code == (7 if code == "no_receiver" else 3)
    assert outcome.error.facts["repository"] == "acme/site"
    assert stub.count("POST", DISPATCHES) == 0


@pytest.mark.parametrize("choice", ["warn", "require"])
@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (FINDABLE + "on: repository_dispatch", False),
        ("on: {repository_dispatch: {types: infra-changed}}", False),
        ("on: {repository_dispatch: {types: ['*']}}", True),
    ],
)
def test_when_somebody_may_hear_it_is_sent(stub: Stub, deliver: Deliver, choice: str, text: str, warned: bool) -> None:
    workflow(stub, text)
    stub.on("POST", DISPATCHES, Answer(204))
    outcome = deliver(verify_receiver=choice)
    assert (outcome.outcome, outcome.changed, len(outcome.warnings)) == ("accepted", True, int(warned))


@pytest.mark.parametrize("text", [OTHER, "a: b: c", None])
def test_warned_and_missing_it_is_sent(stub: Stub, deliver: Deliver, text: str | None) -> None:
    if text is None:
        stub.on("GET", CONTENTS, DENIED)
    else:
        workflow(stub, text)
    stub.on("POST", DISPATCHES, Answer(204))
    outcome = deliver(verify_receiver="warn")
    assert (outcome.outcome, len(outcome.warnings)) == ("accepted", 1)


def test_who_waits_does_not_read_the_files_again(stub: Stub, clock: FakeClock, deliver: Deliver) -> None:
    workflow(stub, OTHER)
    stub.on("POST", DISPATCHES, Answer(204))
    stub.on("GET", "/repos/acme/site/actions/runs", Answer(200, {"total_count": 0, "workflow_runs": []}))
    outcome = deliver(verify_receiver="warn", wait=True, wait_timeout=120, find_timeout=60)
    assert (outcome.outcome, outcome.changed, outcome.error.code) == ("failed", True, "no_receiver")
    assert "GitHub accepted the event" in outcome.error.message
    assert stub.count("GET", CONTENTS) == 1
