# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stories of Terraform have beside the stage: the real Terraform, in a copy of an example's folder."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from stage import LOG, REPOSITORY, Stage
from telling import expect, say
from terraform.support.provider import Provider
from terraform.support.terraform import Done, Terraform, Workspace, find_all
from tools import environment

from emulator.runs import Event

EXAMPLE = "examples/site"
#: What the modules need.
OLDEST = (1, 10)


def find_terraform(folder: Path) -> Terraform | None:
    """Return a Terraform, which is installed where there is none; None when that is not possible either.

    :param folder: for what is needed to start it.
    """
    found = _usable(folder)
    if found is None:
        say("Terraform", "none here; installing one into .dev, unless that was done before")
        try:
            environment.ensure(Path(sys.prefix), environment.groups("terraform"))
        except environment.InstallFailed as error:
            _log(str(error))
            return None
        find_all.cache_clear()
        importlib.invalidate_caches()
        found = _usable(folder)
    return found


def _usable(folder: Path) -> Terraform | None:
    """Return the oldest of this machine with which the modules work."""
    return next((one for one in find_all(folder) if one.version >= OLDEST), None)


class Workbench:
    """The example, a Terraform for it, and the stage. Credentials are in the environment, and there only."""

    def __init__(self, stage: Stage, terraform: Terraform, provider: Provider) -> None:
        """Copy the example, with the modules that it uses."""
        self.stage = stage
        env = {**stage.settings, "TF_REATTACH_PROVIDERS": provider.variable}
        self._workspace = Workspace(terraform, stage.folder / "infrastructure", env).copy(EXAMPLE)
        provider.work_at(self._workspace.folder, env)

    @property
    def config(self) -> Path:
        return self._workspace.folder / "web.json"

    def content(self) -> str:
        """Return what the file holds; nothing when there is none."""
        return self.config.read_text(encoding="utf-8") if self.config.exists() else ""

    def events(self) -> list[Event]:
        """Return all events that GitHub has accepted."""
        return self.stage.github.events(REPOSITORY)

    def run(self, *words: str) -> Done:
        """Say how Terraform is run, and run it."""
        print(f"   $ terraform {' '.join(words)}", flush=True)
        return _logged(self._workspace.run(*words, status=None))

    def ask(self, *words: str) -> Done:
        """Say how our command is run, run it, and return a result that is read by programs."""
        print(f"   $ infradispatch {' '.join(words)} --repository {REPOSITORY}", flush=True)
        return self._infradispatch(*words, "--output=json")

    def check_drift(self) -> None:
        """Say how Terraform looks for drift and our command tells of it, and run both."""
        words = ("plan", "-refresh-only", "-json")
        print(f"   $ terraform {' '.join(words)} |", flush=True)
        print(f"       infradispatch plan - --on drift --repository {REPOSITORY}", flush=True)
        found = _logged(self._workspace.run(*words, status=None))
        expect(found.status == 0, f"terraform plan ended with {found.status}")
        told = self._infradispatch("plan", "-", "--on=drift", given=found.stdout)
        expect(told.status == 0, f"infradispatch plan ended with {told.status}")

    def _infradispatch(self, *words: str, given: str = "") -> Done:
        return _logged(self._workspace.infradispatch(*words, "--repository", REPOSITORY, given=given, status=None))


def _logged(done: Done) -> Done:
    """Keep what a command has said."""
    _log(done.stdout + done.stderr)
    return done


def _log(text: str) -> None:
    with LOG.open("a", encoding="utf-8") as log:
        log.write(text)
