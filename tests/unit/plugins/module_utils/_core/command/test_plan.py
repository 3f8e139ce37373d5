# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`plan`, with a reader of plans that gives what tests say."""

from __future__ import annotations

import sys
import types
import typing as t
from pathlib import Path

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.command import plan
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Evidence
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.command.console import Console, Done
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import DISPATCHES
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import Answer, Stub

PACKAGE = plan.__name__.rpartition(".command.")[0]
CHANGES = [
    {"address": 'aws_instance.web["a|b`c"]', "actions": ["delete", "create"]},
    {"address": "x.y", "action": "update"},
]


class Reader:
    """Reads nothing and gives what it was told."""

    def __init__(self) -> None:
        self.kind = "planned"
        self.conditions: set[str] = {"change"}
        self.evidence = Evidence("sha256:" + "a" * 64, {"create": 1, "delete": 2, "errored": True}, CHANGES)
        self.warnings: list[str] = []
        self.asked: list[tuple[bytes, str, str]] = []

    def __call__(self, stream: t.BinaryIO, form: str, keys: str) -> Reader:
        self.asked.append((stream.read(), form, keys))
        return self


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    made = Reader()
    monkeypatch.setitem(sys.modules, f"{PACKAGE}.changes", types.ModuleType("changes"))
    module = types.ModuleType("terraform")
    module.read_changes = made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"{PACKAGE}.changes.terraform", module)
    return made


def run(console: Console, *words: str, **env: str) -> Done:
    return console("plan", "-", "--repository", "acme/site", *words, stdin=b"{}", **env)


def test_what_was_found_is_sent(console: Console, stub: Stub, reader: Reader) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    reader.warnings.append("Incomplete.")
    done = run(console, "--output", "json", "--client-payload", '{"mine": 1}', "--source-name", "prod")
    assert (done.status, done.value["outcome"]) == (0, "accepted")
    (body,) = stub.sent("POST", DISPATCHES)
    ours = body["client_payload"].pop("dispatch")
    assert body == {"event_type": "terraform-planned", "client_payload": {"mine": 1}}
    assert (ours["kind"], ours["key"], ours["changes"]) == ("planned", reader.evidence.key, CHANGES)
    assert ours["source"] == {"tool": "terraform", "name": "prod"}
    assert reader.asked == [(b"{}", "auto", "keep")]
    assert "Warning: Incomplete." in done.err


@pytest.mark.parametrize(
    ("holds", "words", "sent"),
    [
        ({"change"}, [], True),
        ({"drift"}, [], True),
        ({"change", "destroy"}, ["--on", "destroy"], True),
        (set(), ["--on=always"], True),
        ({"drift"}, ["--on", "change", "--on", "drift"], True),
        (set(), [], False),
        ({"change"}, ["--on", "drift,destroy"], False),
    ],
)
def test_conditions(
    console: Console, stub: Stub, reader: Reader, holds: set[str], words: list[str], sent: bool
) -> None:
    stub.on("POST", DISPATCHES, Answer(204))
    reader.conditions = holds
    done = run(console, "--output", "json", *words)
    assert (done.status, done.value["outcome"]) == (0, "accepted" if sent else "unchanged")
    assert (stub.requests == []) is not sent


def test_a_dry_run_shows_the_event_and_asks_nobody(console: Console, stub: Stub, reader: Reader) -> None:
    reader.kind = "drift"
    done = run(console, "--dry-run", "--event-type", "own", "--from", "hcp", "--address-keys", "hash", GITHUB_TOKEN="")
    assert done.value["event_type"] == "own"
    assert done.value["client_payload"]["dispatch"]["kind"] == "drift"
    assert stub.requests == []
    assert reader.asked == [(b"{}", "hcp", "hash")]


def test_a_table_for_people(console: Console, reader: Reader) -> None:
    reader.conditions = set()
    text = run(console, "--markdown").out
    assert "create 1, delete 2" in text
    assert '| delete, create | `aws_instance.web["a\\|b\'c"]` |' in text
    assert "| update | `x.y` |" in text
    reader.evidence = Evidence(changes=[{"address": f"a.b{number}"} for number in range(205)])
    text = plan.markdown_of(reader)
    assert text.count("`a.b") == 200
    assert "and 5 more" in text
    reader.evidence = Evidence()
    assert "No changes." in plan.markdown_of(reader)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-", "--on", "never"], "on is none of change, drift, destroy, always"),
        (["-", "--from", "pulumi"], "from is none of auto"),
        (["-", "--address-keys", "x"], "address_keys is none of keep, drop, hash"),
        (["-", "--source", "ansible"], "source is none of"),
        (["-", "--markdown", "--dry-run"], "markdown does not go with dry_run"),
        (["-", "--markdown", "--output=text", "--output", "json"], "markdown does not go with"),
        ([], "No plan is named"),
        (["-"], "a terminal"),
        (["/nowhere/plan.json"], "can't be read"),
    ],
)
def test_what_is_wrong_is_one_line(console: Console, stub: Stub, reader: Reader, words: list[str], said: str) -> None:
    done = console("plan", *words, "--repository", "acme/site")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert said in done.err
    assert (stub.requests, reader.asked) == ([], [])


def test_a_file_is_read(console: Console, reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(b"content")
    assert console("plan", str(path), "--repository", "a/b", "--dry-run").status == 0
    assert reader.asked[0][0] == b"content"
