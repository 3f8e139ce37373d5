# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class A: the callback itself fails (P33). The run ends as it would without it; there is one warning, and it helps."""

from __future__ import annotations

import re
import socket
import threading
import time
import typing as t
from pathlib import Path

import pytest
from cases.support import expect
from cases.support.announce import Ended, failing, lay_out, one_play, run, said, says, settings_of, task
from cases.support.world import World

BOOKS = {"green": one_play(task()), "red": one_play(task(), failing())}
CODES = {"green": 0, "red": 2}
SHORT = {"INFRADISPATCH_DEADLINE": "3"}
MISSING = "raise ModuleNotFoundError('no library here', name=__name__)\n"


class Row(t.NamedTuple):
    """What is wrong: in the environment, or with the server. ``words`` are in the warning; ``sent``: it arrived."""

    env: dict[str, str]
    words: tuple[str, ...]
    fault: dict[str, t.Any] | None = None
    script: dict[str, t.Any] | None = None
    sent: bool = False


DISPATCHES = {"method": "POST", "path": r"/dispatches$", "times": None}
TO = ("ansible-changed", "acme/site")
ROWS: dict[str, Row] = {
    # The way to GitHub.
    "server down": Row({"GITHUB_API_URL": "http://127.0.0.1:1", **SHORT}, (*TO, "127.0.0.1")),
    "name not found": Row({"GITHUB_API_URL": "https://github.invalid", **SHORT}, (*TO, "github.invalid")),
    "401": Row({"INFRADISPATCH_TOKEN": "ghp_" + "x" * 36}, (*TO, "Bad credentials", "token")),
    "403": Row(
        {}, (*TO, "contents: write"), {**DISPATCHES, "status": 403, "body": {"message": "Resource not accessible"}}
    ),
    "404": Row({"INFRADISPATCH_REPOSITORY": "acme/gone"}, ("ansible-changed", "acme/gone")),
    "422": Row({}, (*TO, "422"), {**DISPATCHES, "status": 422, "body": {"message": "Invalid request."}}),
    "redirect": Row({}, TO, {**DISPATCHES, "status": 301, "headers": {"location": "https://elsewhere.invalid/"}}),
    "reset": Row(SHORT, (*TO, "may have"), {**DISPATCHES, "reset": True}),
    "502 before": Row(SHORT, (*TO, "502"), {**DISPATCHES, "status": 502, "body": "<html>bad</html>"}),
    "502 after": Row(
        SHORT, (*TO, "502"), {**DISPATCHES, "status": 502, "after_commit": True}, {"visible_after": None}, sent=True
    ),
    "hangs": Row(SHORT, TO, {**DISPATCHES, "hang": True}),
    "hangs at once": Row(SHORT, TO, {"hang": True, "times": None}),
    # What it was told.
    "no credentials": Row({"GITHUB_APP_ID": "", "GITHUB_APP_PRIVATE_KEY": ""}, ("GITHUB_TOKEN",)),
    "bad key": Row({"GITHUB_APP_PRIVATE_KEY": "nonsense"}, ("key",)),
    "no key file": Row(
        {"GITHUB_APP_PRIVATE_KEY": "", "INFRADISPATCH_PRIVATE_KEY_PATH": "/nonexistent/key.pem"}, ("/nonexistent",)
    ),
    "no repository": Row({"INFRADISPATCH_REPOSITORY": ""}, ("INFRADISPATCH_REPOSITORY",)),
    "half a repository": Row({"INFRADISPATCH_REPOSITORY": "site"}, ("owner/name",)),
    "dispatch_on": Row({"INFRADISPATCH_DISPATCH_ON": "changed,never"}, ("dispatch_on", "drift")),
    "evidence": Row({"INFRADISPATCH_EVIDENCE": "everything"}, ("evidence", "counts, tasks")),
    "event_type": Row({"INFRADISPATCH_EVENT_TYPE": "x" * 101}, ("event_type", "100")),
    "payload": Row({"INFRADISPATCH_CLIENT_PAYLOAD": "a: 1"}, ("client_payload", "JSON")),
    "payload list": Row({"INFRADISPATCH_CLIENT_PAYLOAD": "[1]"}, ("client_payload",)),
    "reserved": Row({"INFRADISPATCH_CLIENT_PAYLOAD": '{"dispatch": {}}'}, ("dispatch",)),
    "deadline": Row({"INFRADISPATCH_DEADLINE": "0"}, ("deadline",)),
    "timeout": Row({"INFRADISPATCH_TIMEOUT": "0"}, ("timeout",)),
    "notify_urls": Row({"INFRADISPATCH_NOTIFY_URLS": "example.com"}, ("notify_urls",)),
    # What came of it.
    "failing run": Row({"INFRADISPATCH_WAIT": "true"}, (*TO, "failure"), None, {"conclusion": "failure"}, sent=True),
    "cancelled run": Row({"INFRADISPATCH_WAIT": "true"}, (*TO, "cancel"), None, {"conclusion": "cancelled"}, sent=True),
    "endless run": Row(
        {"INFRADISPATCH_WAIT": "true", **SHORT}, TO, None, {"statuses": ["queued", ["in_progress", 1]]}, sent=True
    ),
    "no run": Row({"INFRADISPATCH_WAIT": "true", **SHORT}, TO, None, {"visible_after": None}, sent=True),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """How the playbooks end without the callback."""
    ends = {}
    for name, book in BOOKS.items():
        folder = tmp_path_factory.mktemp(name)
        lay_out(folder, book)
        ends[name] = run(folder, env={})
    return ends


def same_end(result: Ended, without: Ended) -> None:
    """Nothing but the warning is different."""
    assert result.code == without.code, result.stderr
    assert result.recap == without.recap
    assert lines(result) == lines(without)


def lines(result: Ended) -> list[str]:
    """What was printed, in some order and without the folder of the playbook."""
    return sorted(re.sub(r"/\S+/play.yml", "play.yml", result.stdout).splitlines())


def failed(world: World, folder: Path, plain: dict[str, Ended], color: str, row: Row, *words: str) -> str:
    """Run one of the playbooks, look at what every failure owes, and return the one warning."""
    if row.fault is not None:
        world.github.faults.add(**row.fault)
    if row.script is not None:
        world.github.script_runs("acme/site", **row.script)
    lay_out(folder, BOOKS[color])
    result = run(folder, *words, "-i", "hosts.yml", "play.yml", env={**settings_of(world), **row.env})
    assert len(result.warnings) == 1, result.stderr
    [warning] = result.warnings
    if not words:
        same_end(result, plain[color])
        assert "".join(result.stderr.split()).endswith("".join(warning.split())), result.stderr
    for wanted in row.words:
        assert says(warning, wanted), warning
    assert "Traceback" not in result.stderr
    assert "mistake" not in warning
    assert len(warning) < 900
    assert len(said(world)) == row.sent
    expect.nothing_secret(world, result.stdout + result.stderr, *(v for n, v in row.env.items() if "TOKEN" in n))
    return warning


@pytest.mark.parametrize("color", BOOKS)
@pytest.mark.parametrize("name", ROWS)
def test_one_warning_and_the_same_end(
    live: World, tmp_path: Path, plain: dict[str, Ended], name: str, color: str
) -> None:
    assert plain[color].code == CODES[color]
    failed(live, tmp_path, plain, color, ROWS[name])


@pytest.mark.parametrize(
    ("name", "value"), [("DEADLINE", "soon"), ("TIMEOUT", "never"), ("WAIT", "[]"), ("WAIT", "perhaps")]
)
def test_values_that_ansible_refuses(
    live: World, tmp_path: Path, plain: dict[str, Ended], name: str, value: str
) -> None:
    """Ansible itself warns, once, and goes on without the callback; or it takes the value for no."""
    lay_out(tmp_path, BOOKS["green"])
    result = run(tmp_path, env=settings_of(live, **{f"INFRADISPATCH_{name}": value}))
    same_end(result, plain["green"])
    if name == "WAIT":
        assert result.stderr == ""
        assert len(said(live)) == 1
    else:
        assert result.stderr.count("[WARNING]") == 1
        assert name.lower() in result.stderr
        assert said(live) == []


@pytest.mark.parametrize("library", ["requests", "jwt", "cryptography"])
def test_a_library_is_missing(live: World, tmp_path: Path, plain: dict[str, Ended], library: str) -> None:
    lay_out(tmp_path, BOOKS["green"])
    (tmp_path / "shadow" / library).mkdir(parents=True)
    (tmp_path / "shadow" / library / "__init__.py").write_text(MISSING)
    if library == "cryptography":
        pytest.importorskip("jwt")  # it is what asks for the other
    result = run(tmp_path, env=settings_of(live, PYTHONPATH=str(tmp_path / "shadow")))
    same_end(result, plain["green"])
    [warning] = result.warnings
    assert {"requests": "requests", "jwt": "PyJWT", "cryptography": "cryptography"}[library] in warning
    assert "Traceback" not in result.stderr
    assert said(live) == []


def test_silence_after_a_warning(live: World, tmp_path: Path) -> None:
    """Also at a high verbosity, and with another playbook in the same command."""
    lay_out(tmp_path, one_play(task(), serial=1), second=one_play(task()))
    words = ("-vvv", "-i", "hosts.yml", "play.yml", "second.yml")
    result = run(tmp_path, *words, env={**settings_of(live), "INFRADISPATCH_REPOSITORY": ""})
    assert result.code == 0
    assert len(result.warnings) == 1
    assert live.requests() == []


def trickle(sock: socket.socket, end: threading.Event, head: bytes) -> None:
    """Answer every request by a byte now and then, for ever."""
    sock.settimeout(0.2)
    while not end.is_set():
        try:
            there, _address = sock.accept()
        except OSError:
            continue
        threading.Thread(target=_bytes, args=(there, end, head), daemon=True).start()


def _bytes(there: socket.socket, end: threading.Event, head: bytes) -> None:
    with there:
        try:
            there.sendall(head)
            while not end.wait(0.1):
                there.sendall(b"x")
        except OSError:
            pass


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"]
)
def test_a_server_that_trickles_for_ever(live: World, tmp_path: Path, plain: dict[str, Ended], head: bytes) -> None:
    """The limits of a request count from byte to byte; that of the callback does not."""
    end = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server = threading.Thread(target=trickle, args=(sock, end, head))
        server.start()
        lay_out(tmp_path, BOOKS["green"])
        api_url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        began = time.monotonic()
        result = run(tmp_path, env=settings_of(live, INFRADISPATCH_API_URL=api_url, INFRADISPATCH_DEADLINE="2"))
        took = time.monotonic() - began
        end.set()
        server.join()
    same_end(result, plain["green"])
    assert len(result.warnings) == 1, result.stderr
    assert says(result.warnings[0], "ansible-changed for acme/site")
    assert took < 60  # 2 s, 2 more for what hangs, and what Ansible takes; without a limit it never ends


def test_an_answer_that_is_lost_is_no_failure(live: World, tmp_path: Path) -> None:
    """The run that carries the id shows that the event arrived."""
    live.github.faults.add(**DISPATCHES, status=502, after_commit=True)
    lay_out(tmp_path, BOOKS["green"])
    result = run(tmp_path, "-v", "-i", "hosts.yml", "play.yml", env=settings_of(live))
    assert result.warnings == []
    assert "started" in result.stderr
    assert len(said(live)) == 1


def test_a_warning_about_a_good_event_is_one_line_too(live: World, tmp_path: Path) -> None:
    lay_out(tmp_path, BOOKS["green"])
    result = run(tmp_path, env=settings_of(live, INFRADISPATCH_VALIDATE_CERTS="false"))
    assert len(result.warnings) == 1
    assert says(result.warnings[0], "validate_certs is false")
    assert len(said(live)) == 1
