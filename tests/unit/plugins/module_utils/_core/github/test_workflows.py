# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the workflow files on the default branch."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import (
    InfradispatchError,
    NotFound,
    NotPermitted,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.credentials import Scope
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.urls import Repository
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.workflows import (
    WorkflowFile,
    read_workflows,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

SITE = Repository("acme", "site")
SCOPE = Scope("acme", ("site",), ())
BASE = "/repos/acme/site"
FOLDER = ".github/workflows"
CONTENTS = f"{BASE}/contents/{FOLDER}"
STATES = f"{BASE}/actions/workflows"
Read = t.Callable[[], "list[WorkflowFile]"]


@pytest.fixture
def read(github: GitHub, clock: FakeClock) -> Read:
    """Read the files of the repository."""
    return lambda: read_workflows(github, SITE, SCOPE, Deadline.after(clock, 60))


def listed(*names: str) -> Answer:
    return Answer(200, [{"path": f"{FOLDER}/{name}", "type": "file"} for name in names])


def states(*entries: tuple[str, str, str], **headers: str) -> Answer:
    items = [{"path": f"{FOLDER}/{name}", "name": title, "state": state} for name, title, state in entries]
    return Answer(200, {"total_count": len(items), "workflows": items}, headers)


def test_files_come_with_text_name_and_state(stub: Stub, read: Read) -> None:
    stub.on("GET", CONTENTS, listed("a.yml", "b b.yaml", "README.md", "c.txt"))
    stub.on("GET", f"{CONTENTS}/a.yml", Answer(200, b"\xef\xbb\xbfon: push \xff"))
    stub.on("GET", f"{CONTENTS}/b b.yaml", Answer(200, "on: push"))
    stub.on("GET", STATES, states(("a.yml@main", "A", "disabled_manually")))
    assert read() == [
        WorkflowFile(f"{FOLDER}/a.yml", "on: push \ufffd", "disabled_manually", "A"),
        WorkflowFile(f"{FOLDER}/b b.yaml", "on: push"),
    ]
    assert stub.headers_of("GET", f"{CONTENTS}/a.yml")[0]["accept"] == "application/vnd.github.raw+json"


def test_states_are_read_page_by_page(stub: Stub, read: Read) -> None:
    stub.on("GET", CONTENTS, listed("a.yml", "b.yml"))
    for name in ("a.yml", "b.yml"):
        stub.on("GET", f"{CONTENTS}/{name}", Answer(200, "on: push"))
    following = f'<{stub.api_url}{STATES}?page=2>; rel="next"'
    stub.on("GET", STATES, states(("a.yml", "A", "active"), Link=following), states(("b.yml", "B", "active")))
    assert [(file.name, file.state) for file in read()] == [("A", "active"), ("B", "active")]


@pytest.mark.parametrize("answer", [Answer(403, {"message": "Resource not accessible"}), Answer(200, "<html>")])
def test_states_are_nice_to_have(stub: Stub, read: Read, answer: Answer) -> None:
    stub.on("GET", CONTENTS, listed("a.yml"))
    stub.on("GET", f"{CONTENTS}/a.yml", Answer(200, "on: push"))
    stub.on("GET", STATES, answer)
    assert read() == [WorkflowFile(f"{FOLDER}/a.yml", "on: push")]
    assert stub.count("GET", STATES) == 1


def test_a_rate_limit_while_reading_states_leaves_them_open(stub: Stub, read: Read) -> None:
    stub.on("GET", CONTENTS, listed())
    stub.on("GET", STATES, Answer(429, {"message": "secondary rate limit"}, {"Retry-After": "600"}))
    assert read() == []


def test_a_file_that_vanishes_is_not_taken_for_silence(stub: Stub, read: Read) -> None:
    stub.on("GET", CONTENTS, listed("a.yml"))
    assert read() == [WorkflowFile(f"{FOLDER}/a.yml", None)]


def test_more_files_than_are_read_are_not_taken_for_silence(stub: Stub, read: Read) -> None:
    names = [f"{number:03}.yml" for number in range(102)]
    stub.on("GET", CONTENTS, listed(*names))
    for name in names:
        stub.on("GET", f"{CONTENTS}/{name}", Answer(200, ""))
    found = read()
    assert [file.text for file in found] == [""] * 100 + [None] * 2


def test_a_repository_without_workflows_has_none(stub: Stub, read: Read) -> None:
    stub.on("GET", BASE, Answer(200, {"full_name": "acme/site"}))
    assert read() == []


@pytest.mark.parametrize(
    ("path", "answer", "error"),
    [
        (CONTENTS, Answer(404, {"message": "Not Found"}), NotFound),
        (CONTENTS, Answer(403, {"message": "Resource not accessible by personal access token"}), NotPermitted),
        (CONTENTS, Answer(200, {"type": "file"}), InfradispatchError),
    ],
)
def test_files_that_cannot_be_read_are_an_error(
    stub: Stub, read: Read, path: str, answer: Answer, error: type[InfradispatchError]
) -> None:
    stub.on("GET", path, answer)
    with pytest.raises(error) as caught:
        read()
    assert "acme/site" in str(caught.value)
