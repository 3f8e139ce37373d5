# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Announce a playbook run to GitHub by one event."""

from __future__ import annotations

DOCUMENTATION = r"""
name: github_repository_dispatch
type: notification
short_description: Announce what a playbook run changed by one repository_dispatch event
version_added: 1.0.0
author: infradispatch.github contributors (@infradispatch)
description:
  - Sends at most one C(repository_dispatch) event to GitHub for each playbook run, at its end, when something changed,
    would change (check mode) or failed. No playbook has to be touched for it.
  - It never changes the result or the exit code of the run. Until the recap it makes no request and starts no
    program; then it takes O(deadline) seconds at most. What goes wrong is one warning.
  - By default the event holds counts only. With O(evidence=tasks) it lists the tasks that changed something, by names
    as written in the files and never as evaluated, and of tasks with C(no_log) only where they stand. Arguments,
    results and variables of tasks never leave.
  - C(dispatch.key) in the payload is a fingerprint of the changed tasks and hosts. The same drift has the same key,
    whenever it is found, so that a receiver can act on it once.
requirements:
  - enable it by its full name, C(callbacks_enabled = infradispatch.github.github_repository_dispatch), or in the
    environment variable E(ANSIBLE_CALLBACKS_ENABLED)
notes:
  - Ansible does not find it by its short name, and does not read the old variable C(ANSIBLE_CALLBACK_WHITELIST).
  - A run that is interrupted has no recap, and is not announced. Nor is one that reaches no host, be it that none
    matches or that no task is left to run. What became of failures is what the recap says, also after
    C(clear_host_errors).
  - When one command runs several playbooks, each is a run of its own.
  - A run in check mode announces drift only, whatever tasks with C(check_mode=false) did. Changes that tasks with
    C(check_mode=true) find in another run are drift, too.
extends_documentation_fragment:
  - infradispatch.github._github
  - infradispatch.github._github.credentials
  - infradispatch.github._github.callback
options:
  repository:
    description: Repository to send the event to, as C(owner/name). Without it there is one warning, and no event.
    type: str
    env: [{name: INFRADISPATCH_REPOSITORY}]
    ini: [{section: callback_github_repository_dispatch, key: repository}]
  event_type:
    description: Type of the event. C({kind}) in it stands for V(changed), V(drift), V(failed) or V(unchanged).
    type: str
    default: ansible-{kind}
    env: [{name: INFRADISPATCH_EVENT_TYPE}]
    ini: [{section: callback_github_repository_dispatch, key: event_type}]
  client_payload:
    description:
      - Payload of yours, as the text of a JSON object with up to 9 keys; C(dispatch) is added to it.
      - In C(ansible.cfg), a semicolon after a space starts a comment; write it as C(\u003b) inside of a text.
    type: raw
    env: [{name: INFRADISPATCH_CLIENT_PAYLOAD}]
    ini: [{section: callback_github_repository_dispatch, key: client_payload}]
  dispatch_on:
    description:
      - When to send an event. The kind of the event is the most severe of the chosen conditions that holds, in the
        order V(failed), V(drift), V(changed). So who listens to changes hears of a run that changed some hosts and then
        failed; the failures are in the summary.
      - V(changed) - some host was changed. V(drift) - some host would be changed by a run that is not in check mode.
        V(failed) - failures that nobody rescued or ignored, or unreachable hosts, remain at the end. V(always) - every
        run; its kind is V(unchanged) when none of the others holds.
    type: list
    elements: str
    default: [changed, drift]
    env: [{name: INFRADISPATCH_DISPATCH_ON}]
    ini: [{section: callback_github_repository_dispatch, key: dispatch_on}]
  evidence:
    description:
      - How much to tell. V(counts) - numbers of the recap. V(tasks) - also which tasks changed which hosts (up to 20
        names for each task).
    type: str
    default: counts
    env: [{name: INFRADISPATCH_EVIDENCE}]
    ini: [{section: callback_github_repository_dispatch, key: evidence}]
  include_tasks:
    description:
      - "Shell patterns of the tasks whose changes count, all by default. A pattern is compared with the name of the
        task, with C(ROLE : NAME) and with the action."
    type: list
    elements: str
    env: [{name: INFRADISPATCH_INCLUDE_TASKS}]
    ini: [{section: callback_github_repository_dispatch, key: include_tasks}]
  include_hosts:
    description: Shell patterns of the inventory hosts whose changes count, all by default.
    type: list
    elements: str
    env: [{name: INFRADISPATCH_INCLUDE_HOSTS}]
    ini: [{section: callback_github_repository_dispatch, key: include_hosts}]
  include_controller:
    description: Whether to tell the host name of the controller, as C(dispatch.source.controller).
    type: bool
    default: false
    env: [{name: INFRADISPATCH_INCLUDE_CONTROLLER}]
    ini: [{section: callback_github_repository_dispatch, key: include_controller}]
  wait:
    description: Whether to wait for the runs of the workflows, within O(deadline), and warn when one does not end well.
    type: bool
    default: false
    env: [{name: INFRADISPATCH_WAIT}]
    ini: [{section: callback_github_repository_dispatch, key: wait}]
  deadline:
    description: Seconds that all of it may take at the end of the run; when something hangs, two more pass.
    type: int
    default: 30
    env: [{name: INFRADISPATCH_DEADLINE}]
    ini: [{section: callback_github_repository_dispatch, key: deadline}]
  notify_urls:
    description:
      - Whom else to tell when the event was not delivered, its outcome is unknown, or its run did not end well. See the
        option of the same name of M(infradispatch.github.github_repository_dispatch).
    type: list
    elements: str
    env: [{name: INFRADISPATCH_NOTIFY_URLS}]
  notify_secret:
    description: Secret to sign notices with.
    type: str
    env: [{name: INFRADISPATCH_NOTIFY_SECRET}]
  disabled:
    description: Whether to do nothing at all, silently. For platforms that enable the callback for everybody.
    type: bool
    default: false
    env: [{name: INFRADISPATCH_DISABLED}]
    ini: [{section: callback_github_repository_dispatch, key: disabled}]
seealso:
  - module: infradispatch.github.github_repository_dispatch
"""

