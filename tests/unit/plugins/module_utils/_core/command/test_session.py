# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of a command, and the signer that it runs."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.command import session
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.gather import Asked
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.session import Session, run_command
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.streams import Desk, Streams


def test_a_signer_reads_its_input_and_is_heard() -> None:
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1]); sys.stderr.write('e'); sys.exit(3)"
    assert run_command([sys.executable, "-c", code], b"abc") == (3, b"cba", b"e")


def test_a_signer_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_SIGNER_TIMEOUT", 0.2)
    status, _output, errors = run_command([sys.executable, "-c", "import time; time.sleep(9)"], b"")
    assert status == 124
    assert b"did not end" in errors


@pytest.mark.parametrize("parallel", [{}, {"max_parallel": 3}, {"max_parallel": "many"}])
def test_what_was_opened_is_closed(parallel: dict[str, object]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        made = Session(Asked({"token": "canary-7781", **parallel}, {}), Desk(Streams(None, None, None, {})))
        github = made.open()
        made.close()
        assert github.api.connection is not None
        with pytest.raises(SystemExit) as caught:
            signal.raise_signal(signal.SIGTERM)
        assert caught.value.code == 143
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_thread_can_have_one_too() -> None:
    made: list[Session] = []
    thread = threading.Thread(target=lambda: made.append(Session(Asked({}, {}), Desk(Streams(None, None, None, {})))))
    thread.start()
    thread.join()
    assert len(made) == 1
