# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain JSON below ``/_emulator/``: the Python API for playbooks and shell scripts."""

from __future__ import annotations

import dataclasses
import typing as t

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

if t.TYPE_CHECKING:
    from starlette.requests import Request

    from .github import Emulator


def admin_app(github: Emulator) -> Starlette:
    """The application; each function below gets the emulator, the query and the JSON body."""

    def route(path: str, method: str, function: _Function) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            body = await request.json() if await request.body() else {}
            try:
                result = await run_in_threadpool(function, github, dict(request.query_params), body)
            except (KeyError, TypeError, ValueError) as error:
                return JSONResponse({"error": str(error).strip("'\"")}, 400)
            return JSONResponse(result)

        return Route(f"/_emulator/{path}", endpoint, methods=[method])

    return Starlette(routes=[route(path, method, function) for (method, path), function in _ROUTES.items()])


_Function = t.Callable[["Emulator", dict[str, str], dict[str, t.Any]], t.Any]


def _requests(github: Emulator, query: dict[str, str], _body: dict[str, t.Any]) -> t.Any:
    method, path = query.get("method"), query.get("path", "")
    found = [each for each in list(github.requests) if method in (None, each.method) and path in each.path]
    return [dataclasses.asdict(each) for each in found]


def _events(github: Emulator, query: dict[str, str], _body: dict[str, t.Any]) -> t.Any:
    return [dataclasses.asdict(event) for event in github.events(query["repository"])]


def _runs(github: Emulator, query: dict[str, str], _body: dict[str, t.Any]) -> t.Any:
    return [
        {
            "id": run.id,
            "display_title": run.display_title,
            "status": run.status,
            "conclusion": run.conclusion,
            "jobs": [{"name": job.name, "status": job.status, "conclusion": job.conclusion} for job in run.jobs],
        }
        for run in github.runs(query["repository"])
    ]


def _world(github: Emulator, _query: dict[str, str], _body: dict[str, t.Any]) -> t.Any:
    world = github.world
    with world.lock:
        return {
            "api_url": github.api_url,
            "now": github.clock.now(),
            "apps": [{"id": app.id, "client_id": app.client_id, "slug": app.slug} for app in world.apps],
            "installations": [
                {
                    "id": made.id,
                    "app_id": made.app.id,
                    "account": made.account.login,
                    "permissions": made.permissions,
                    "repository_ids": None if made.repository_ids is None else sorted(made.repository_ids),
                    "suspended": made.suspended_at is not None,
                }
                for made in world.installations.values()
            ],
            "repositories": [
                {"id": each.id, "full_name": each.full_name, "private": each.private, "archived": each.archived}
                for each in world.repositories.values()
            ],
        }


def _add_fault(github: Emulator, _query: dict[str, str], body: dict[str, t.Any]) -> t.Any:
    """Fields of Fault; or ``kind``, the name of a helper, with its arguments."""
    kind = body.pop("kind", "add")
    if kind.startswith("_") or kind in ("take", "clear") or not hasattr(github.faults, kind):
        raise ValueError(f"there is no fault of the kind {kind}")
    getattr(github.faults, kind)(**body)
    return {}


def _clear_faults(github: Emulator, _query: dict[str, str], _body: dict[str, t.Any]) -> t.Any:
    github.faults.clear()
    return {}


def _set_clock(github: Emulator, _query: dict[str, str], body: dict[str, t.Any]) -> t.Any:
    """Any of ``freeze`` (a boolean), ``advance`` and ``skew`` (seconds), ``token_lifetime`` (seconds)."""
    if "freeze" in body:
        github.clock.freeze() if body["freeze"] else github.clock.thaw()
    github.clock.advance(body.get("advance", 0.0))
    if "skew" in body:
        github.clock.skew(body["skew"])
    if "token_lifetime" in body:
        github.world.token_lifetime = body["token_lifetime"]
    return {"now": github.clock.now()}


def _script_runs(github: Emulator, _query: dict[str, str], body: dict[str, t.Any]) -> t.Any:
    """``repository``, ``runs`` (a list of ScriptedRun mappings), ``events``."""
    github.script_runs(body["repository"], *body.get("runs", []), events=body.get("events", 1))
    return {}


def _add_repository(github: Emulator, _query: dict[str, str], body: dict[str, t.Any]) -> t.Any:
    made = github.add_repository(body.pop("full_name"), **body)
    return {"id": made.id, "full_name": made.full_name}


def _rename(github: Emulator, _query: dict[str, str], body: dict[str, t.Any]) -> t.Any:
    return {"full_name": github.rename_repository(body["old"], body["new"]).full_name}


def _add_token(github: Emulator, _query: dict[str, str], body: dict[str, t.Any]) -> t.Any:
    return {"token": github.add_token(body.pop("kind"), **body)}


def _set_installation(github: Emulator, _query: dict[str, str], body: dict[str, t.Any]) -> t.Any:
    """``id`` with any of ``suspended`` (a boolean) and ``permissions``."""
    made = github.world.installations[body["id"]]
    if "suspended" in body:
        made.suspend() if body["suspended"] else made.unsuspend()
    made.permissions = body.get("permissions", made.permissions)
    return {}


def _reset(github: Emulator, _query: dict[str, str], _body: dict[str, t.Any]) -> t.Any:
    github.reset()
    return {}


_ROUTES: dict[tuple[str, str], _Function] = {
    ("GET", "requests"): _requests,
    ("GET", "events"): _events,
    ("GET", "runs"): _runs,
    ("GET", "world"): _world,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "clock"): _set_clock,
    ("POST", "script_runs"): _script_runs,
    ("POST", "repositories"): _add_repository,
    ("POST", "rename"): _rename,
    ("POST", "tokens"): _add_token,
    ("POST", "installations"): _set_installation,
    ("POST", "reset"): _reset,
}
