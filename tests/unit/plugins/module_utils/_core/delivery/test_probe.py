# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions about a token and a repository, of which GitHub refuses some."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.probe import Probe
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import (
    InfradispatchError,
    RateLimited,
    Unreachable,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.client import GitHub
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import SITE
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import (
    Answer,
    FakeClock,
    Stub,
)

REPOSITORY = "/repos/acme/site"
FOUND = Answer(200, {"full_name": "acme/site"})
Make = t.Callable[..., Probe]


@pytest.fixture
def make(opened: t.Callable[..., GitHub], clock: FakeClock) -> Make:
    """Make probes with a token."""

    def start(token: str = "ghp_x") -> Probe:
        return Probe(opened(token=token), SITE, Deadline.after(clock, 60))

    return start


def codes(probe: Probe) -> list[str]:
    return [error.code for error in probe.refusals]


@pytest.mark.parametrize(
    ("token", "path", "kind"),
    [
        ("ghp_x", "/user", "classic"),
        ("github_pat_x", "/user", "fine_grained"),
        ("plain", "/user", "unknown"),
        ("ghs_x", "/installation/repositories", "installation"),
    ],
)
def test_a_token_is_asked_at_the_endpoint_of_its_kind(stub: Stub, make: Make, token: str, path: str, kind: str) -> None:
    stub.on("GET", path, Answer(200, {"login": "octocat", "repository_selection": "selected"}))
    probe = make(token)
    asked = probe.ask_as_token()
    assert (asked.kind, asked.accepted, asked.can_read) == (kind, True, True)
    assert (asked.shown["login"], asked.shown["repository_selection"]) == ("octocat", "selected")
    assert (len(stub.requests), probe.refusals, probe.of_app) == (1, [], False)


@pytest.mark.parametrize("token", ["ghr_x", "eyJhbGciOiJSUzI1NiJ9.e30.x"])
def test_what_can_send_nothing_is_not_even_tried(stub: Stub, make: Make, token: str) -> None:
    probe = make(token)
    assert probe.ask_as_token().accepted is False
    assert codes(probe) == ["not_authenticated"]
    assert stub.requests == []
    assert token not in str(probe.refusals[0])


def test_a_token_that_github_does_not_know(stub: Stub, make: Make) -> None:
    stub.on("GET", "/user", Answer(401, {"message": "Bad credentials"}))
    probe = make()
    asked = probe.ask_as_token()
    assert (asked.accepted, asked.can_read, codes(probe)) == (False, False, ["not_authenticated"])


def test_a_token_of_an_app_without_its_prefix(stub: Stub, make: Make) -> None:
    stub.on("GET", "/user", Answer(403, {"message": "Resource not accessible by integration"}))
    probe = make("plain")
    assert probe.ask_as_token().kind == "installation"
    assert probe.refusals == []


def test_a_refusal_of_the_self_test_is_kept(stub: Stub, make: Make) -> None:
    stub.on("GET", "/user", Answer(403, {"message": "your IP allow list"}))
    probe = make()
    assert probe.ask_as_token().accepted is True
    assert codes(probe) == ["not_permitted"]


def test_a_server_in_trouble_is_no_answer(stub: Stub, make: Make) -> None:
    stub.on("GET", "/user", Answer(502, "<html>"))
    with pytest.raises(Unreachable):
        make().ask_as_token()


def test_a_rate_limit_beyond_the_deadline_is_no_answer(stub: Stub, make: Make) -> None:
    stub.on("GET", "/user", Answer(429, {"message": "secondary rate limit"}, {"Retry-After": "600"}))
    with pytest.raises(RateLimited):
        make().ask_as_token()


@pytest.mark.parametrize(
    ("answer", "visible", "code"),
    [
        (FOUND, True, None),
        (Answer(404, {"message": "Not Found"}), False, "not_found"),
        (Answer(403, {"message": "no"}, {"X-GitHub-SSO": "required; url=https://x.test/sso"}), False, "not_permitted"),
        (Answer(401, {"message": "Bad credentials"}), False, "not_authenticated"),
        (Answer(451, {"message": "Repository access blocked"}), True, "rejected"),
    ],
)
def test_a_repository_is_seen_or_not(stub: Stub, make: Make, answer: Answer, visible: bool, code: str | None) -> None:
    stub.on("GET", REPOSITORY, answer)
    probe = make()
    assert probe.ask_repository() is visible
    assert codes(probe) == ([code] if code else [])
    assert (probe.found is not None) is (code is None)


def test_something_else_than_a_repository_is_no_answer(stub: Stub, make: Make) -> None:
    stub.on("GET", REPOSITORY, Answer(200, {"hello": "world"}))
    with pytest.raises(Unreachable):
        make().ask_repository()


def test_files_that_may_not_be_read_are_not_known(stub: Stub, make: Make) -> None:
    stub.on("GET", f"{REPOSITORY}/contents/.github/workflows", Answer(403, {"message": "not accessible"}))
    probe = make()
    assert probe.ask_files() is None
    assert probe.ask_runs()["contents"] is False


@pytest.mark.parametrize(
    ("answer", "enabled"),
    [
        (Answer(200, {"enabled": True}), True),
        (Answer(200, {"enabled": False}), False),
        (Answer(200, {"enabled": "odd"}), None),
        (Answer(403, {"message": "no", "enabled": True}), None),
        (Answer(404), None),
    ],
)
def test_whether_actions_are_enabled(stub: Stub, make: Make, answer: Answer, enabled: bool | None) -> None:
    stub.on("GET", f"{REPOSITORY}/actions/permissions", answer)
    probe = make()
    assert probe.ask_actions() is enabled
    assert probe.refusals == []


@pytest.mark.parametrize(
    ("answer", "reads"),
    [(Answer(200, {}), True), (Answer(403), False), (Answer(404), False), (Answer(422), None)],
)
def test_whether_runs_may_be_read(stub: Stub, make: Make, answer: Answer, reads: bool | None) -> None:
    stub.on("GET", f"{REPOSITORY}/actions/runs", answer)
    assert make().ask_runs() == {"actions": reads, "contents": None}


def test_the_version_is_taken_from_answers_at_hand(stub: Stub, make: Make) -> None:
    stub.on("GET", REPOSITORY, FOUND._replace(headers={"X-GitHub-Enterprise-Version": "3.19.1"}))
    probe = make()
    assert probe.ask_version() is None
    probe.ask_repository()
    assert probe.ask_version() == "3.19.1"
    assert len(stub.requests) == 1


def test_the_version_is_asked_for_when_no_answer_tells_it(stub: Stub, make: Make) -> None:
    stub.on("GET", "/user", Answer(200, {"login": "octocat"}))
    stub.on("GET", "/meta", Answer(200, {"installed_version": "3.17.0"}))
    probe = make()
    probe.credential = probe.ask_as_token()
    assert probe.ask_version() == "3.17.0"


def test_nobody_is_asked_for_the_version_with_a_bad_token(stub: Stub, make: Make) -> None:
    stub.on("GET", "/user", Answer(401, {"message": "Bad credentials"}))
    probe = make()
    probe.credential = probe.ask_as_token()
    assert probe.ask_version() is None
    assert len(stub.requests) == 1


def test_the_clocks_are_compared_once(stub: Stub, clock: FakeClock, make: Make) -> None:
    clock.skew = -540
    stub.on("GET", REPOSITORY, FOUND)
    probe = make()
    assert probe.skew is None
    probe.ask_repository()
    clock.skew = 0
    probe.ask_repository()
    assert probe.skew == 540


def test_an_answer_without_a_date_tells_no_skew(stub: Stub, make: Make) -> None:
    stub.date = "yesterday"
    stub.on("GET", REPOSITORY, FOUND)
    probe = make()
    probe.ask_repository()
    assert probe.skew is None


def test_the_same_refusal_is_kept_once(make: Make) -> None:
    probe = make()
    for message in ("a", "b", "a"):
        probe.keep(InfradispatchError(message))
    assert [error.message for error in probe.refusals] == ["a", "b"]
