# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one workflow file says: who it listens to, whether its run can be found, and whether it is safe."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.workflow_text import (
    Receiver,
    read_receiver,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.workflows import WorkflowFile

PATH = ".github/workflows/a.yml"
ID = "${{ github.event.client_payload.dispatch.id }}"


def read(text: str, state: str = "active", name: str = "") -> Receiver | None:
    """Read a workflow as the survey does: every scalar is a text."""
    content = yaml.load(text, Loader=yaml.BaseLoader)
    return read_receiver(WorkflowFile(PATH, text, state, name), content)


def receiver(text: str = "on: repository_dispatch", state: str = "active") -> Receiver:
    found = read(text, state)
    assert found is not None
    return found


def on(*types: str) -> Receiver:
    return receiver(f"on: {{repository_dispatch: {{types: [{', '.join(map(repr, types))}]}}}}")


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("on: repository_dispatch", None),
        ("on: [push, repository_dispatch]", None),
        ("'on': {repository_dispatch: }", None),
        ('"on":\n  push:\n  repository_dispatch:\n', None),
        ("on: {repository_dispatch: {}}", None),
        ("on: {repository_dispatch: {types: }}", None),
        ("on: {repository_dispatch: {types: []}}", None),
        ("on: {repository_dispatch: {type: [a]}}", None),  # misspelt: GitHub starts it by every event
        ("on: {repository_dispatch: text}", None),
        ("on: {repository_dispatch: {types: a}}", ("a",)),
        ("on: {repository_dispatch: {types: [a, b]}}", ("a", "b")),
        ("on:\n  repository_dispatch:\n    types:\n      - a\n      - 'b'\n", ("a", "b")),
        ("on: {repository_dispatch: {types: [1.0, yes, null, 012]}}", ("1.0", "yes", "null", "012")),
        ("on: {repository_dispatch: {types: [a, [b], {c: d}, '']}}", ("a",)),
        ("x: &t [a]\non: {repository_dispatch: {types: *t}}", ("a",)),
        ('on: {repository_dispatch: {types: ["\\ud800a"]}}', ("?a",)),
    ],
)
def test_every_form_of_on_is_understood(text: str, types: tuple[str, ...] | None) -> None:
    assert receiver(text).types == types


@pytest.mark.parametrize(
    "text",
    [
        "on: push",
        "on: [push]",
        "on: {push: }",
        "on: ",
        "jobs: {}",
        "on: repository-dispatch",
        "true: repository_dispatch",
    ],
)
def test_what_listens_to_something_else_is_no_receiver(text: str) -> None:
    assert read(text) is None


def test_a_workflow_has_its_own_name_or_the_one_github_gives_or_its_path() -> None:
    assert receiver("name: Mine\non: repository_dispatch").name == "Mine"
    assert receiver("name: [x]\non: repository_dispatch").name == PATH
    named = read("on: repository_dispatch", name="Theirs")
    assert named is not None
    assert named.name == "Theirs"


@pytest.mark.parametrize(
    ("state", "enabled"),
    [
        ("active", True),
        ("", True),
        ("never_heard_of", True),
        ("deleted", False),
        ("disabled_manually", False),
        ("disabled_inactivity", False),
        ("disabled_fork", False),
        ("disabled_by_someone", False),
    ],
)
def test_a_disabled_workflow_hears_nothing(state: str, enabled: bool) -> None:
    found = receiver(state=state)
    assert found.enabled is enabled
    assert found.hears("a") is enabled
    assert found.as_dict()["enabled"] is enabled


@pytest.mark.parametrize(
    ("types", "event_type", "hears", "perhaps"),
    [
        (["infra-changed"], "infra-changed", True, False),
        (["infra-changed"], "Infra-Changed", False, False),
        (["infra-changed"], "infra-change", False, False),
        (["infra-*"], "infra-changed", False, True),
        (["*"], "infra-changed", False, True),
        (["*-changed", "x"], "infra-changed", False, True),
        (["audit-*"], "infra-changed", False, False),
        (["infra.*"], "infra-changed", False, False),
        (["infra-*", "infra-changed"], "infra-changed", True, False),
        (["infra-*"], "infra-*", True, False),
    ],
)
def test_a_star_is_never_taken_for_a_match(types: list[str], event_type: str, hears: bool, perhaps: bool) -> None:
    found = on(*types)
    assert (found.hears(event_type), found.may_hear(event_type)) == (hears, perhaps)


def test_a_disabled_workflow_may_not_hear_by_a_pattern_either() -> None:
    assert on("*")._replace(state="disabled_manually").may_hear("a") is False