EXAMPLES = r"""
ansible.cfg: |
  # Enable the callback; who sends comes from GITHUB_APP_CLIENT_ID and GITHUB_APP_PRIVATE_KEY_PATH.
  [defaults]
  callbacks_enabled = infradispatch.github.github_repository_dispatch

  [callback_github_repository_dispatch]
  repository = acme/validation
  dispatch_on = changed, drift, failed

environment: |
  ANSIBLE_CALLBACKS_ENABLED=infradispatch.github.github_repository_dispatch
  INFRADISPATCH_REPOSITORY=acme/validation
"""

import contextlib
import os
import sys
import time
import typing as t

from ansible.plugins.callback import CallbackBase

# By full names: a copy of this file in a folder callback_plugins finds the same guard against sending twice.
from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.playbook import (
    Changed,
    Gatherer,
    Recap,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InfradispatchError
from ansible_collections.infradispatch.github.plugins.module_utils._module import CONNECTION_SPEC, NOTIFY_SPEC
from ansible_collections.infradispatch.github.plugins.plugin_utils._announcement import Announcement
from ansible_collections.infradispatch.github.plugins.plugin_utils._playbook import (
    claim,
    clean,
    counted,
    file_of,
    host_of,
    place_of,
    recap_of,
    task_of,
    uuid_of,
)
from ansible_collections.infradispatch.github.plugins.plugin_utils._plugin import decrypted

if t.TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.playbook import Playbook
    from ansible.playbook.play import Play

_OWN = (
    "repository",
    "event_type",
    "client_payload",
    "dispatch_on",
    "evidence",
    "include_tasks",
    "include_hosts",
    "include_controller",
    "wait",
    "deadline",
)
_TASKS_AT_HAND = 1000  # included files make new tasks all the time; where they stand is what counts


class CallbackModule(CallbackBase):
    """Gathers while the playbook runs, and sends at the end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "infradispatch.github.github_repository_dispatch"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Know nothing yet."""
        super().__init__(*args, **kwargs)
        self._announcement: Announcement | None = None
        self._gatherer: Gatherer | None = None
        self._folder = ""
        self._began = 0.0
        self._plays: set[str] = set()
        self._tasks: dict[str, Changed | None] = {}
        self._before = Recap()
        self._counted: dict[str, int] = {}
        self._trouble = ""

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        """Check the options; without those that it takes there is one warning, and silence from then on."""
        self._announcement, self._gatherer = None, None
        if self.get_option("disabled") or not claim(playbook):
            return
        try:
            self._announcement = Announcement(self._settings(), file_of(playbook))
        except InfradispatchError as error:
            self._warn(f"No event will be sent: {error}")
            return
        self._gatherer = self._announcement.gatherer()
        self._folder = os.path.dirname(file_of(playbook))
        self._began, self._plays, self._tasks, self._trouble = time.monotonic(), set(), {}, ""

    def v2_playbook_on_play_start(self, play: Play) -> None:
        """Count plays; each batch of ``serial`` starts its play again."""
        self._plays.add(uuid_of(play))

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        """Note a change."""
        if self._gatherer is not None and result.is_changed():
            self._note(self._gatherer, result)

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        """Note a change by a task whose failure is ignored; the recap counts it, too."""
        if ignore_errors and self._gatherer is not None and result.is_changed():
            self._note(self._gatherer, result)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        """Send the event. Nothing that goes wrong here is to reach the run."""
        if self._announcement is None or self._gatherer is None:
            return
        try:
            since = self._since(stats)
            if not since.hosts:
                return
            facts = {"plays": len(self._plays), "duration": round(time.monotonic() - self._began, 1)}
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()  # who reads it by a pipe does not wait for GitHub to see the recap
            if self._trouble:
                self._warn(f"Not every change could be noted: {self._trouble}")
            self._announcement.make(self._gatherer, since, facts, show=self._show, warn=self._warn)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not harm the run of somebody else
            self._warn(f"No event was sent, by a mistake in this callback: {type(error).__name__}: {error}")

    def _since(self, stats: AggregateStats) -> Recap:
        """Return the recap of this run: of several playbooks in one command, Ansible adds up the results."""
        recap, now = recap_of(stats), counted(stats)
        hosts = sum(1 for host, count in now.items() if count > self._counted.get(host, 0))
        since = recap.since(self._before)._replace(hosts=hosts)
        self._before, self._counted = recap, now
        return since

    def _note(self, gatherer: Gatherer, result: CallbackTaskResult) -> None:
        """Note that a task changed a host; this runs for each change, so it touches no result."""
        try:
            task = task_of(result)
            uuid = uuid_of(task)
            if uuid not in self._tasks:
                if len(self._tasks) >= _TASKS_AT_HAND:
                    self._tasks.clear()
                self._tasks[uuid] = gatherer.task(place_of(task, self._folder))
            changed = self._tasks[uuid]
            if changed is not None:
                gatherer.note(changed, host_of(result))
        except Exception as error:  # noqa: BLE001 - told once, at the end
            self._trouble = f"{type(error).__name__}: {error}"

    def _settings(self) -> dict[str, t.Any]:
        """Return the options as plain values."""
        names = (*_OWN, *CONNECTION_SPEC, *NOTIFY_SPEC)
        return t.cast("dict[str, t.Any]", decrypted({name: self.get_option(name) for name in names}))

    def _show(self, text: str) -> None:
        """Say what is done, to who asked for more; on standard error, since standard output may be somebody's JSON."""
        if self._display.verbosity > 0:
            self._display.display(f"github_repository_dispatch: {clean(text)}", stderr=True)

    def _warn(self, text: str) -> None:
        self._display.warning(f"github_repository_dispatch: {clean(text)}")
