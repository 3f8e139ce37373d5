# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Where a command reads and writes: standard output is for programs, standard error for people."""

from __future__ import annotations

import io
import json
import os
import sys
import typing as t

from ..errors import InfradispatchError
from ..secret import MASK, Secret, redact


class Streams(t.NamedTuple):
    """The streams of a process, None where one is closed, and its environment."""

    stdin: t.BinaryIO | None
    stdout: t.BinaryIO | None
    stderr: t.TextIO | None
    env: t.Mapping[str, str]

    @classmethod
    def of_process(cls) -> Streams:
        """Return those of this process."""
        return cls(_binary(sys.stdin), _binary(sys.stdout), sys.stderr, os.environ)


def _binary(stream: t.Any) -> t.BinaryIO | None:
    """Return the bytes below a stream of text."""
    return None if stream is None else t.cast(t.BinaryIO, stream.buffer)


class Desk:
    """Tells people and programs. Every secret in use is known here, and masked in all that is told."""

    def __init__(self, streams: Streams) -> None:
        """Take the streams."""
        self.streams = streams
        self.as_json = False
        self.progress: bool | None = None
        self._secrets: list[Secret] = []

    def hide(self, secret: Secret) -> None:
        """Mask a secret from now on. Very short ones would mask half of every sentence."""
        if len(secret.reveal()) >= 4:
            self._secrets.append(secret)

    def tell(self, text: str) -> None:
        """Write one line for people."""
        line = " ".join(redact(text, self._secrets).split("\n"))
        self._write_text(line + "\n")

    def warn(self, text: str) -> None:
        """Write a warning for people."""
        self.tell(f"Warning: {text}")

    def fail(self, error: InfradispatchError) -> None:
        """Say what went wrong, and on standard output when programs read there."""
        self.tell(f"Error: {error}")
        if self.as_json:
            self.give({"msg": str(error), "changed": False, "error": error.as_dict()})

    def trace(self, text: str) -> None:
        """Write several lines about an error of our own."""
        self._write_text(redact(text, self._secrets))

    def watcher(self) -> t.Callable[[str], None] | None:
        """Return who is told of progress: a person at a terminal, or whoever asks for it."""
        stderr = self.streams.stderr
        watches = self.progress if self.progress is not None else stderr is not None and stderr.isatty()
        return self.tell if watches else None

    def masked(self, text: str) -> str:
        """Return a text that comes from outside without secrets."""
        return redact(text, self._secrets)

    def give(self, value: t.Mapping[str, t.Any]) -> None:
        """Write one JSON object to standard output."""
        self.give_text(json.dumps(self._masked(value), indent=2) + "\n")

    def give_text(self, text: str) -> None:
        """Write text to standard output, in UTF-8 on every system. Nobody who reads any more is no error."""
        self.give_bytes(text.encode("utf-8", "backslashreplace"))

    def give_bytes(self, data: bytes) -> bool:
        """Write to standard output; tell whether it arrived."""
        stream = self.streams.stdout
        try:
            if stream is not None:
                stream.write(data)
                stream.flush()
        except (OSError, ValueError):
            self._forget_stdout()
            return False
        return stream is not None

    def _forget_stdout(self) -> None:
        """Let Python's own last flush meet no broken pipe, about which it would complain."""
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, t.cast(t.BinaryIO, self.streams.stdout).fileno())
            os.close(nowhere)
        except (OSError, ValueError, io.UnsupportedOperation):
            return

    def _masked(self, value: t.Any) -> t.Any:
        """Return a result with the secrets in use masked, should one of GitHub's texts hold one."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret.reveal(), MASK)
            return value
        if isinstance(value, dict):
            return {key: self._masked(item) for key, item in value.items()}
        return [self._masked(item) for item in value] if isinstance(value, (list, tuple)) else value

    def _write_text(self, text: str) -> None:
        """Write to standard error; when nobody listens there, that is no error."""
        stream = self.streams.stderr
        try:
            if stream is not None:
                encoding = getattr(stream, "encoding", None) or "utf-8"
                stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
                stream.flush()
        except (OSError, ValueError):
            return
