# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The core as a module: argument specs, and what becomes of its results and errors. The only place that does this.

Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
Python versions supported: >=3.9
"""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import missing_required_lib

from ._core.delivery.plan import Cause
from ._core.delivery.task import TaskResult, run_task
from ._core.errors import InfradispatchError, MissingLibrary
from ._core.event.envelope import KINDS, Origin
from ._core.github.client import AppClient, GitHub, open_app, open_github
from ._core.secret import Secret, redact, shown_path

try:  # ansible-core 2.22
    from ansible.module_utils.secrets import register_secret
except ImportError:
    register_secret = None

if t.TYPE_CHECKING:  # pragma: no cover
    from ansible.module_utils.basic import AnsibleModule

Asked = t.TypeVar("Asked")
Client = t.TypeVar("Client", GitHub, AppClient)

CONNECTION_SPEC: dict[str, dict[str, t.Any]] = {
    "token": {"type": "str", "no_log": True},
    "app_id": {"type": "str", "aliases": ["client_id"]},
    "private_key": {"type": "str", "no_log": True},
    "private_key_path": {"type": "str", "no_log": False},
    "signer_command": {"type": "list", "elements": "str"},
    "installation_id": {"type": "str"},
    "api_url": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "str"},
    "client_cert": {"type": "str"},
    "client_key": {"type": "str", "no_log": False},
    "use_proxy": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 30},
}
_PATHS = ("private_key_path", "ca_path", "client_cert", "client_key")
NOTIFY_SPEC: dict[str, dict[str, t.Any]] = {
    "notify_urls": {"type": "list", "elements": "str", "no_log": True},
    "notify_secret": {"type": "str", "no_log": True},
}
DISPATCH_SPEC: dict[str, dict[str, t.Any]] = {
    **CONNECTION_SPEC,
    "repository": {"type": "str"},
    "repositories": {"type": "list", "elements": "raw"},
    "event_type": {"type": "str"},
    "client_payload": {"type": "raw"},
    "kind": {"type": "str", "choices": list(KINDS), "default": "custom"},
    "evidence": {"type": "dict"},
    "source_details": {"type": "dict"},
    "dispatch_id": {"type": "str"},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 1800},
    "find_timeout": {"type": "int", "default": 180},
    "cancel_on_timeout": {"type": "bool", "default": False},
    "acceptable_conclusions": {"type": "list", "elements": "str", "default": ["success", "skipped", "neutral"]},
    "on_unknown": {"type": "str", "choices": ["fail", "resend"], "default": "fail"},
    "max_parallel": {"type": "int", "default": 8},
    "deadline": {"type": "int", "default": 300},
    "verify_receiver": {"type": "str", "choices": ["ignore", "warn", "require"], "default": "ignore"},
    **NOTIFY_SPEC,
}
RUN_INFO_SPEC: dict[str, dict[str, t.Any]] = {
    **CONNECTION_SPEC,
    "repository": {"type": "str", "required": True},
    "dispatch_id": {"type": "str"},
    "run_id": {"type": "int"},
    "workflow": {"type": "str"},
    "event": {"type": "str"},
    "branch": {"type": "str"},
    "limit": {"type": "int", "default": 10},
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 1800},
    "find_timeout": {"type": "int", "default": 180},
    "acceptable_conclusions": {"type": "list", "elements": "str", "default": ["success", "skipped", "neutral"]},
    "log_lines": {"type": "int", "default": 0},
    **NOTIFY_SPEC,
}
PREFLIGHT_SPEC: dict[str, dict[str, t.Any]] = {
    **CONNECTION_SPEC,
    "repository": {"type": "str", "required": True},
    "event_type": {"type": "str"},
    "deadline": {"type": "int", "default": 300},
}
APP_INFO_SPEC: dict[str, dict[str, t.Any]] = {
    **{name: option for name, option in CONNECTION_SPEC.items() if name != "token"},
    "repository": {"type": "str"},
    "owner": {"type": "str"},
    "needed_permissions": {"type": "dict", "default": {"contents": "write", "actions": "read", "metadata": "read"}},
    "max_installations": {"type": "int", "default": 10},
    "deadline": {"type": "int", "default": 300},
}
_ORIGIN = Origin("ansible")


def run_dispatch(module: AnsibleModule) -> t.NoReturn:
    """Do what the module's parameters ask for, and end the module."""
    opened: list[GitHub] = []
    hide_misplaced(module)

    def open_client() -> GitHub:
        opened.append(_open(module))
        return opened[0]

    try:
        task = run_task(module.params, cause_of(module.params), open_client, check_mode=module.check_mode)
        result, failed, warnings = result_of(task), task.failed, task.warnings
    except InfradispatchError as error:
        # Reported below: inside of this clause older versions of ansible-core would add a traceback.
        result, failed, warnings = failure_of(error), True, []
    finally:
        for github in opened:
            github.close()
    end(module, result, failed=failed, warnings=warnings)


