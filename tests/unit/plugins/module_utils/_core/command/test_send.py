# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`send`, against a stub."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.command import quick
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import (
    Broken,
    Console,
    Screen,
)
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import DISPATCHES, ID
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import TOKEN, Answer, Stub

REQUEST = {"repository": "acme/site", "event_type": "infra-changed", "client_payload": {"path": "C:\\x", "n": 1}}
TEXT = json.dumps(REQUEST)


def accepted(stub: Stub) -> t.Any:
    """Return the payload of the one event that arrived, without our part."""
    (body,) = stub.sent("POST", DISPATCHES)
    assert body["client_payload"].pop("dispatch")["source"]["tool"] in ("cli", "terraform")
    return body


@pytest.fixture
def listening(stub: Stub) -> Stub:
    """A GitHub that accepts."""
    stub.on("POST", DISPATCHES, Answer(204))
    return stub


@pytest.mark.parametrize("form", ["arguments", "stdin", "stdin as file", "file", "variable", "payload file", "env"])
def test_every_way_says_the_same(console: Console, listening: Stub, tmp_path: Path, form: str) -> None:
    path = tmp_path / "request.json"
    plain = ["--repository", "acme/site", "--event-type", "infra-changed"]
    payload = json.dumps(REQUEST["client_payload"])
    if form == "arguments":
        done = console("send", *plain, "--client-payload", payload)
    elif form.startswith("stdin"):
        done = console("send", *(["-"] if form == "stdin" else ["--request-file", "-"]), stdin=TEXT.encode("utf-16"))
    elif form == "file":
        path.write_bytes(b"\xef\xbb\xbf" + json.dumps(REQUEST, indent=1).replace("\n", "\r\n").encode("utf-8"))
        done = console("send", INFRADISPATCH_REQUEST_FILE=str(path))
    elif form == "variable":
        done = console("send", DISPATCH_REQUEST=TEXT)
    elif form == "payload file":
        path.write_bytes(b"\xef\xbb\xbf" + payload.encode("utf-8"))
        done = console("send", *plain, "--client-payload-file", str(path))
    else:
        env = {"INFRADISPATCH_REPOSITORY": "acme/site", "INFRADISPATCH_EVENT_TYPE": "infra-changed"}
        done = console("send", **env, INFRADISPATCH_CLIENT_PAYLOAD=payload)
    assert (done.status, done.out) == (0, ""), done.err
    assert accepted(listening) == {"event_type": "infra-changed", "client_payload": REQUEST["client_payload"]}


def test_programs_get_the_result_of_the_module(console: Console, listening: Stub) -> None:
    done = console("send", "-", "--output", "json", "--no-validate-certs", stdin=TEXT.encode())
    assert (done.status, done.value["outcome"], done.value["changed"]) == (0, "accepted", True)
    assert "validate_certs" in done.value["warnings"][0]
    assert TOKEN not in done.out + done.err


def test_a_refusal_is_told_once_and_ends_as_its_code_says(console: Console, stub: Stub) -> None:
    stub.on("POST", DISPATCHES, Answer(403, {"message": f"no {TOKEN}"}))
    done = console("send", "-", "--output", "json", stdin=TEXT.encode())
    assert (done.status, done.value["error"]["code"]) == (3, "not_permitted")
    assert done.err.count("\n") == 1
    assert TOKEN not in done.out + done.err


def test_a_reader_that_is_gone_changes_nothing_about_the_promise(console: Console, listening: Stub) -> None:
    done = console("send", "-", "--output", "json", stdin=TEXT.encode(), stdout=Broken())
    assert done.status == 0
    assert listening.count("POST", DISPATCHES) == 1


def test_a_dry_run_shows_the_exact_event_and_asks_nobody(console: Console, stub: Stub) -> None:
    done = console("send", "-", "--dry-run", "--dispatch-id", ID, stdin=TEXT.encode(), GITHUB_TOKEN="")
    assert done.status == 0
    assert stub.requests == []
    shown = done.value
    assert shown["client_payload"].pop("dispatch")["id"] == ID
    assert shown == {"event_type": "infra-changed", "client_payload": REQUEST["client_payload"]}


