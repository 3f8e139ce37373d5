# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage of the demo: the local GitHub, an App, and the real ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telling import NotAsTold

from emulator import Emulator
from emulator.models import App
from emulator.runs import Run

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
LOG = ROOT / ".dev" / "logs" / "demo.log"
REPOSITORY, BYSTANDER = "acme/site", "acme/payroll"
REVIEWER = "octocat"
SENDING = {"contents": "write"}
PERMISSIONS = {**SENDING, "actions": "read"}


def difference(before: str, after: str) -> list[str]:
    """Return the lines of two texts that only one of them has."""
    old, new = before.splitlines(), after.splitlines()
    gone = [f"- {line}" for line in old if line.strip() and line not in new]
    return gone + [f"+ {line}" for line in new if line.strip() and line not in old]


@dataclass
class Played:
    """What ansible-playbook did: its exit code and the results of its tasks."""

    code: int
    results: list[dict[str, Any]]

    def of(self, task: str) -> dict[str, Any] | None:
        """Return the last result of a task; None when it did not run."""
        found = [entry["result"] for entry in self.results if entry["task"] == task]
        return found[-1] if found else None

    def lines_changed(self) -> list[str]:
        """Return the changed lines of the file that the play rendered."""
        rendered = self.of("Render the configuration") or {}
        sides = [[str(diff.get(side) or "") for side in ("before", "after")] for diff in rendered.get("diff", [])]
        return [line for before, after in sides for line in difference(before, after)]


@dataclass
class Stage:
    """The local GitHub, and a place on this machine for the playbook's files."""

    github: Emulator
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "etc" / "web.conf"

    def prepare(self) -> App:
        """Make the repositories and the App; return the App."""
        protected = {"production": [REVIEWER]}
        self.github.add_repository(REPOSITORY, directory=EXAMPLES / "receiver", environments=protected)
        self.github.add_repository(BYSTANDER)
        app = self.github.add_app("infra-dispatcher")
        app.install("acme", "all", {**PERMISSIONS, "checks": "read"})
        key = self.folder / "app.pem"
        key.touch(mode=0o600)
        key.write_text(app.private_key, encoding="utf-8")
        self.settings = {
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_APP_CLIENT_ID": app.client_id,
            "GITHUB_APP_PRIVATE_KEY_PATH": str(key),
            "REQUESTS_CA_BUNDLE": str(self.github.ca_file),
        }
        return app

    def play(
        self, playbook: str, *words: str, watch: Callable[[str], None] | None = None, more: Mapping[str, str]
    ) -> Played:
        """Run a playbook as a user would, in a HOME of its own, and return what it did.

        :param watch: sees each line of the output when it comes.
        :param more: further variables of the environment.
        """
        record = self.folder / f"record-{time.monotonic_ns()}"
        record.touch()
        program = Path(sys.executable).with_name("ansible-playbook")
        place = f"config_folder={self.config.parent}"
        with (
            LOG.open("a", encoding="utf-8") as log,
            subprocess.Popen(
                [program, "--diff", EXAMPLES / playbook, "-e", place, *words],
                cwd=self.folder,
                env=self._environment(record, more),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            ) as running,
        ):
            for line in running.stdout or ():
                log.write(line)
                if watch is not None:
                    watch(line)
        lines = record.read_text(encoding="utf-8").splitlines()
        return Played(running.returncode, [json.loads(line) for line in lines])

    def _environment(self, record: Path, more: Mapping[str, str]) -> dict[str, str]:
        """Return an environment with nothing of the caller's but where programs are."""
        settings = self.folder / "ansible.cfg"
        settings.touch()
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_CONFIG": str(settings),
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".dev" / "edit")),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callback_plugins")),
            "DEMO_RECORD": str(record),
            **self.settings,
            **more,
        }
        enabled = ("demo_record", more.get("ANSIBLE_CALLBACKS_ENABLED"))
        variables["ANSIBLE_CALLBACKS_ENABLED"] = ",".join(filter(None, enabled))
        return variables

    def settled(self, dispatch_id: str) -> Run:
        """Return the run of an event when it has ended."""
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            for run in self.github.runs(REPOSITORY):
                if dispatch_id in run.display_title and run.status == "completed":
                    return run
            time.sleep(0.05)
        raise NotAsTold("the workflow did not end")

    def run_at(self, link: str) -> Run:
        """Return the run whose page has this address."""
        return next(run for run in self.github.runs(REPOSITORY) if link.endswith(f"/runs/{run.id}"))
