# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The client of a command, for as long as it runs: tokens that were made are revoked however it ends."""

from __future__ import annotations

import contextlib
import signal
import subprocess  # a signer is a program of the user's (KMS, HSM, Vault): the command line is what runs it
import typing as t

from ..github.client import GitHub, open_github
from . import exits

if t.TYPE_CHECKING:  # pragma: no cover
    from .gather import Asked
    from .streams import Desk

_SIGNER_TIMEOUT = 60


class Session:
    """Opens a client once it is needed; to be used with :func:`contextlib.closing`."""

    def __init__(self, asked: Asked, desk: Desk) -> None:
        """Take the options, and who masks secrets.

        From now on a request to end is treated as an interrupt is: Terraform and CI systems send one.
        """
        self._asked = asked
        self._desk = desk
        self._opened: list[GitHub] = []
        with contextlib.suppress(ValueError):  # not in the main thread, as in tests
            signal.signal(signal.SIGTERM, _end)

    def close(self) -> None:
        """Revoke what was granted and close the connection."""
        for github in self._opened:
            github.close()

    def open(self) -> GitHub:
        """Return the client.

        :raises InfradispatchError: when the connection options are wrong.
        """
        options = self._asked.options
        parallel = options.get("max_parallel", 2)
        github = open_github(
            options,
            env=self._asked.env,
            run_command=run_command,
            on_secret=self._desk.hide,
            pool_size=parallel if isinstance(parallel, int) else 2,
        )
        self._opened.append(github)
        return github


def _end(_number: int, _frame: object) -> t.NoReturn:
    """End in an orderly way."""
    raise SystemExit(exits.TERMINATED)


def run_command(command: t.Sequence[str], data: bytes) -> tuple[int, bytes, bytes]:
    """Run an external signer with ``data`` on its standard input."""
    try:
        # The rule is for modules; this is the command line, which has no AnsibleModule.
        # pylint: disable-next=ansible-bad-function
        done = subprocess.run(list(command), input=data, capture_output=True, check=False, timeout=_SIGNER_TIMEOUT)
    except subprocess.TimeoutExpired:
        return 124, b"", b"it did not end within %d s" % _SIGNER_TIMEOUT
    return done.returncode, done.stdout, done.stderr
