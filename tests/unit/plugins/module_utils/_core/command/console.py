# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command in this process, with streams that tests hold."""

from __future__ import annotations

import io
import json
import typing as t

from ansible_collections.infradispatch.github.plugins.module_utils._core.command.start import run
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.streams import Streams
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import TOKEN, Stub


class Terminal(io.BytesIO):
    """Standard input at which a person sits: reading it would wait."""

    def isatty(self) -> bool:
        return True

    def read(self, *_size: t.Any) -> bytes:
        raise AssertionError("the command waits for a person")


class Screen(io.StringIO):
    """Standard error that a person sees."""

    def isatty(self) -> bool:
        return True


class Broken(io.BytesIO):
    """Standard output whose reader is gone."""

    def write(self, _data: t.Any) -> int:
        raise BrokenPipeError


class Done(t.NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def value(self) -> t.Any:
        return json.loads(self.out)


class Console:
    """Runs commands against a stub, with a token in the environment."""

    def __init__(self, stub: Stub) -> None:
        self.env = {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": stub.url}

    def __call__(
        self,
        *words: str,
        stdin: bytes | io.BytesIO | None = None,
        stdout: io.BytesIO | None = None,
        stderr: io.StringIO | None = None,
        **env: str,
    ) -> Done:
        source = io.BytesIO(stdin) if isinstance(stdin, bytes) else stdin or Terminal()
        out, err = stdout or io.BytesIO(), stderr or io.StringIO()
        status = run(words, Streams(source, out, err, {**self.env, **env}))
        return Done(status, out.getvalue().decode("utf-8"), err.getvalue())
