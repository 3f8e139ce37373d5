# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One event for a run: what is refused before it, when it is sent, and what is said about it."""

from __future__ import annotations

import json
import platform
import re
import threading
import typing as t
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.playbook import Place, Recap
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._module import CONNECTION_SPEC, NOTIFY_SPEC
from ansible_collections.infradispatch.github.plugins.plugin_utils import _announcement, _playbook

TOKEN = "ghp_" + "aB3dE6" * 6
REPOSITORY = "/api/v3/repos/acme/site"
DISPATCHES = f"{REPOSITORY}/dispatches"
ONE = Recap(hosts=1, ok=1, changed=1)


class Told:
    """What was said, and as what."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.shown: list[str] = []
        self.warned: list[str] = []


@pytest.fixture(autouse=True)
def arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line."""
    monkeypatch.setattr(_playbook.context, "CLIARGS", {"check": False})


@pytest.fixture
def server() -> t.Iterator[HTTPServer]:
    """A GitHub."""
    with HTTPServer(threaded=True) as running:
        yield running


def options(**more: t.Any) -> dict[str, t.Any]:
    """Return the options as the callback gives them."""
    return {
        **dict.fromkeys((*CONNECTION_SPEC, *NOTIFY_SPEC)),
        "repository": "acme/site",
        "event_type": "ansible-{kind}",
        "client_payload": None,
        "dispatch_on": ["changed", "drift"],
        "evidence": "counts",
        "include_tasks": None,
        "include_hosts": None,
        "include_controller": False,
        "wait": False,
        "deadline": 5,
        "token": TOKEN,
        **more,
    }


def announce(
    server: HTTPServer | None, tmp_path: Path, recap: Recap = ONE, *, dry: bool = False, **more: t.Any
) -> Told:
    """Announce that one task changed one host."""
    told = Told()
    url = {"api_url": server.url_for("").rstrip("/")} if server else {}
    announcement = _announcement.Announcement(options(**url, **more), str(tmp_path / "site.yml"))
    gatherer = announcement.gatherer()
    changed = gatherer.task(Place("site.yml", 3, f"Rotate {TOKEN}", "copy", dry=dry))
    if changed is not None:
        gatherer.note(changed, "web1")
    announcement.make(gatherer, recap, {"plays": 1}, show=told.shown.append, warn=told.warned.append)
    return told


