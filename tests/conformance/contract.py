# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub's OpenAPI description, cut down to what the local GitHub serves: the whole takes long to load."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

from emulator.registry import registry

OPENAPI = "@octokit/openapi/generated/{}.json"
_METHODS = ("get", "post", "put", "patch", "delete")


def served() -> set[tuple[str, str]]:
    """Method and path of every endpoint, without the names of the parameters."""
    known = {(each.method.lower(), _shape(each.path)) for each in registry.endpoints}
    return {(method, path) for method, path in known if not path.startswith("/repositories/")}


def endpoint_of(method: str, path: str) -> tuple[str, str]:
    """The endpoint that serves a path, in the form of ``served``."""
    plain = re.sub(r"\{[^}]*\}", "1", path)
    found = registry.match(method.upper(), plain)
    if found is None:
        raise KeyError(f"{method} {path} is not served")
    return method, _shape(found[0].path)


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def cut(whole: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The served operations, with every component that they refer to."""
    wanted = served()
    paths: dict[str, t.Any] = {}
    for path, operations in whole["paths"].items():
        kept = {name: each for name, each in operations.items() if name in _METHODS and (name, _shape(path)) in wanted}
        if kept:
            shared = {name: each for name, each in operations.items() if name not in _METHODS}
            paths[path] = {**shared, **kept}
    _repair(paths)
    top = {name: whole[name] for name in ("openapi", "info", "servers")}
    return {**top, "paths": paths, "components": _components(whole["components"], paths)}


def _repair(paths: dict[str, t.Any]) -> None:
    """Installations of a list have the schema of a single one; here the description contradicts itself.

    It wants the account in a list to be a user and an enterprise at once (``allOf``), elsewhere one of the two.
    """
    content = paths["/app/installations"]["get"]["responses"]["200"]["content"]["application/json"]
    content["schema"]["items"] = {"$ref": "#/components/schemas/installation"}


def _components(components: t.Mapping[str, t.Any], paths: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    kept: dict[str, dict[str, t.Any]] = {}
    waiting = _references(paths)
    while waiting:
        kind, name = waiting.pop().removeprefix("#/components/").split("/", 1)
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = components[kind][name]
            waiting |= _references(components[kind][name])
    return kept


def _references(part: t.Any) -> set[str]:
    return set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(part)))


def write_cut(node_modules: Path, product: str, target: Path) -> None:
    whole = json.loads((node_modules / OPENAPI.format(product)).read_text(encoding="utf-8"))
    target.write_text(json.dumps(cut(whole)), encoding="utf-8")
