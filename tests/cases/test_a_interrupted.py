# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Class A: Ctrl-C and SIGTERM. No event, no hang, and the end that Ansible gives such a run by itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from cases.support.announce import NAME, Ended, ended, lay_out, one_play, said, settings_of, start, task
from cases.support.world import World

SIGNALS = [signal.SIGINT, signal.SIGTERM]
#: Long enough that only an interruption ends it in time.
SLEEPER = {"name": "sleep", "ansible.builtin.shell": "echo > {{ marker }}; exec sleep 100"}


def until(condition: t.Callable[[], t.Any], process: subprocess.Popen[str]) -> None:
    """Wait for something that the process brings about."""
    give_up = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up
        time.sleep(0.02)


def interrupted(process: subprocess.Popen[str], number: signal.Signals, condition: t.Callable[[], t.Any]) -> Ended:
    """Send a signal as soon as the condition holds: Ctrl-C goes to all of a terminal's processes."""
    try:
        until(condition, process)
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        process.wait(30)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what Ansible leaves behind, before 2.19
    return ended(process, 30)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_that_is_interrupted(live: World, tmp_path: Path, number: signal.Signals) -> None:
    """It has no recap, and is not announced, whatever changed before."""
    lay_out(tmp_path, one_play(task(), SLEEPER), hosts=1)
    ends = []
    env = settings_of(live, INFRADISPATCH_DISPATCH_ON="always")
    for given in ({**env, "ANSIBLE_CALLBACKS_ENABLED": ""}, env):
        marker = tmp_path / f"marker{len(ends)}"
        words = ("-i", "hosts.yml", "-e", f"marker={marker}", "play.yml")
        process = start(tmp_path, *words, env=given, start_new_session=True)
        ends.append(interrupted(process, number, marker.exists))
    without, result = ends
    assert result.code == without.code != 0
    assert "PLAY RECAP" not in result.stdout
    assert NAME not in result.stderr
    assert said(live) == []
    assert live.requests() == []


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interruption_while_it_sends(live: World, tmp_path: Path, number: signal.Signals) -> None:
    """It lets go at once, and leaves the end to Ansible. The recap is out before it begins."""
    live.github.faults.add(hang=True, times=None)
    lay_out(tmp_path, one_play(task()))
    env = settings_of(live, INFRADISPATCH_DEADLINE="300", INFRADISPATCH_TIMEOUT="300")
    process = start(tmp_path, env=env, start_new_session=True)
    result = interrupted(process, number, live.requests)
    assert result.code == (99 if number == signal.SIGINT else -signal.SIGTERM)
    assert "PLAY RECAP" in result.stdout
    assert "Traceback" not in result.stderr
    assert said(live) == []