@pytest.mark.parametrize(
    "title",
    [
        ID,
        "x [${{github.event.client_payload.dispatch.id}}]",
        "${{ GitHub.Event.Client_Payload.Dispatch.ID }}",
        "${{ github.event.client_payload['dispatch'].id }}",
        "${{ github['event']['client_payload']['dispatch']['id'] }}",
        "${{ format('{0} {1}', github.event.action, github.event.client_payload.dispatch.id) }}",
        "${{ toJSON(github.event.client_payload) }}",
        "${{ toJson( github.event.client_payload.dispatch ) }}",
        "${{ tojson(github.event) }}",
        "${{ github.event.action }} ${{\n github.event.client_payload.dispatch.id\n}}",
    ],
)
def test_a_run_name_that_shows_the_id_makes_the_run_findable(title: str) -> None:
    content = {"on": "repository_dispatch", "run-name": title}
    found = read_receiver(WorkflowFile(PATH, ""), content)
    assert found is not None
    assert found.findable == "run-name"


@pytest.mark.parametrize(
    "title",
    [
        "",
        "github.event.client_payload.dispatch.id",
        "${{ github.event.action }}",
        "${{ github.event.client_payload.dispatch }}",  # shows as the word Object
        "${{ github.event.client_payload }}",
        "${{ github.event.client_payload.dispatch.identity }}",
        "${{ github.event.client_payload.dispatch.id-of-it }}",
        "${{ 'github.event.client_payload.dispatch.id' }}",
        ["list"],
    ],
)
def test_a_run_name_that_does_not_show_the_id_is_of_no_use(title: t.Any) -> None:
    content = {
        "on": "repository_dispatch",
        "run-name": title,
        "jobs": {"a": {"name": title, "steps": [{"name": title}]}},
    }
    found = read_receiver(WorkflowFile(PATH, ""), content)
    assert found is not None
    assert found.findable == "no"


@pytest.mark.parametrize(
    "job", [{"name": ID}, {"steps": [{"run": "true"}, {"name": f"Note {ID}"}]}, {"steps": ["x", {"name": ID}]}]
)
def test_names_of_jobs_and_steps_are_the_way_out(job: dict[str, t.Any]) -> None:
    content = {"on": "repository_dispatch", "jobs": {"odd": "text", "a": job}}
    found = read_receiver(WorkflowFile(PATH, ""), content)
    assert found is not None
    assert found.findable == "steps"


UNSAFE = [
    "echo ${{ github.event.client_payload.service }}",
    "echo ${{ github.event.client_payload['service'] }}",
    "echo ${{ github.event['client_payload'].service }}",
    "echo '${{ toJSON(github.event.client_payload) }}'",
    "echo '${{ toJSON(github.event) }}'",
    "echo '${{ toJSON(github) }}'",
    "echo ${{ github.event.action }}",
    "echo ${{ github.event.client_payload.*.name }}",
    "echo ${{ github.event.*.service }}",
    "echo ${{ github.event[inputs.name] }}",
    "echo ${{ GITHUB.EVENT.CLIENT_PAYLOAD.service || 'x' }}",
    "echo ${{ env.SERVICE }}",
    "echo ${{ env['service'] }}",
]
SAFE = [
    'echo "$SERVICE"',
    "echo ${{ github.event_name }}",
    "echo ${{ github.event.repository.full_name }}",
    "echo ${{ github.event.action_required }}",
    "echo ${{ env.OTHER }}",
    "echo ${{ 'github.event.client_payload' }}",
    "echo github.event.client_payload.service",
    "echo ${{ steps.env.SERVICE }}",
    None,
    ["not", "a", "script"],
]
VARIABLES = {"SERVICE": "${{ github.event.client_payload.service }}", "OTHER": "plain"}


@pytest.mark.parametrize("script", UNSAFE)
@pytest.mark.parametrize("level", ["workflow", "job", "step"])
def test_values_of_the_event_pasted_into_a_script_are_named(script: str, level: str) -> None:
    variables = {where: {"env": VARIABLES} if where == level else {} for where in ("workflow", "job", "step")}
    steps = [{"uses": "x"}, {"run": script, **variables["step"]}, {"with": {"script": script}, **variables["step"]}]
    content = {
        "on": "repository_dispatch",
        "jobs": {"a": {"steps": steps, **variables["job"]}},
        **variables["workflow"],
    }
    found = read_receiver(WorkflowFile(PATH, ""), content)
    assert found is not None
    assert found.unsafe == ("jobs.a.steps[1].run", "jobs.a.steps[2].with.script")
    assert found.as_dict()["unsafe"] == list(found.unsafe)


@pytest.mark.parametrize("script", SAFE)
def test_what_the_shell_reads_as_a_variable_is_safe(script: t.Any) -> None:
    content = {
        "on": "repository_dispatch",
        "env": ["odd"],
        "jobs": {"a": {"env": VARIABLES, "steps": [{"run": script}, {"with": "odd"}]}, "b": {"steps": "odd"}},
    }
    found = read_receiver(WorkflowFile(PATH, ""), content)
    assert found is not None
    assert found.unsafe == ()


def test_the_types_are_null_for_all_in_the_result() -> None:
    assert receiver().as_dict()["types"] is None
    assert on("a").as_dict()["types"] == ["a"]
