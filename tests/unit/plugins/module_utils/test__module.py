# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results and errors of the core as Ansible takes them."""

from __future__ import annotations

import sys
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils import _module
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.task import TaskResult
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput, MissingLibrary
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret

SECRET_OPTIONS = {"token", "private_key", "notify_secret", "notify_urls"}


@pytest.mark.parametrize(("name", "spec"), sorted(_module.DISPATCH_SPEC.items()))
def test_secrets_and_only_secrets_are_no_log(name: str, spec: dict[str, t.Any]) -> None:
    """A path of a key is worth showing; a key is not."""
    assert spec.get("no_log", False) is (name in SECRET_OPTIONS)


def test_an_error_before_sending_is_no_change() -> None:
    """Message, hint and code arrive."""
    failure = _module.failure_of(InvalidInput("event_type is empty.", "Give a name."))
    assert failure == {
        "msg": "event_type is empty. Give a name.",
        "changed": False,
        "error": {"code": "invalid_input", "message": "event_type is empty.", "hint": "Give a name."},
    }


def test_a_missing_library_is_worded_as_everywhere_in_ansible() -> None:
    """The user learns for which interpreter to install it."""
    failure = _module.failure_of(MissingLibrary("PyJWT", "The Python library PyJWT is not installed."))
    assert "(PyJWT)" in failure["msg"]
    assert sys.executable in failure["msg"]
    assert failure["error"]["code"] == "missing_library"
    assert failure["error"]["library"] == "PyJWT"


@pytest.mark.parametrize("diff", [[], [{"before": {}, "after": {"method": "POST"}}]])
def test_a_diff_is_there_when_there_is_something_to_show(diff: list[dict[str, t.Any]]) -> None:
    """An empty one would be noise."""
    result = _module.result_of(TaskResult({"changed": True, "error": None}, [], diff))
    assert result.get("diff", []) == diff
    assert ("diff" in result) is bool(diff)


def test_hiding_works_on_every_ansible_core() -> None:
    """Where ansible-core can mask, the text is masked; elsewhere nothing happens."""
    _module.hide(Secret("ghs_" + "q" * 36))
    if _module.register_secret is None:
        return
    from ansible.module_utils.secrets import mask_secrets

    assert "qqqq" not in mask_secrets("token ghs_" + "q" * 36)


@pytest.mark.parametrize(
    ("given", "kind", "source"),
    [
        ({}, "custom", {"tool": "ansible"}),
        ({"kind": "drift"}, "drift", {"tool": "ansible"}),
        ({"source_details": {"name": "prod", "url": ""}}, "custom", {"tool": "ansible", "name": "prod"}),
        (
            {"source_details": {"tool": "terraform", "version": "1.11.4"}},
            "custom",
            {"tool": "terraform", "version": "1.11.4"},
        ),
    ],
)
def test_an_event_is_about_what_the_options_say(given: dict[str, t.Any], kind: str, source: dict[str, str]) -> None:
    """Without any it is the user's own, of Ansible."""
    cause = _module.cause_of({"kind": "custom", "evidence": None, "source_details": None, **given})
    assert (cause.kind, {name: value for name, value in cause.origin._asdict().items() if value}) == (kind, source)


def test_a_source_that_breaks_the_schema_is_refused() -> None:
    """As everywhere, with the name of the option."""
    with pytest.raises(InvalidInput, match=r"source_details\.sha is no commit"):
        _module.cause_of({"kind": "custom", "evidence": None, "source_details": {"sha": "main"}})
