# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams of plan and apply, whole, failed and cut off."""

from __future__ import annotations

import io
import typing as t

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.changes.terraform import read_changes
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.changes.terraform_documents import (
    CANARY,
    VERSION,
    about,
    counts,
    event,
    lines,
    plan,
    read,
    resource,
    summary,
)


def planned(action: str, address: str = "aws_x.y", **more: t.Any) -> dict[str, t.Any]:
    return event("planned_change", change=about(address, action, **more))


def hook(kind: str, action: str, address: str = "aws_x.y") -> dict[str, t.Any]:
    return event(kind, hook=about(address, action, id_value=CANARY))


OLD = {"previous_resource": {"addr": "aws_x.old"}}
ERROR = event("diagnostic", diagnostic={"severity": "error", "summary": CANARY, "detail": CANARY})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (planned("create"), {"add": 1}),
        (planned("update"), {"change": 1}),
        (planned("delete"), {"destroy": 1}),
        (planned("replace", reason="cannot_update"), {"add": 1, "destroy": 1, "replace": 1}),
        (planned("remove"), {"forget": 1}),
        (planned("move", **OLD), {"move": 1}),
        (planned("move"), {"move": 1}),
        (planned("import", importing={"id": CANARY}), {"import": 1}),
        (planned("update", importing={"id": CANARY}), {"change": 1, "import": 1}),
        (planned("read", "data.aws_x.y", reason="read_because_check_nested"), {"read": 1}),
        (planned("read", "module.m.data.aws_x.y"), {"read": 1}),
        (planned("noop"), {"no_op": 1}),
        (planned("explode"), {"other": 1}),
        (event("planned_change"), {"other": 1}),
        (event("planned_change", change={"resource": 1, "action": 2}), {"other": 1}),
        (event("resource_drift", change=about("aws_x.y", "update")), {"drift": 1}),
        (event("resource_drift", change=about("aws_x.y", "delete")), {"drift": 1}),
        (event("resource_drift", change=about("aws_x.y", "move", **OLD)), {"drift_ignored": 1}),
        (event("resource_drift", change=about("aws_x.y", "noop")), {"drift_ignored": 1}),
        (event("outputs", outputs={"a": {"action": "create"}, "b": {"action": "noop"}, "c": 1}), {"outputs": 1}),
        (event("outputs", outputs=[1]), {}),
        (event("planned_action_invocation", action={"addr": "action.a.b"}), {"action_invocations": 1}),
        (event("some_new_event", x=CANARY), {}),
        (event("refresh_start", hook={}), {}),
        (event("diagnostic", diagnostic={"severity": "warning"}), {}),
    ],
)
def test_every_event_of_a_plan_is_counted_for_what_it_is(change: t.Any, expected: dict[str, int]) -> None:
    found = read(lines(VERSION, change, summary()))
    assert counts(found) == expected
    nothing = set(expected) <= {"read", "no_op", "drift_ignored"}
    assert found.kind == ("unchanged" if nothing else "drift" if "drift" in expected else "planned")
    assert found.source == "plan_stream"
    assert found.about == {"terraform_version": "1.11.4", "format_version": "1.2"}
    assert CANARY not in repr(found)


def test_a_stream_has_the_key_of_its_document() -> None:
    stream = lines(
        VERSION, planned("create"), planned("delete", "module.a.aws_x.z"), planned("move", "aws_x.n", **OLD), summary()
    )
    document = plan(
        resource("aws_x.n", "no-op", previous_address="aws_x.old"), resource("aws_x.y", "create"),
        resource("module.a.aws_x.z", "delete", module_address="module.a"),
    )  # fmt: skip
    assert read(stream).evidence == read(document).evidence


def test_data_sources_that_a_plan_reads_make_it_no_apply() -> None:
    data = "data.aws_x.y"
    found = read(lines(VERSION, hook("apply_start", "read", data), hook("apply_complete", "read", data), summary()))
    assert (found.source, found.kind) == ("plan_stream", "unchanged")


def test_an_apply_is_what_it_did() -> None:
    found = read(lines(
        VERSION, planned("replace"), planned("move", "aws_x.n", **OLD), summary(),
        hook("apply_start", "delete"), hook("apply_progress", "delete"), hook("apply_complete", "delete"),
        hook("apply_start", "create"), hook("apply_complete", "create"),
        event("provision_progress", hook={"output": CANARY}),
        summary("apply", add=1, remove=1), event("outputs", outputs={"o": {"sensitive": False, "value": CANARY}}),
    ))  # fmt: skip
    assert (found.source, found.kind, found.conditions) == ("apply_stream", "applied", ("change", "destroy"))
    assert counts(found) == {"add": 1, "destroy": 1, "move": 1}
    assert CANARY not in repr(found)


def test_imports_that_only_the_summary_tells_of_are_counted() -> None:
    found = read(lines(VERSION, summary("apply", **{"import": 2})))
    assert (found.kind, counts(found)) == ("applied", {"import": 2})
    named = lines(VERSION, planned("import"), summary(), summary("apply", **{"import": 1}))
    assert counts(read(named)) == {"import": 1}


