# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who hears an event in a repository, and what is said when nobody does."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.receivers import Survey, ask, survey
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import MissingLibrary
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.workflows import WorkflowFile
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import SCOPE, SITE
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

FOLDER = ".github/workflows"


def listening(types: str = "", name: str = "a", state: str = "active") -> WorkflowFile:
    """A workflow that listens to these types (YAML), or to all."""
    entry = f"{{types: {types}}}" if types else ""
    return WorkflowFile(f"{FOLDER}/{name}.yml", f"on: {{repository_dispatch: {entry}}}", state)


def test_receivers_and_files_that_nobody_can_read_are_told_apart() -> None:
    broken = [
        WorkflowFile("tab.yml", "on:\n\t- x"),
        WorkflowFile("colon.yml", "a: b: c"),
        WorkflowFile("escape.yml", 'on: "\\UFFFFFFFF"'),
        WorkflowFile("huge.yml", 'on: "\\U7FFFFFFF"'),
        WorkflowFile("deep.yml", "[" * 100_000),
        WorkflowFile("two.yml", "on: push\n---\non: push\n"),
        WorkflowFile("bell.yml", "on: \x07"),
        WorkflowFile("unread.yml", None),
    ]
    others = [WorkflowFile("empty.yml", ""), WorkflowFile("list.yml", "- a"), WorkflowFile("push.yml", "on: push")]
    tagged = WorkflowFile("tagged.yml", "on: !mine repository_dispatch")
    found = survey([*broken, *others, listening("[a]"), tagged])
    assert found.unreadable == [file.path for file in broken]
    assert [receiver.path for receiver in found.receivers] == [f"{FOLDER}/a.yml", "tagged.yml"]


def test_hearing_perhaps_and_closest() -> None:
    found = survey([listening("[infra-changed]"), listening("[infra-*]", "b"), listening("", "c")])
    assert [receiver.name for receiver in found.hearing("infra-changed")] == [f"{FOLDER}/a.yml", f"{FOLDER}/c.yml"]
    assert [receiver.path for receiver in found.perhaps("infra-x")] == [f"{FOLDER}/b.yml"]
    assert found.closest("infra-change")[0] == "infra-changed"
    assert found.listing("infra-changed") == [f"{FOLDER}/a.yml"]


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("infra-change", "infra-changed"),
        ("Infra-Changed", "infra-changed"),
        ("infra_changed", "infra-changed"),
        ("infra-chnaged", "infra-changed"),
        ("zzz", None),
    ],
)
def test_the_nearest_type_comes_first(given: str, nearest: str | None) -> None:
    near = survey([listening("[deploy, infra-changed]")]).closest(given)
    assert near[:1] == ([nearest] if nearest else [])


@pytest.mark.parametrize(
    ("found", "certain"),
    [
        (Survey([], []), True),
        (Survey([], ["x.yml"]), False),
        (survey([listening("[a]"), listening("", "b")]), True),
        (survey([listening("['a*']")]), False),
    ],
)
def test_a_pattern_or_an_unread_file_leaves_doubt(found: Survey, certain: bool) -> None:
    assert found.certain is certain


def test_the_error_names_type_branch_names_and_files() -> None:
    found = survey([listening("[infra-changed]"), listening("[infra-changed, infra-chang]", "b")])
    error = found.nobody("acme/site", "infra-change", sent=False, branch="trunk")
    assert error.code == "no_receiver"
    assert error.exit_code == 7
    assert error.message == (
        "No workflow on the default branch trunk of acme/site listens to infra-change. Did you mean infra-changed "
        f"({FOLDER}/a.yml, {FOLDER}/b.yml) or infra-chang ({FOLDER}/b.yml)?"
    )
    assert error.facts["closest"] == ["infra-changed", "infra-chang"]
    assert "types" in error.hint


def test_the_error_after_sending_says_that_it_was_accepted() -> None:
    error = survey([]).nobody("acme/site", "x", sent=True)
    assert error.message == (
        "GitHub accepted the event, and no workflow on the default branch of acme/site listens to x."
    )


def test_a_disabled_workflow_is_named_as_the_cause() -> None:
    error = survey([listening("[x]", state="disabled_manually")]).nobody("acme/site", "x", sent=False)
    assert f"{FOLDER}/a.yml would, but is disabled manually." in error.message
    assert error.hint.startswith("Enable")


def test_asking_reads_the_files_of_the_repository(stub: Stub, github: GitHub, clock: FakeClock) -> None:
    stub.on("GET", f"/repos/acme/site/contents/{FOLDER}", Answer(200, [{"path": f"{FOLDER}/a.yml"}]))
    stub.on("GET", f"/repos/acme/site/contents/{FOLDER}/a.yml", Answer(200, "on: repository_dispatch"))
    found = ask(github, SITE, SCOPE, Deadline.after(clock, 60))
    assert [receiver.path for receiver in found.hearing("x")] == [f"{FOLDER}/a.yml"]


def test_without_pyyaml_nothing_can_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingLibrary) as caught:
        survey([])
    assert caught.value.library == "PyYAML"
