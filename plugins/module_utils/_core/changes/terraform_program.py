# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Terraform as a program, through the library python-terraform in the calls where that is sound.

The library words the commands. How they run is done here, in place of its own ``cmd``: nothing is read from standard
input, all of it has one deadline, what is printed goes into a private folder and not into memory, and a Terraform that
has to stop is asked to, so that it releases its lock.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess  # Terraform is what this file is about; AnsibleModule.run_command knows no deadline
import typing as t
from importlib import import_module

from ..clock import Clock, Deadline
from ..errors import InvalidInput, MissingLibrary, TerraformFailed
from ..secret import redact

_GRACE = 30.0  # seconds for a Terraform that was asked to stop
_TAIL = 1 << 16  # bytes of what it says on standard error that are looked at
_FRAME = re.compile(r"(?m)^[\s│╷╵|]*Error: (.+?)\s*$")
_LONGEST = 200  # letters of a sentence of Terraform
_NO_LIBRARY = "The Python library python-terraform is not installed where the task runs."


class Ended(t.NamedTuple):
    """A command that has ended. ``output`` is the path of what it printed; ``errors`` are its own headlines."""

    status: int
    output: str
    errors: list[str]


class Program:
    """One Terraform in one folder. Nothing of what it prints is ever shown but the headlines of errors."""

    def __init__(
        self, folder: str, path: str, room: str, env: t.Mapping[str, str], deadline: float, clock: Clock | None = None
    ) -> None:
        """Find the program.

        :param path: of the program, or its name for one on the ``PATH``.
        :param room: folder that nobody else can read; the caller removes it.
        :param env: environment of Terraform.
        :param deadline: seconds for all commands together.
        :raises InvalidInput: when there is no such folder or program.
        :raises MissingLibrary: without python-terraform.
        """
        if not os.path.isdir(folder):
            raise InvalidInput(f"There is no folder {folder}.", "project_path is the folder with the configuration.")
        program = shutil.which(path, path=env.get("PATH"))
        if program is None:
            raise InvalidInput(f"There is no program {path}.", "Install Terraform, or name it by binary_path.")
        self._env = {**env, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
        self._folder, self._room = folder, room
        self._deadline = Deadline.after(clock or Clock(), deadline)
        self._seconds = deadline
        self._number = 0
        self._library = _library()
        #: The library's object: ``init``, ``plan`` and ``show`` word a command and hand it to :meth:`_run`.
        self.terraform = _bound(self._library, self._run)(
            working_dir=folder, terraform_bin_path=os.path.abspath(program)
        )

    @property
    def flag(self) -> t.Any:
        """Return what stands for an option without a value."""
        return self._library.IsFlagged

    def _run(self, command: str, *words: str, **options: t.Any) -> Ended:
        """Run a command to its end.

        :raises TerraformFailed: when it does not start, or does not end in time.
        """
        argv = self.terraform.generate_cmd_string(command, *words, **options)
        self._number += 1
        output, errors = (os.path.join(self._room, f"{self._number}.{name}") for name in ("out", "err"))
        with open(output, "wb") as out, open(errors, "wb") as err:
            try:
                # The rule wants AnsibleModule.run_command, which would wait for ever.
                # pylint: disable-next=ansible-bad-function
                process = subprocess.Popen(
                    argv,
                    cwd=self._folder,
                    env=self._env,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            except OSError as error:
                raise TerraformFailed(
                    f"Terraform does not start: {error.strerror or type(error).__name__}.",
                    "Look at the program that binary_path or PATH names.",
                ) from None
            status = self._wait(process, command)
        return Ended(status, output, _headlines(errors))

    def _wait(self, process: subprocess.Popen[bytes], command: str) -> int:
        """Wait for the end, and see to it that there is one."""
        try:
            return process.wait(self._deadline.remaining())
        except subprocess.TimeoutExpired:
            raise TerraformFailed(
                f"`terraform {command}` was ended, since all of it took longer than {self._seconds:g} s.",
                "Look whether it waits for a lock or a provider, or raise deadline.",
            ) from None
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, which lets go of the lock of the state; then end it with all that it has started."""
    if process.poll() is not None:
        return
    for number, patience in ((signal.SIGINT, _GRACE), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def _headlines(path: str) -> list[str]:
    """Return the first line of each error on standard error: what follows may hold values of the configuration."""
    with open(path, "rb") as stream:
        stream.seek(max(0, os.path.getsize(path) - _TAIL))
        text = stream.read().decode("utf-8", "replace")
    return [shown(line) for line in dict.fromkeys(_FRAME.findall(re.sub(r"\x1b\[[0-9;]*m", "", text)))]


def shown(text: str) -> str:
    """Return a sentence of Terraform as it can be shown."""
    line = " ".join(redact(text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _library() -> t.Any:
    """Return python-terraform.

    :raises MissingLibrary: when it is not installed.
    """
    try:
        return import_module("python_terraform")
    except ImportError:
        raise MissingLibrary("python-terraform", _NO_LIBRARY, "Install python-terraform >= 0.10.1 there.") from None


def _bound(library: t.Any, run: t.Callable[..., Ended]) -> t.Any:
    """Return the library's class, with commands run by ``run``, and without its reading of a state file.

    That fails for a state that is kept elsewhere.
    """

    def read_no_state(*_unused: object) -> None:
        return None

    def run_command(_self: object, command: str, *words: str, **options: t.Any) -> Ended:
        return run(command, *words, **options)

    return type("Terraform", (library.Terraform,), {"cmd": run_command, "read_state_file": read_no_state})
