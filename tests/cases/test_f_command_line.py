# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class F: the real command, as Terraform, a shell and Windows call it (P36, P37), and its table of statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from cases.support.world import EVENT_TYPE, FILES, REPOSITORY, World

from ansible_collections.infradispatch.github.plugins.module_utils._core import cli

CORE = Path(cli.__file__).resolve().parent
LAUNCHER = CORE.parents[2] / "terraform" / "github_dispatch.py"
REQUEST = {"repository": REPOSITORY, "event_type": EVENT_TYPE, "client_payload": {"service": "web"}}
CANARY = "ghp_CanaryCanary7781Canary7781Canary"


class Done(t.NamedTuple):
    """How the command ended."""

    status: int
    out: bytes
    err: str

    @property
    def value(self) -> t.Any:
        return json.loads(self.out)


def run(*words: str, data: bytes | None = None, flags: t.Sequence[str] = (), module: bool = False, **env: str) -> Done:
    """Run the command from its launcher, or as a module."""
    how = ["-m", "_core.cli"] if module else [str(LAUNCHER)]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    given = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    done = subprocess.run(
        [sys.executable, *flags, *how, *words],
        capture_output=True,
        check=False,
        timeout=120,
        env={**kept, **({"PYTHONPATH": str(CORE.parent)} if module else {}), **env},
        **given,  # type: ignore[call-overload]
    )
    return Done(done.returncode, done.stdout, done.stderr.decode("utf-8"))


def env_of(world: World, **more: str) -> dict[str, str]:
    """Return the environment of a user with a token."""
    return {"GITHUB_API_URL": world.github.base_url, "GITHUB_TOKEN": world.pat, **more}


def query(**parts: str) -> bytes:
    return json.dumps({"repository": REPOSITORY, "event_type": EVENT_TYPE, **parts}).encode("utf-8")


def texts(done: Done) -> dict[str, str]:
    """Return the answer of the protocol, held to its letter."""
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(b"{")
    assert done.out.isascii()
    value = json.loads(done.out)
    assert all(isinstance(item, str) for item in value.values())
    return t.cast("dict[str, str]", value)


# -- P36: the protocol of data "external"


@pytest.mark.parametrize("module", [False, True])
@pytest.mark.parametrize("flags", [(), ("-W", "always"), ("-X", "dev")])
def test_p36_one_object_of_texts_and_nothing_else(live: World, module: bool, flags: tuple[str, ...]) -> None:
    done = run("external", data=query(client_payload='{"n": 1}'), module=module, flags=flags, **env_of(live))
    assert texts(done)["would_send"] == "true"
    assert live.github.requests == []


def test_p36_the_same_question_has_the_same_answer() -> None:
    one = run("external", data=query(client_payload='{"a": 1, "b": "\u00e9"}'))
    two = run("external", data=query(client_payload='{"b":"\\u00e9","a":1}'), PYTHONHASHSEED="7", LC_ALL="C")
    assert texts(one) == texts(two)


def test_p36_a_value_of_a_megabyte_is_read_and_refused_by_its_size() -> None:
    done = run("external", data=query(client_payload=json.dumps({"a": "x" * 1_000_000})))
    assert (done.status, done.out, done.err.count("\n")) == (2, b"", 1)
    assert "65,535" in done.err


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"\xff\xff\xff",
        query(unknown="x"),
        b'{"event_type": "x"}',
        query(token=CANARY),
        query(client_payload=CANARY),
    ],
)
@pytest.mark.parametrize("flags", [(), ("-X", "dev", "-W", "always")])
def test_p36_a_failure_is_one_line_and_no_answer(data: bytes | None, flags: tuple[str, ...]) -> None:
    done = run("external", data=data, flags=flags)
    assert (done.status, done.out, done.err.count("\n")) == (2, b"", 1)
    assert "Traceback" not in done.err
    assert CANARY not in done.err