def bodies(server: HTTPServer) -> list[dict[str, t.Any]]:
    """Return the events that came."""
    return [json.loads(request.get_data()) for request, _answer in server.log if request.path == DISPATCHES]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"repository": None}, "No repository"),
        ({"repository": "site"}, "site"),
        ({"event_type": "x" * 101}, "100"),
        ({"event_type": None}, "event_type"),
        ({"client_payload": "{"}, "client_payload"),
        ({"client_payload": '{"dispatch": 1}'}, "dispatch"),
        ({"dispatch_on": ["change"]}, "dispatch_on"),
        ({"dispatch_on": []}, "dispatch_on"),
        ({"evidence": "all"}, "evidence"),
        ({"deadline": 0}, "deadline"),
        ({"deadline": -1}, "deadline"),
        ({"api_url": "ftp://x"}, "api_url"),
        ({"token": None}, "token"),
        ({"app_id": "1", "private_key": "x"}, "token"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_before_anything_runs(wrong: dict[str, t.Any], says: str) -> None:
    with pytest.raises(InfradispatchError, match=says) as caught:
        _announcement.Announcement(options(**wrong), "/srv/site.yml")
    assert caught.value.hint


@pytest.mark.parametrize(
    "right",
    [
        {"client_payload": '{"service": "web"}'},
        {"client_payload": {"service": "web"}},
        {"dispatch_on": ["always"], "evidence": "tasks"},
        {"event_type": "mine"},
        {"include_tasks": ["a*"], "include_hosts": ["web*"]},
    ],
    ids=str,
)
def test_what_is_right_is_taken_without_a_request(server: HTTPServer, right: dict[str, t.Any]) -> None:
    announcement = _announcement.Announcement(options(api_url=server.url_for(""), **right), "/srv/site.yml")
    assert announcement.gatherer().counts() == {"changed_tasks": 0, "changed_hosts": 0}
    assert server.log == []


def test_an_event_is_sent_and_said(server: HTTPServer, tmp_path: Path) -> None:
    server.expect_request(DISPATCHES, "POST").respond_with_response(Response(status=204))
    told = announce(server, tmp_path, evidence="tasks", client_payload='{"service": "web"}')
    (body,) = bodies(server)
    said = body["client_payload"]["dispatch"]
    assert body["event_type"] == "ansible-changed"
    assert body["client_payload"]["service"] == "web"
    assert (said["kind"], said["source"]) == ("changed", {"tool": "ansible", "name": "site.yml"})
    assert (said["summary"]["changed_tasks"], said["summary"]["check_mode"]) == (1, False)
    assert said["changes"][0]["task"] == "Rotate ********"
    assert told.warned == []
    assert f"ansible-changed for acme/site: accepted, id {said['id']}" in told.shown[-1]


@pytest.mark.parametrize(
    ("dispatch_on", "dry", "recap", "kind"),
    [
        (["changed", "drift"], True, ONE, "drift"),
        (["failed"], False, Recap(1, 1, 1, 1), "failed"),
        (["always"], False, ONE, "changed"),
    ],
)
def test_the_kind_is_in_the_type(
    server: HTTPServer, tmp_path: Path, dispatch_on: list[str], dry: bool, recap: Recap, kind: str
) -> None:
    server.expect_request(DISPATCHES, "POST").respond_with_response(Response(status=204))
    announce(server, tmp_path, recap, dry=dry, dispatch_on=dispatch_on)
    (body,) = bodies(server)
    assert body["event_type"] == f"ansible-{kind}"
    assert body["client_payload"]["dispatch"]["kind"] == kind


@pytest.mark.parametrize("quiet", [{"dispatch_on": ["drift"]}, {"include_tasks": ["no"]}, {"include_hosts": ["no"]}])
def test_nothing_that_was_chosen_is_nothing_at_all(server: HTTPServer, tmp_path: Path, quiet: t.Any) -> None:
    told = announce(server, tmp_path, **quiet)
    assert (told.shown, told.warned, server.log) == ([], [], [])


def test_the_controller_is_told_on_request_only(server: HTTPServer, tmp_path: Path) -> None:
    server.expect_request(DISPATCHES, "POST").respond_with_response(Response(status=204))
    for include in (False, True):
        announce(server, tmp_path, include_controller=include)
    without, with_it = (body["client_payload"]["dispatch"]["source"] for body in bodies(server))
    assert "controller" not in without
    assert with_it["controller"] == platform.node()


@pytest.mark.parametrize("status", [401, 404, 422])
def test_a_failure_is_one_warning(server: HTTPServer, tmp_path: Path, status: int) -> None:
    """With what was to be sent where, why not, what to do, and without the token."""
    server.expect_request(DISPATCHES, "POST").respond_with_json({"message": f"no {TOKEN}"}, status=status)
    server.expect_request(REPOSITORY).respond_with_json({"full_name": "acme/site"})
    (warning,) = announce(server, tmp_path).warned
    assert warning.startswith("The event ansible-changed for acme/site was not delivered as promised: ")
    assert warning.endswith("The result of the play stays as it is.")
    assert TOKEN not in warning
    assert re.search("[0-9a-f]{32}", warning)


def test_a_failure_before_the_request_is_one_warning(tmp_path: Path) -> None:
    """A program that is started at the end only."""
    (warning,) = announce(None, tmp_path, token=None, app_id="1", signer_command=["/nowhere/signer"]).warned
    assert "signer_command" in warning


def test_a_payload_that_leaves_no_room_is_one_warning(server: HTTPServer, tmp_path: Path) -> None:
    """It fits by itself, and that is all that is known at the start."""
    (warning,) = announce(server, tmp_path, client_payload={"mine": "x" * 65_300}).warned
    assert "was not delivered as promised" in warning
    assert server.log == []


def test_a_run_that_fails_is_one_warning(server: HTTPServer, tmp_path: Path) -> None:
    """With ``wait``; one that cannot be found is as bad."""
    server.expect_request(DISPATCHES, "POST").respond_with_response(Response(status=204))
    server.expect_request(f"{REPOSITORY}/actions/runs").respond_with_json({"total_count": 0, "workflow_runs": []})
    server.expect_request(REPOSITORY).respond_with_json({"full_name": "acme/site"})
    (warning,) = announce(server, tmp_path, wait=True, deadline=2).warned
    assert "ansible-changed for acme/site was accepted, but: " in warning
    assert len(bodies(server)) == 1


def test_a_server_that_never_ends_its_answer(
    server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client gives up by itself; were it not to, somebody else does."""
    go_on = threading.Event()

    def hang(_request: Request) -> Response:
        go_on.wait(30)
        return Response(status=204)

    server.expect_request(DISPATCHES, "POST").respond_with_handler(hang)
    monkeypatch.setattr(_announcement, "_GRACE", -0.9)
    (warning,) = announce(server, tmp_path, deadline=1).warned
    go_on.set()
    assert "the outcome is unknown: there was no answer in 1 s." in warning


def test_a_mistake_of_ours_reaches_the_edge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which words it."""

    def broken(_folder: str) -> t.NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(_announcement, "git_in", broken)
    with pytest.raises(ZeroDivisionError):
        announce(None, tmp_path)


@pytest.mark.parametrize(("status", "dirty"), [("", False), (" M site.yml", True), (None, None)])
def test_the_checkout_is_told(
    server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str | None, dirty: bool | None
) -> None:
    answers = {
        "rev-parse": f"{'a' * 40}\nrefs/heads/main",
        "status": status,
        "config": f"https://x:{TOKEN}@h.invalid/o/n",
    }

    def git(words: t.Sequence[str]) -> str | None:
        return next(text for command, text in answers.items() if command in words)

    monkeypatch.setattr(_announcement, "git_in", lambda _folder: git)
    server.expect_request(DISPATCHES, "POST").respond_with_response(Response(status=204))
    announce(server, tmp_path)
    (body,) = bodies(server)
    said = body["client_payload"]["dispatch"]
    assert said["source"]["repository"] == "o/n"
    assert said["source"]["sha"] == "a" * 40
    assert said["summary"].get("dirty") is dirty
