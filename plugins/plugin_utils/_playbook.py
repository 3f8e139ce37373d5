# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's objects of a playbook run as plain facts: only what was written in files, nothing that was evaluated.

Note that this plugin util is PRIVATE to the collection. It can have breaking changes at any time.
"""

from __future__ import annotations

import os
import subprocess
import threading
import typing as t
import weakref
from operator import attrgetter

from ansible import context

from ..module_utils._core.changes.playbook import Place, Recap
from ..module_utils._core.secret import redact

try:
    from ansible.module_utils.secrets import mask_secrets
except ImportError:  # before ansible-core 2.22
    mask_secrets = None

# No public names for these are there in every supported ansible-core.
uuid_of: t.Callable[[Play | Task], str] = attrgetter("_uuid")
task_of: t.Callable[[CallbackTaskResult], Task] = attrgetter("_task")
host_of: t.Callable[[CallbackTaskResult], str] = attrgetter("_host.name")

_GIT_TIMEOUT = 5.0  # seconds
_STATS = ("ok", "changed", "failures", "unreachable", "skipped", "rescued", "ignored")
_GIT_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR")  # set for hooks of another clone
#: Playbooks that a callback of this process speaks for: a second copy of it stays silent.
_claimed: weakref.WeakSet[Playbook] = weakref.WeakSet()

if t.TYPE_CHECKING:  # pragma: no cover
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.playbook import Playbook
    from ansible.playbook.play import Play
    from ansible.playbook.task import Task


def claim(playbook: Playbook) -> bool:
    """Tell whether the caller is the first to speak for this playbook run."""
    if playbook in _claimed:
        return False
    _claimed.add(playbook)
    return True


def file_of(playbook: Playbook) -> str:
    """Return the absolute path of a playbook."""
    return os.path.abspath(attrgetter("_file_name")(playbook))


def place_of(task: Task, folder: str) -> Place:
    """Return where a task stands, by what was written: names that Ansible evaluated may hold a secret.

    :param folder: of the playbook; files below it are named from there.
    """
    path, _colon, line = task.get_path().rpartition(":")
    written = task.get_ds()
    name = written.get("name") if isinstance(written, dict) else None
    role = getattr(task, "_role", None)
    return Place(
        file=shown_file(path, folder),
        line=int(line) if line.isdigit() else 0,
        name=str.__str__(name) if isinstance(name, str) else "",
        action=str(task.action) if "{{" not in str(task.action) else "",
        role=str(role.get_name()) if role else "",
        hidden=task.no_log not in (False, None),
        dry=in_check_mode() or task.check_mode is True,
    )


def shown_file(path: str, folder: str) -> str:
    """Return the path from the folder of the playbook, of the collection or of the role: the rest is the machine's."""
    start = os.path.join(folder, "")
    if path.startswith(start):
        return path[len(start) :]
    for mark, keep in (("/ansible_collections/", 0), ("/roles/", len("roles/"))):
        _before, found, after = path.rpartition(mark)
        if found:
            return path[len(path) - len(after) - keep :]
    return os.path.basename(path)


def recap_of(stats: AggregateStats) -> Recap:
    """Return the sums over all hosts."""
    hosts = sorted(stats.processed)
    each = [stats.summarize(host) for host in hosts]
    return Recap(len(hosts), *(sum(summary.get(name, 0) for summary in each) for name in _STATS))


def counted(stats: AggregateStats) -> dict[str, int]:
    """Return how many results were counted for each host: a host was reached since then when there are more of them."""
    return {host: sum(stats.summarize(host).values()) for host in stats.processed}


def in_check_mode() -> bool:
    """Tell whether the whole run is in check mode."""
    return bool(context.CLIARGS.get("check"))


def run_flags() -> dict[str, bool]:
    """Return how the run was started, by flags: limits and tags themselves may name what is not for everybody."""
    args = context.CLIARGS
    tags = set(args.get("tags") or ()) - {"all"} or set(args.get("skip_tags") or ())
    return {"check_mode": in_check_mode(), "limit": bool(args.get("subset")), "tags": bool(tags)}


def clean(text: str) -> str:
    """Return the text without secrets: those that have the shape of one, and those that ansible-core knows (2.22)."""
    return redact(mask_secrets(text) if mask_secrets is not None else text)


def git_in(folder: str) -> t.Callable[[t.Sequence[str]], str | None]:
    """Return what runs git in a folder, quietly and not for long."""
    own = {name: value for name, value in os.environ.items() if name not in _GIT_ELSEWHERE}
    env = {**own, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}

    def git(arguments: t.Sequence[str]) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", folder, *arguments],  # noqa: S607 - the git of whoever runs the playbook
                check=False,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_GIT_TIMEOUT,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    return git


def within(seconds: float, work: t.Callable[[], t.Any]) -> tuple[t.Any, BaseException | None]:
    """Return what ``work`` returns or raises, and ``(None, TimeoutError)`` when that takes longer.

    The time limits of a request count from byte to byte; here is the one for all of it. A daemon thread is left behind,
    which ends with the process.
    """
    done: list[tuple[t.Any, BaseException | None]] = []

    def run() -> None:
        try:
            done.append((work(), None))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            done.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return done[0] if done else (None, TimeoutError())
