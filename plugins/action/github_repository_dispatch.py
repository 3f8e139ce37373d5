# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send a repository_dispatch event from the controller's own process, over one connection for a whole loop."""

from __future__ import annotations

import atexit
import functools
import os
import signal
import typing as t
from multiprocessing.util import Finalize

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase

from ..module_utils._core.delivery.task import run_task
from ..module_utils._core.errors import InfradispatchError
from ..module_utils._core.github.client import GitHub, open_github
from ..module_utils._module import CONNECTION_SPEC, DISPATCH_SPEC, cause_of, failure_of, hide, result_of
from ..plugin_utils._plugin import decrypted, preload, run_command

MODULE = "infradispatch.github.github_repository_dispatch"
#: Ansible runs all items of a loop in one worker process: what one item opened serves the next.
_kept: dict[str, GitHub] = {}
_DEFAULTS = ArgumentSpecValidator(DISPATCH_SPEC).validate({}).validated_parameters
preload()


class ActionModule(ActionBase):
    """Runs the core here, or the module of the same name on the host that the task is delegated to."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the result of the task."""
        result = super().run(tmp, task_vars)
        if self._task.delegate_to and self._task.delegate_to not in constants.LOCALHOST:
            return {**result, **self._execute_module(MODULE, task_vars=task_vars, wrap_async=self._task.async_val)}
        if self._task.async_val:
            return {**result, **self._in_background(task_vars)}
        options = self._options()
        own, env = self._environment()
        try:
            task = run_task(
                options,
                cause_of(options),
                lambda: _client(options, own, env),
                check_mode=self._task.check_mode,
                progress=self._progress,
                env=env,
            )
        except InfradispatchError as error:
            return {**result, "failed": True, **failure_of(error)}
        finally:
            if self._task.loop is None:
                _close_all()
            elif _kept:
                _close_later()
        for warning in task.warnings:
            self._display.warning(warning)
        return {**result, **result_of(task), "failed": task.failed}

    def _options(self) -> dict[str, t.Any]:
        """Return the checked options. As ``validate_argument_spec`` does it, but on plain values, which is quicker."""
        given = decrypted(self._task.args)
        checked = _validator(frozenset(given)).validate(given)
        if checked.error_messages:
            unsupported = isinstance(checked.errors[0], UnsupportedError)
            prefix = f"Unsupported parameters for ({MODULE}) module: " if unsupported else ""
            raise AnsibleActionFail(prefix + checked.errors.msg, obj=self._task.args)
        return {**_DEFAULTS, **checked.validated_parameters}

    def _in_background(self, task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        """Run the module as an asynchronous job, which can't be done in this process."""
        if self._connection.transport != "local":
            raise AnsibleActionFail(
                "async runs this task on the host of the play, and not on the controller. "
                "Add delegate_to: localhost, or the host that shall send."
            )
        return self._execute_module(MODULE, task_vars=task_vars, wrap_async=self._task.async_val)

    def _environment(self) -> tuple[dict[str, str], t.Mapping[str, str]]:
        """Return the task's own environment, and that of this process with it on top, as a module would have it."""
        told: dict[str, t.Any] = {}
        self._compute_environment_string(told)
        own = {str(name): str(value) for name, value in told.items()}
        return own, {**os.environ, **own} if own else os.environ

    def _progress(self, text: str) -> None:
        """Show a line on standard error, which no output format of a play uses."""
        self._display.display(text, stderr=True)


@functools.cache
def _validator(names: frozenset[str]) -> ArgumentSpecValidator:
    """Return what checks options of these names: each one that is not given would cost as much as one that is."""
    known = names <= set(DISPATCH_SPEC)
    return ArgumentSpecValidator({name: DISPATCH_SPEC[name] for name in names} if known else DISPATCH_SPEC)


def _client(options: t.Mapping[str, t.Any], own: t.Mapping[str, str], env: t.Mapping[str, str]) -> GitHub:
    """Return the client that an earlier item of the loop opened with the same options, or a new one.

    :param own: what the task adds to the environment; the rest of it stays the same as long as this process lives.
    """
    key = repr(([options.get(name) for name in CONNECTION_SPEC], sorted(own.items()), options["max_parallel"]))
    if key not in _kept:
        _kept[key] = open_github(
            options, env=env, run_command=run_command, on_secret=hide, pool_size=options["max_parallel"]
        )
    return _kept[key]


def _close_all() -> None:
    """Revoke the tokens that were made and close the connections."""
    while _kept:
        _kept.popitem()[1].close()


@functools.cache
def _close_later() -> None:
    """Have this worker close at its end. From Python 3.13 on a worker runs ``atexit`` too, the last to come first: our
    turn has to be before urllib3's, which registered with its first connection and would close it under us."""
    Finalize(None, _close_at_exit, exitpriority=10)
    atexit.register(_close_at_exit)


def _close_at_exit() -> None:
    """Close at the end of a loop, when the worker ends. At the end of a play Ansible ends its workers by SIGTERM at any
    moment; it waits until they are gone, so the signal can wait until the tokens are revoked."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    _close_all()