def run_info(module: AnsibleModule) -> t.NoReturn:
    """Return the workflow runs that the module's parameters ask for, and end the module."""
    from ._core.delivery.inquiry import Inquiry, inquire, read_inquiry, tell_failure

    def ask(github: GitHub, inquiry: Inquiry) -> dict[str, t.Any]:
        result = inquire(github, inquiry)
        for warning in tell_failure(result, inquiry, module.params, os.environ):
            module.warn(warning)
        return result

    answer(module, lambda: read_inquiry(module.params), ask)


def dispatch_info(module: AnsibleModule) -> t.NoReturn:
    """Return who would hear an event and whether it may be sent, and end the module."""
    from ._core.delivery.preflight import preflight, read_question

    answer(module, lambda: read_question(module.params), preflight)


def app_info(module: AnsibleModule) -> t.NoReturn:
    """Return what the App may do and where, and end the module."""
    from ._core.github.app_info import audit_app, read_question

    answer(module, lambda: read_question(module.params), audit_app, _open_app)


def answer(
    module: AnsibleModule,
    read: t.Callable[[], Asked],
    ask: t.Callable[[Client, Asked], dict[str, t.Any]],
    connect: t.Callable[[AnsibleModule], Client] | None = None,
) -> t.NoReturn:
    """End the module with what ``ask`` returns for what ``read`` made of the parameters; an ``error`` in it fails."""
    github: Client | None = None
    hide_misplaced(module)
    try:
        asked = read()
        github = (connect or _open)(module)
        result = ask(github, asked)
    except InfradispatchError as error:
        result = failure_of(error)  # reported below, as in run_dispatch
    finally:
        if github is not None:
            github.close()
    end(module, result, failed=bool(result.get("error")))


def end(module: AnsibleModule, result: dict[str, t.Any], *, failed: bool, warnings: t.Iterable[str] = ()) -> t.NoReturn:
    """End the module with a result."""
    for warning in warnings:
        module.warn(warning)
    if failed:
        module.fail_json(**result)
    module.exit_json(**result)


def cause_of(options: t.Mapping[str, t.Any]) -> Cause:
    """Return what an event is about, by the options of a task.

    :raises InvalidInput: when they are not as the schema of the payload has it.
    """
    if options["kind"] == "custom" and options["evidence"] is None and not options["source_details"]:
        return Cause(_ORIGIN)
    from ._core.event.evidence import read_evidence, read_kind, read_origin

    facts = dict(options["source_details"] or {})
    origin = read_origin(facts.pop("tool", None) or _ORIGIN.tool, facts)
    return Cause(origin, read_kind(options["kind"]), read_evidence(options["evidence"]))


def result_of(task: TaskResult) -> dict[str, t.Any]:
    """Return the result of a task as Ansible takes it."""
    result = {**task.result, "diff": task.diff} if task.diff else task.result
    error = result["error"] or {}
    if error.get("code") == MissingLibrary.code:
        return {**result, "msg": f"{result['msg']} {missing_required_lib(error['library'])}"}
    return result


def failure_of(error: InfradispatchError) -> dict[str, t.Any]:
    """Return the result for an error that ended a task before anything was sent."""
    message = str(error)
    if isinstance(error, MissingLibrary):
        message = f"{error.message} {missing_required_lib(error.library)}"
    return {"msg": message, "changed": False, "error": error.as_dict()}


def hide(secret: Secret) -> None:
    """Have ansible-core mask the secret in everything it shows, where it can (2.22)."""
    if register_secret is not None and len(secret.reveal()) >= 4:
        register_secret(secret.reveal())


def hide_misplaced(module: AnsibleModule) -> None:
    """Have secrets masked that were put into the wrong option: at -vvv ansible-core before 2.20 shows all options."""
    for name, value in module.params.items():
        if isinstance(value, str) and (redact(value) != value or (name in _PATHS and shown_path(value) != value)):
            module.no_log_values.add(value)


def _open(module: AnsibleModule) -> GitHub:
    """Return a client for the module's parameters and the environment it runs in."""
    return open_github(module.params, pool_size=module.params.get("max_parallel", 2), **_surroundings(module))


def _open_app(module: AnsibleModule) -> AppClient:
    """Return an App for the module's parameters and the environment it runs in."""
    return open_app(module.params, **_surroundings(module))


def _surroundings(module: AnsibleModule) -> dict[str, t.Any]:
    """Return environment, runner of commands and keeper of secrets of a module."""

    def run_command(command: t.Sequence[str], data: bytes) -> tuple[int, bytes, bytes]:
        return module.run_command(list(command), data=data, binary_data=True, encoding=None, handle_exceptions=False)

    def hide_here(secret: Secret) -> None:
        module.no_log_values.add(secret.reveal())
        hide(secret)

    return {"env": os.environ, "run_command": run_command, "on_secret": hide_here}
