# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the commands are those of the modules."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils import _module
from ansible_collections.infradispatch.github.plugins.module_utils._core.command import (
    doctor,
    external,
    options,
    plan,
    send,
    wait,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.parser import Command, parser_of

KINDS = {
    "str": ("text", "path"),
    "bool": ("flag",),
    "int": ("number", "text"),
    "list": ("words", "text"),
    "raw": ("json",),
    "dict": ("json",),
}
OURS = ("kind", "evidence", "dispatch_id")
SPECS = [
    (options.SENDING, _module.DISPATCH_SPEC, {"kind", "evidence", "source_details", "dispatch_id"}),
    ((*options.FOUND, options.EXTRA[0]), {name: _module.DISPATCH_SPEC[name] for name in OURS}, set()),
    (options.ASKING, _module.PREFLIGHT_SPEC, set()),
    (options.RUNS, _module.RUN_INFO_SPEC, {"workflow", "event", "branch", "limit"}),  # they list, and wait for nothing
]
COMMANDS = [plan.COMMAND, send.COMMAND, wait.COMMAND, doctor.COMMAND, external.COMMAND]


@pytest.mark.parametrize(("ours", "theirs", "left_out"), SPECS)
def test_names_kinds_and_secrets_are_those_of_the_module(
    ours: tuple[options.Option, ...], theirs: dict[str, dict[str, t.Any]], left_out: set[str]
) -> None:
    assert {option.name for option in ours} == set(theirs) - left_out
    for option in ours:
        spec = theirs[option.name]
        assert option.kind in KINDS[spec["type"]], option.name
        assert option.secret == (spec.get("no_log") is True), option.name
        assert list(option.aliases) == spec.get("aliases", []), option.name
        if "choices" in spec:
            assert option.metavar == "|".join(spec["choices"])
        if spec.get("default") not in (None, "", []) and not (ours is options.RUNS and option.name == "wait"):
            assert f"default: {shown(spec['default'])}" in option.help, option.name


def shown(default: t.Any) -> str:
    """Return a default as the help words it."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return ",".join(default) if isinstance(default, list) else str(default)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_is_an_argument_unless_it_is_secret_and_all_are_variables(command: Command) -> None:
    help_text = parser_of(command).format_help()
    assert len({option.name for option in command.known}) == len(command.known)
    for option in command.known:
        assert option.variables[0] == f"INFRADISPATCH_{option.name.upper()}"
        if option.secret:
            assert f"{option.flag_name} " not in help_text
            assert option.name == "private_key" or f"{option.flag_name}-file" in help_text
        else:
            assert option.flag_name in help_text
            assert option.help.isascii()  # consoles of Windows