def test_p36_a_pipe_that_stays_open_is_not_waited_for() -> None:
    process = subprocess.Popen(
        [sys.executable, str(LAUNCHER), "external"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(query())
    process.stdin.flush()
    assert json.loads(process.stdout.read())["outcome"] == "planned"
    process.stdin.close()
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.mark.skipif(os.name != "posix", reason="terminals of Unix")
@pytest.mark.parametrize("words", [("external",), ("send", "-"), ("send", "--request-file", "-")])
def test_p36_nobody_is_waited_for_at_a_terminal(words: tuple[str, ...]) -> None:
    import pty

    master, slave = pty.openpty()
    try:
        command = [sys.executable, str(LAUNCHER), *words]
        done = subprocess.run(command, stdin=slave, capture_output=True, check=False, timeout=20)
    finally:
        os.close(master)
        os.close(slave)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"a terminal" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
@pytest.mark.parametrize(("close", "status"), [(">&-", 2), ("<&-", 2), ("2>&-", 0)])
def test_p36_streams_that_are_closed(close: str, status: int, tmp_path: Path) -> None:
    path = tmp_path / "query.json"
    path.write_bytes(query())
    redirect = "" if close == "<&-" else f"< {path}"
    script = f"exec {sys.executable} {LAUNCHER} external {redirect} {close}"
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=False, timeout=20)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr


def test_p36_a_lookup_reads_only_and_never_fails_a_plan(live: World) -> None:
    key = texts(run("external", data=query(client_payload='{"service": "web"}')))["fingerprint"]
    asked = query(client_payload='{"service": "web"}', lookup="true")
    assert texts(run("external", data=asked, **env_of(live)))["lookup"] == "none"
    sent = run("send", "-", "--wait", "--dispatch-id", key[7:39], data=json.dumps(REQUEST).encode(), **env_of(live))
    assert sent.status == 0, sent.err
    found = texts(run("external", data=asked, **env_of(live)))
    assert (found["lookup"], found["run_conclusion"]) == ("found", "success")
    assert {request.method for request in live.github.requests} - {"GET"} == {"POST"}
    assert live.accepted == 1
    unreachable = texts(run("external", data=asked, GITHUB_API_URL="http://127.0.0.1:9", GITHUB_TOKEN=CANARY))
    assert unreachable["lookup"] == "unknown"
    assert CANARY not in json.dumps(unreachable)


# -- P37: values through shells, Windows, and their size

HARD = ["C:\\Users\\o'neil\\x", 'a "b" c', "$HOME", "`id`", "%PATH%", "a\nb", "end\\", "\u20ac\U0001f600", "x" * 60_000]


@pytest.mark.parametrize("way", ["stdin", "file", "variable", "payload file", "argument"])
@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16", "crlf"])
def test_p37_every_value_arrives_as_it_is(live: World, tmp_path: Path, way: str, form: str) -> None:
    payload = {f"v{number}": value for number, value in enumerate(HARD)}
    whole = payload if way == "payload file" else {**REQUEST, "client_payload": payload}
    text = json.dumps(whole, ensure_ascii=False, indent=1)
    data = text.replace("\n", "\r\n").encode("utf-8") if form == "crlf" else text.encode(form)
    path = tmp_path / "a request with 'quotes'.json"
    path.write_bytes(data)
    plain = ("--repository", REPOSITORY, "--event-type", EVENT_TYPE)
    if way == "stdin":
        done = run("send", "-", data=data, **env_of(live))
    elif way == "file":
        done = run("send", "--request-file", str(path), **env_of(live))
    elif way == "payload file":
        done = run("send", *plain, "--client-payload-file", str(path), **env_of(live))
    elif way == "variable":
        done = run("send", **env_of(live, DISPATCH_REQUEST=json.dumps(whole)))
    else:
        done = run("send", *plain, "--client-payload", json.dumps(payload), **env_of(live))
    assert (done.status, done.out) == (0, b""), done.err
    (event,) = live.github.events(REPOSITORY)
    assert {name: value for name, value in event.client_payload.items() if name != "dispatch"} == payload


@pytest.mark.parametrize("way", ["stdin", "file", "variable"])
def test_p37_what_is_too_long_for_github_is_refused_before_it_is_sent(live: World, tmp_path: Path, way: str) -> None:
    text = json.dumps({**REQUEST, "client_payload": {"a": "x" * 110_000}})
    path = tmp_path / "request.json"
    path.write_text(text, encoding="utf-8")
    words = {"stdin": ("-",), "file": ("--request-file", str(path)), "variable": ()}[way]
    more = {"DISPATCH_REQUEST": text} if way == "variable" else {}
    done = run("send", *words, data=text.encode(), **env_of(live, **more))
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "65,535" in done.err
    assert live.github.requests == []


@pytest.mark.parametrize("name", ["token", "private-key", "notify-secret", "notify-urls"])
def test_p37_a_secret_is_no_argument(live: World, name: str) -> None:
    done = run("send", f"--{name}", CANARY, "-", data=json.dumps(REQUEST).encode(), **env_of(live))
    assert (done.status, done.out) == (2, b"")
    assert "is a secret" in done.err
    assert CANARY not in done.err
    assert live.github.requests == []


@pytest.mark.parametrize("way", ["variable", "own variable", "file"])
def test_p37_a_secret_comes_by_environment_or_file(live: World, tmp_path: Path, way: str) -> None:
    path = tmp_path / "token"
    path.write_text(live.pat + "\r\n", encoding="utf-8")
    env = {"GITHUB_API_URL": live.github.base_url}
    env |= {"variable": {"GH_TOKEN": live.pat}, "own variable": {"INFRADISPATCH_TOKEN": live.pat}}.get(way, {})
    words = ("--token-file", str(path)) if way == "file" else ()
    done = run("send", "-", *words, data=json.dumps(REQUEST).encode(), **env)
    assert done.status == 0, done.err
    assert live.accepted == 1


# -- the statuses, each by a fault of the server


def test_status_1_is_a_bug_of_ours_in_one_line(live: World, tmp_path: Path) -> None:
    (tmp_path / "requests.py").write_text(f"raise RuntimeError('{CANARY}')", encoding="utf-8")
    env = env_of(live, PYTHONPATH=str(tmp_path))
    done = run("send", "-", data=json.dumps(REQUEST).encode(), **env)
    assert (done.status, done.out, done.err.count("\n")) == (1, b"", 1)
    assert CANARY not in done.err
    shown = run("send", "-", data=json.dumps(REQUEST).encode(), **env, INFRADISPATCH_DEBUG="1")
    assert "Traceback" in shown.err
    assert CANARY not in shown.err


QUICKLY = ("--deadline", "2", "--timeout", "2")
EVENT = r"/dispatches$"
FAULTS: list[tuple[str, int, dict[str, t.Any], tuple[str, ...]]] = [
    ("not_authenticated", 3, {"status": 401}, ()),
    ("not_permitted", 3, {"status": 403}, ()),
    ("not_found", 4, {"status": 404}, ()),
    ("rejected", 4, {"status": 422}, ()),
    ("rate_limited", 5, {"status": 429, "headers": {"Retry-After": "600"}}, ()),
    ("outcome_unknown", 6, {"status": 502}, ("--find-timeout", "1")),
]


@pytest.mark.parametrize(
    ("code", "status", "fault", "words"), FAULTS, ids=lambda item: item if isinstance(item, str) else ""
)
def test_each_status_by_a_fault(
    live: World, code: str, status: int, fault: dict[str, t.Any], words: tuple[str, ...]
) -> None:
    live.github.faults.add(method="POST", path=EVENT, **fault)
    done = run("send", "-", "--output", "json", *QUICKLY, *words, data=json.dumps(REQUEST).encode(), **env_of(live))
    assert (done.status, done.value["error"]["code"]) == (status, code), done.err
    assert done.err.startswith("Error: ")
    assert live.pat not in done.err + done.out.decode()


def test_statuses_2_3_and_5_before_anything_is_sent(live: World) -> None:
    request = json.dumps(REQUEST).encode()
    bad_key = env_of(live, GITHUB_TOKEN="", GITHUB_APP_ID="1", GITHUB_APP_PRIVATE_KEY=CANARY)
    for env, status, code in (
        ({"GITHUB_API_URL": live.github.base_url}, 2, "invalid_input"),
        (bad_key, 3, "bad_key"),
        ({"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_TOKEN": CANARY}, 5, "unreachable"),
    ):
        done = run("send", "-", "--output", "json", *QUICKLY, data=request, **env)
        assert (done.status, done.value["error"]["code"]) == (status, code)
        assert CANARY not in done.err + done.out.decode()
    assert live.accepted == 0


def test_status_2_without_the_http_library(live: World, tmp_path: Path) -> None:
    (tmp_path / "requests.py").write_text("raise ImportError", encoding="utf-8")
    env = env_of(live, PYTHONPATH=str(tmp_path))
    done = run("send", "-", "--output", "json", data=json.dumps(REQUEST).encode(), **env)
    assert (done.status, done.value["error"]["code"]) == (2, "missing_library")
    assert texts(run("external", data=query(), **env))["would_send"] == "true"


def test_statuses_7_8_and_9_of_runs(live: World) -> None:
    def send(*words: str) -> tuple[int, str]:
        done = run("send", "-", "--wait", "--output", "json", *words, data=json.dumps(REQUEST).encode(), **env_of(live))
        return done.status, done.value["error"]["code"]

    live.github.script_runs(REPOSITORY, statuses=["queued", "completed"], conclusion="failure")
    assert send() == (8, "run_unsuccessful")
    live.github.script_runs(REPOSITORY, statuses=["in_progress"])
    assert send("--wait-timeout", "2") == (9, "wait_timeout")
    live.github.script_runs(REPOSITORY, visible_after=None)
    assert send("--find-timeout", "1") == (7, "run_not_found")
    live.github.add_repository("acme/deaf", files={})
    required = ("--repository", "acme/deaf", "--verify-receiver", "require")
    assert send(*required) == (7, "no_receiver")


def test_status_130_on_an_interrupt_and_143_on_a_request_to_end(live: World) -> None:
    import signal

    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        live.github.script_runs(REPOSITORY, statuses=["in_progress"])
        process = subprocess.Popen(
            [sys.executable, str(LAUNCHER), "send", "-", "--wait", "--progress"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], **env_of(live)},
        )
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(REQUEST).encode())
        process.stdin.close()
        assert b"accepted" in process.stderr.readline()
        process.send_signal(number)
        said = process.stderr.read()
        assert process.wait(20) == status
        assert b"Traceback" not in said
        process.stderr.close()
        assert process.stdout is not None
        process.stdout.close()