def test_a_dry_run_of_several_names_their_repositories(console: Console) -> None:
    done = console("send", "--dry-run", "--event-type", "x", "--repositories", "acme/site,acme/web")
    assert [event["repository"] for event in done.value["events"]] == ["acme/site", "acme/web"]
    assert done.value["outcome"] == "planned"


def test_an_event_of_terraform_has_the_fingerprint_of_the_preview(console: Console, stub: Stub) -> None:
    done = console("send", "-", "--dry-run", "--source", "terraform", "--source-name", "prod", stdin=TEXT.encode())
    ours = done.value["client_payload"]["dispatch"]
    preview = json.loads(quick.preview(json.dumps({"request": TEXT}).encode()) or b"")
    assert ours["key"] == preview["fingerprint"]
    assert ours["source"] == {"tool": "terraform", "name": "prod"}
    again = console("send", "-", "--dry-run", "--source", "terraform", "--output", "json", stdin=TEXT.encode())
    body = again.value["events"][0]["client_payload"]
    assert len(json.dumps(body, separators=(",", ":"))) == int(preview["payload_bytes"])


@pytest.mark.parametrize("source", ["cli", "terraform"])
def test_what_was_found_goes_with_it(console: Console, source: str) -> None:
    evidence = {"key": "sha256:" + "a1" * 32, "summary": {"hosts": 2}, "changes": [{"host": "a"}]}
    words = ("--kind", "drift", "--evidence", json.dumps(evidence), "--source", source)
    ours = console("send", "-", "--dry-run", *words, stdin=TEXT.encode()).value["client_payload"]["dispatch"]
    assert ours["kind"] == "drift"
    assert {name: ours[name] for name in evidence} == evidence


@pytest.mark.parametrize(
    ("words", "said"), [(["--kind", "odd"], "kind is none of"), (["--evidence", "[]"], "evidence")]
)
def test_what_was_found_has_a_form(console: Console, words: list[str], said: str) -> None:
    done = console("send", "-", "--dry-run", *words, stdin=TEXT.encode())
    assert (done.status, said in done.err) == (2, True)


def test_an_event_by_hand_has_no_fingerprint(console: Console) -> None:
    assert "key" not in console("send", "-", "--dry-run", stdin=TEXT.encode()).value["client_payload"]["dispatch"]


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["-"], {}, "standard input, which is a terminal"),
        (["x.json"], {}, "takes no word but -"),
        (["-", "--request-file", "x"], {}, "- and --request-file are given together"),
        (["--client-payload", "{}", "--client-payload-file", "x"], {}, "client_payload and client_payload_file"),
        (["--source", "ansible"], {}, "source is none of cli, terraform"),
        (["--source-name", "x" * 501], {}, "source_name is no text of up to 500"),
        ([], {}, "No repository is given"),
        ([], {"DISPATCH_REQUEST": '{"token": "canary-7781"}'}, "DISPATCH_REQUEST holds token"),
        ([], {"DISPATCH_REQUEST": "{canary-7781"}, "DISPATCH_REQUEST is not JSON"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_sent(
    console: Console, stub: Stub, words: list[str], env: dict[str, str], said: str
) -> None:
    done = console("send", *words, **env)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert said in done.err
    assert "canary" not in done.err
    assert stub.requests == []


def test_secrets_of_notices_are_masked(console: Console, stub: Stub) -> None:
    stub.on("POST", DISPATCHES, Answer(422, {"message": "no https://127.0.0.1:9/canary-7781"}))
    urls = "https://127.0.0.1:9/canary-7781"
    done = console("send", "-", stdin=TEXT.encode(), INFRADISPATCH_NOTIFY_URLS=urls, INFRADISPATCH_NOTIFY_SECRET="s3cr")
    assert done.status == 4
    assert "Warning: The notice to 127.0.0.1 did not get through" in done.err
    assert "canary" not in done.err


@pytest.mark.parametrize(("screen", "told"), [(Screen, True), (None, False)])
def test_progress_is_told_at_a_terminal_only(console: Console, listening: Stub, screen: t.Any, told: bool) -> None:
    words = ["--wait", "--find-timeout", "1", "--dispatch-id", ID]
    listening.on("GET", "/repos/acme/site/actions/runs", Answer(200, {"workflow_runs": []}))
    done = console("send", "-", *words, stdin=TEXT.encode(), stderr=screen and screen())
    assert done.status == 7
    assert ("looking for its run" in done.err) is told
