# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m emulator`` puts a local GitHub at the side of a command; the admin API steers it from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import typing as t
from pathlib import Path

import requests

TESTS = Path(__file__).parents[1]
SCRIPT = """
import json, os, pathlib, requests
names = sorted(os.environ)
key = pathlib.Path(os.environ["GITHUB_APP_PRIVATE_KEY_PATH"])
headers = {"Authorization": "Bearer " + os.environ["EMULATOR_TOKEN"]}
admin, api = os.environ["EMULATOR_URL"], os.environ["GITHUB_API_URL"]

def post(path, **body):
    return requests.post(f"{admin}/{path}", json=body, timeout=10)

def dispatch():
    body = {"event_type": "infra-changed", "client_payload": {"n": 1}}
    return requests.post(f"{api}/repos/acme/site/dispatches", json=body, headers=headers, timeout=10).status_code

seen = {"names": names, "mode": oct(key.stat().st_mode & 0o777), "pem": key.read_text()[:31], "api": api}
seen["files"] = [str(key), os.environ.get("SSL_CERT_FILE", "")]
seen["unknown"] = post("faults", nonsense=1).status_code
post("faults", kind="secondary_limit", retry_after=1)
post("script_runs", repository="acme/site", runs=[{"conclusion": "failure", "statuses": ["completed"]}])
seen["dispatches"] = [dispatch(), dispatch()]
seen["events"] = requests.get(f"{admin}/events?repository=acme/site", timeout=10).json()
seen["runs"] = requests.get(f"{api}/repos/acme/site/actions/runs", headers=headers, timeout=10).json()["total_count"]
seen["requests"] = len(requests.get(f"{admin}/requests?method=POST", timeout=10).json())
now = post("clock").json()["now"]
seen["advanced"] = round(post("clock", advance=100).json()["now"] - now) >= 100
post("repositories", full_name="acme/new", files={"a.txt": "a"})
seen["world"] = [each["full_name"] for each in requests.get(f"{admin}/world", timeout=10).json()["repositories"]]
post("reset")
seen["after"] = len(requests.get(f"{admin}/requests", timeout=10).json())
print(json.dumps(seen))
raise SystemExit(7)
"""


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TESTS), **more}


def test_command_with_a_github_at_its_side(tmp_path: Path) -> None:
    transcript, state = tmp_path / "transcript.jsonl", tmp_path / "state"
    options = ["--tls", "--transcript", str(transcript), "--state-file", str(state)]
    done = subprocess.run(
        [sys.executable, "-m", "emulator", *options, "--", sys.executable, "-c", SCRIPT],
        env=_environment(GITHUB_TOKEN="theirs", GITHUB_APP_ID="1", HTTPS_PROXY="http://127.0.0.1:9"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    seen = json.loads(done.stdout)
    _check_environment(seen)
    assert seen["unknown"] == 400
    assert seen["dispatches"] == [403, 204]
    assert [event["client_payload"] for event in seen["events"]] == [{"n": 1}]
    assert (seen["runs"], seen["requests"], seen["advanced"], seen["after"]) == (1, 2, True, 0)
    assert seen["world"] == ["acme/site", "acme/new"]
    lines = [json.loads(line) for line in transcript.read_text().splitlines()]
    assert [(line["method"], line["status"], line["credential"]) for line in lines[:2]] == [
        ("POST", 403, "classic"),
        ("POST", 204, "classic"),
    ]
    assert set(lines[0]) == {"method", "path", "status", "credential", "permissions", "repositories"}
    assert state.stat().st_mode & 0o777 == 0o600
    assert f"GITHUB_API_URL={seen['api']}" in state.read_text()


def _check_environment(seen: dict[str, t.Any]) -> None:
    assert seen["mode"] == "0o600"
    assert seen["pem"] == "-----BEGIN RSA PRIVATE KEY-----"
    assert seen["api"].startswith("https://127.0.0.1:")
    assert seen["api"].endswith("/api/v3")
    assert not {"GITHUB_TOKEN", "GITHUB_APP_ID", "HTTPS_PROXY"} & set(seen["names"])
    assert {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "GITHUB_APP_CLIENT_ID"} <= set(seen["names"])
    assert not any(Path(file).exists() for file in seen["files"])


def test_serves_until_interrupted() -> None:
    command = [sys.executable, "-m", "emulator", "--github"]
    with subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, text=True) as process:
        lines = [t.cast("t.IO[str]", process.stdout).readline() for _number in range(5)]
        settings = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{settings['GITHUB_API_URL']}/versions", timeout=10)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    assert answer.json() == ["2022-11-28", "2026-03-10"]
    assert answer.headers["x-ratelimit-limit"] == "60"
    assert not Path(settings["GITHUB_APP_PRIVATE_KEY_PATH"]).exists()


def test_command_that_does_not_exist() -> None:
    command = [sys.executable, "-m", "emulator", "--no-execute", "--", "/nonexistent/command"]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 127
    assert "cannot run /nonexistent/command" in done.stderr
