# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs steps one after the other: one line each with name and time, and the end of the log where one failed."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TAIL = 40


class StepFailed(Exception):
    """A step found something; the message is for people, the rest is in its log."""

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        """Take a sentence, and the lines that tell more than the end of the log does."""
        super().__init__(message)
        self.details = details


class Log:
    """The log file of one step, and the only way in which a step runs commands."""

    def __init__(self, path: Path, env: dict[str, str], cwd: Path) -> None:
        """Start an empty log; commands run with ``env`` in ``cwd`` unless told otherwise."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
        self.path = path
        self.env = env
        self.cwd = cwd

    def run(self, *command: str | Path, cwd: Path | None = None, env: Mapping[str, str | Path] | None = None) -> None:
        """Run a command to its end, output into the log; ``env`` adds to the log's environment.

        :raises StepFailed: when it ends with another status than 0.
        """
        words = [str(word) for word in command]
        with self.path.open("a", encoding="utf-8") as out:
            out.write(f"$ {' '.join(words)}\n")
            out.flush()
            environment = {**self.env, **{name: str(value) for name, value in (env or {}).items()}}
            status = subprocess.run(
                words,
                cwd=cwd or self.cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        if status != 0:
            raise StepFailed(f"{Path(words[0]).name} ended with status {status}")

    def text(self) -> str:
        """Return all that was written so far."""
        return self.path.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class Step:
    """A named check. ``needs`` are paths without which it would check nothing: a missing one is a failure."""

    name: str
    check: Callable[[Log], None]
    needs: tuple[str, ...] = ()


def run_steps(steps: Iterable[Step], root: Path, logs: Path, env: dict[str, str]) -> int:
    """Run all steps, go on after a failure, and end with the line that counts. Returns the exit status."""
    failed: list[str] = []
    start, total = time.monotonic(), 0
    for step in steps:
        total += 1
        if not _run_step(step, Log(logs / f"{step.name}.log", env, root), root):
            failed.append(step.name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    print(f"\nAll in {time.monotonic() - start:.0f} s:\n{total - len(failed)} passed, {len(failed)} failed", flush=True)
    return 1 if failed else 0


def _run_step(step: Step, log: Log, root: Path) -> bool:
    """Run one step and print its line; where it failed, the end of its log too."""
    print(f"  {step.name:<22}", end="", flush=True)
    start = time.monotonic()
    try:
        missing = [path for path in step.needs if not any(root.glob(path))]
        if missing:
            raise StepFailed(f"nothing to check: {', '.join(missing)} is missing")
        step.check(log)
    except StepFailed as failure:
        print(f"FAILED {time.monotonic() - start:6.1f} s", flush=True)
        tail = failure.details[:TAIL] or log.text().splitlines()[-TAIL:]
        for line in tail:
            print(f"    | {line}")
        print(f"    {failure}; all of it: {os.path.relpath(log.path, root)}", flush=True)
        return False
    print(f"ok     {time.monotonic() - start:6.1f} s", flush=True)
    return True