def test_an_apply_of_nothing_is_unchanged_and_one_of_drift_is_drift() -> None:
    assert read(lines(VERSION, summary("apply"))).kind == "unchanged"
    drift = event("resource_drift", change=about("aws_x.y", "update"))
    assert read(lines(VERSION, drift, summary("apply"))).kind == "drift"
    applied = read(
        lines(VERSION, drift, planned("update"), summary(), hook("apply_complete", "update"), summary("apply"))
    )
    assert (applied.kind, applied.conditions) == ("applied", ("change", "drift"))


def test_a_failed_apply_has_what_it_did_and_what_failed() -> None:
    found = read(lines(
        VERSION, planned("create"), planned("create", "aws_x.z"), planned("move", "aws_x.n", **OLD), summary(),
        hook("apply_complete", "create"), hook("apply_errored", "create", "aws_x.z"), ERROR,
    ))  # fmt: skip
    assert (found.source, found.kind, found.conditions) == ("apply_stream", "failed", ("change", "failed"))
    assert counts(found) == {"add": 1, "failed": 1}
    assert [(entry["address"], entry.get("failed")) for entry in found.evidence.changes] == [
        ("aws_x.y", None),
        ("aws_x.z", True),
    ]
    assert "ended with an error" in found.warnings[0]
    assert CANARY not in repr(found)


def test_the_key_tells_what_is_planned_applied_and_failed_apart() -> None:
    one, done = planned("create"), hook("apply_complete", "create")
    streams = [
        lines(VERSION, one, summary()),
        lines(VERSION, one, summary(), done, summary("apply")),
        lines(VERSION, one, done, ERROR),
    ]
    assert len({read(stream).evidence.key for stream in streams}) == 3


@pytest.mark.parametrize("end", [(), (summary("plan"), hook("apply_start", "create"))])
def test_a_stream_that_was_cut_off_failed(end: tuple[t.Any, ...]) -> None:
    whole = lines(VERSION, planned("create"), *end)
    found = read(whole)
    assert (found.kind, "failed" in found.conditions) == ("failed", True)
    assert any("cut off" in warning for warning in found.warnings) or found.source == "apply_stream"
    torn = read(whole[:-9] if not end else whole)
    assert torn.kind == "failed"


def test_an_apply_that_was_ended_is_no_success() -> None:
    found = read(lines(VERSION, planned("create"), summary(), hook("apply_start", "create")))
    assert found.kind == "failed"


def test_an_errored_plan_failed() -> None:
    found = read(lines(VERSION, ERROR))
    assert (found.kind, found.conditions, found.matched, found.evidence.key) == ("failed", ("failed",), False, "")


def test_a_log_of_level_error_is_one() -> None:
    assert read(lines(VERSION, {**event("diagnostic"), "@level": "error"}, summary())).kind == "failed"


def test_lines_that_are_no_events_are_counted_and_never_shown() -> None:
    noise = [
        b"[command]/usr/bin/terraform plan",
        b"::debug::x",
        CANARY.encode(),
        b"[1]",
        b'{"a": 1}',
        b"{" + CANARY.encode(),
        b"",
    ]
    found = read(
        b"\r\n".join([*noise[:3], *lines(VERSION, planned("create")).splitlines(), *noise[3:], lines(summary())])
    )
    assert counts(found) == {"add": 1}
    assert found.warnings == ("4 lines of the input were no JSON.",)


def test_a_line_longer_than_any_that_matters_is_passed_over() -> None:
    long = event("outputs", outputs={"o": {"value": "x" * 5_000_000}})
    found = read(lines(VERSION, planned("create"), long, summary()))
    assert (counts(found), found.warnings) == ({"add": 1}, ("1 line of the input was no JSON.",))


@pytest.mark.parametrize("ui", ["2.0", "11"])
def test_an_unknown_format_is_refused(ui: str) -> None:
    with pytest.raises(InvalidInput, match="not known"):
        read(lines(event("version", ui=ui)))


def test_no_event_at_all_is_refused() -> None:
    with pytest.raises(InvalidInput, match="No line"):
        read(b'{"x": 1}\n{"y": 2}\n', source="stream")


class Endless(io.RawIOBase):
    """A stream of so many changes that it was never made as a whole."""

    def __init__(self, number: int) -> None:
        self.rest, self.buffer = number, lines(VERSION)

    def read(self, size: int = -1) -> bytes:
        while self.rest >= 0 and len(self.buffer) < size:
            more = range(self.rest, max(self.rest - 200, 0), -1)
            self.buffer += lines(*(planned("create", f"module.m{n % 7}.aws_x.y[{n}]") for n in more))
            self.rest -= 200
            if self.rest <= 0:
                self.buffer += lines(summary())
                self.rest = -1
        part, self.buffer = self.buffer[:size], self.buffer[size:]
        return part


def test_a_stream_of_any_length_takes_the_same_memory() -> None:
    import tracemalloc

    peaks = []
    for number in (6000, 24000):
        tracemalloc.start()
        found = read_changes(t.cast("t.BinaryIO", Endless(number)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert counts(found) == {"add": number}
        assert len(found.evidence.changes) + found.evidence.omitted == number
    assert peaks[1] < 1.5 * peaks[0] < 5_000_000
