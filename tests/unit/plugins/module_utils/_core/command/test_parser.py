# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arguments: what is refused, and that no value is shown."""

from __future__ import annotations

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.command.options import SENDING
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.parser import help_of, read_arguments
from ansible_collections.infradispatch.github.plugins.module_utils._core.command.send import COMMAND
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput

CANARY = "ghp_canaryCANARY7781canary"


def test_what_is_given_is_found_by_the_names_of_the_options() -> None:
    found = read_arguments(COMMAND, ["-", "--event-type", "x", "--no-wait", "--client-id=12"])
    given = {name: value for name, value in found.items() if value is not None and name != "help"}
    assert given == {"positional": "-", "event_type": "x", "wait": False, "app_id": "12"}


@pytest.mark.parametrize("option", [option for option in SENDING if option.secret], ids=lambda option: option.name)
@pytest.mark.parametrize("form", ["{} {}", "{}={}"])
def test_a_secret_is_refused_with_the_place_where_it_belongs(option: object, form: str) -> None:
    name = getattr(option, "flag_name")  # noqa: B009 - the type of a parameter is that of its values
    with pytest.raises(InvalidInput) as caught:
        read_arguments(COMMAND, form.format(name, CANARY).split())
    assert CANARY not in str(caught.value)
    assert f"{name} is a secret" in str(caught.value)
    assert "INFRADISPATCH_" in caught.value.hint
    assert ("--private-key-path" if name == "--private-key" else f"{name}-file") in caught.value.hint


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tokn", CANARY], "send has no option --tokn. Did you mean token?"),
        ([f"--tokn={CANARY}"], "send has no option --tokn."),
        (["--event-typ", "x"], "Did you mean event-type?"),
        ([f"--{CANARY}"], "send has no option --(not shown)."),
        (["-", CANARY, CANARY], "send got 2 words too many."),
        ([f"--wait={CANARY}"], "ignored explicit argument (not shown)"),
        (["--event-type"], "expected one argument"),
        (["--event"], "has no option --event."),
    ],
)
def test_what_is_wrong_is_said_without_values(words: list[str], said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_arguments(COMMAND, words)
    assert said in str(caught.value)
    assert CANARY not in str(caught.value)


def test_the_help_has_examples_environment_and_statuses() -> None:
    text = help_of(COMMAND)
    assert text.isascii()
    for word in ("examples:", "environment:", "exit status:", "GITHUB_TOKEN", "outcome_unknown", "DISPATCH_REQUEST"):
        assert word in text