# -- wait and doctor


def test_wait_ends_as_the_run_does_and_doctor_as_sending_would(live: World) -> None:
    sent = run("send", "-", "--output", "json", data=json.dumps(REQUEST).encode(), **env_of(live))
    waited = run("wait", sent.value["dispatch_id"], "--repository", REPOSITORY, "--output", "json", **env_of(live))
    assert (waited.status, waited.value["conclusion"]) == (0, "success"), waited.err
    well = run("doctor", "--repository", REPOSITORY, "--event-type", EVENT_TYPE, **env_of(live))
    assert (well.status, well.err) == (0, "")
    assert b"ok:" in well.out
    assert run("doctor", "--repository", "acme/none", **env_of(live)).status in (3, 4)
    assert live.pat.encode() not in well.out
    assert next(iter(FILES)).encode() in well.out


def test_an_app_and_its_signer_work_as_in_the_module(live: World, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text(live.app.private_key, encoding="utf-8")
    env = {"GITHUB_API_URL": live.github.base_url}
    app = ("--app-id", live.app.client_id)
    by_key = run("send", "-", *app, "--private-key-path", str(key), data=json.dumps(REQUEST).encode(), **env)
    assert by_key.status == 0, by_key.err
    signer = tmp_path / "sign.py"
    signer.write_text(
        "import sys\n"
        "from cryptography.hazmat.primitives import hashes, serialization\n"
        "from cryptography.hazmat.primitives.asymmetric import padding\n"
        f"key = serialization.load_pem_private_key(open({str(key)!r}, 'rb').read(), None)\n"
        "sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read(), padding.PKCS1v15(), hashes.SHA256()))\n",
        encoding="utf-8",
    )
    command = json.dumps([sys.executable, str(signer)])
    by_signer = run("send", "-", *app, "--signer-command", command, data=json.dumps(REQUEST).encode(), **env)
    assert by_signer.status == 0, by_signer.err
    assert live.accepted == 2
