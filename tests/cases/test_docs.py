# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation says what is so: links lead somewhere, options exist, no error code is left out."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.infradispatch.github.plugins.module_utils._core import errors
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.runs import GOOD
from ansible_collections.infradispatch.github.plugins.module_utils._module import (
    APP_INFO_SPEC,
    DISPATCH_SPEC,
    PREFLIGHT_SPEC,
    RUN_INFO_SPEC,
)
from ansible_collections.infradispatch.github.plugins.module_utils._terraform import PLAN_INFO_SPEC
from ansible_collections.infradispatch.github.plugins.modules import (
    github_app_info,
    github_repository_dispatch_info,
    github_workflow_run_info,
    terraform_plan_info,
)
from ansible_collections.infradispatch.github.plugins.modules import github_repository_dispatch as module

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/**/*.md")])
MODULE = "infradispatch.github.github_repository_dispatch"
SPECS = {
    "github_repository_dispatch": DISPATCH_SPEC,
    "github_workflow_run_info": RUN_INFO_SPEC,
    "github_repository_dispatch_info": PREFLIGHT_SPEC,
    "github_app_info": APP_INFO_SPEC,
    "terraform_plan_info": PLAN_INFO_SPEC,
}
ASKING = (github_app_info, github_repository_dispatch_info, github_workflow_run_info, terraform_plan_info)
CORE = ROOT / "plugins" / "module_utils" / "_core"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(path: str) -> t.Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def mappings(value: t.Any) -> t.Iterator[dict[str, t.Any]]:
    """Every mapping in a YAML value, at any depth."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from mappings(item)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path = target.partition("#")[0]
        if path and "://" not in path:
            assert (page.parent / path).exists(), target


def yaml_texts() -> t.Iterator[t.Any]:
    """Every YAML block of the pages, every example, and the examples of the modules."""
    for page in PAGES:
        blocks = re.findall(r"```ya?ml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for number, block in enumerate(blocks, start=1):
            yield pytest.param(block, id=f"{name_of(page)}-{number}")
    for path in sorted(ROOT.glob("docs/examples/*.yml")):
        yield pytest.param(path.read_text(encoding="utf-8"), id=name_of(path))
    for shown in (module, *ASKING):
        yield pytest.param(shown.EXAMPLES, id=shown.__name__.rpartition(".")[2])


def known(name: str) -> set[str]:
    """The options of a module, with their other names."""
    return {word for option, spec in SPECS[name].items() for word in (option, *spec.get("aliases", ()))}


@pytest.mark.parametrize("text", list(yaml_texts()))
def test_options_that_are_shown_exist(text: str) -> None:
    variables = {f"dispatch_{name}" for name in DISPATCH_SPEC} | {"dispatch_run_once", "dispatch_id"}
    variables |= set(read("roles/dispatch/meta/argument_specs.yml")["argument_specs"]["changes"]["options"])
    variables |= set(read("roles/receiver/meta/argument_specs.yml")["argument_specs"]["main"]["options"])
    for mapping in mappings(yaml.safe_load(text)):
        assert set(mapping.get("group/infradispatch.github.github", {})) <= known("github_repository_dispatch")
        for name in SPECS:
            assert set(mapping.get(f"infradispatch.github.{name}", {})) <= known(name)
        named = {key for key in mapping if isinstance(key, str) and key.startswith(("dispatch_", "receiver_"))}
        assert named <= variables


def codes(cls: type[errors.InfradispatchError] = errors.InfradispatchError) -> set[str]:
    """The codes of all errors."""
    return {sub.code for sub in cls.__subclasses__()}.union(*(codes(sub) for sub in cls.__subclasses__()))


def test_every_code_is_explained() -> None:
    readme = re.findall(r"^\| `([a-z_]+)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(readme) == codes()
    assert len(readme) == len(set(readme))


def test_the_module_lists_every_code() -> None:
    described = " ".join(yaml.safe_load(module.RETURN)["error"]["description"])
    assert set(re.findall(r"V\(([a-z_]+)\)", described)) == codes() - {"terraform_failed"}  # it runs none


@pytest.mark.parametrize("asking", ASKING, ids=lambda asking: asking.__name__.rpartition(".")[2])
def test_a_module_that_asks_names_no_code_that_is_none(asking: t.Any) -> None:
    fields = yaml.safe_load(asking.RETURN)
    described = f"{fields.get('problems', {}).get('contains', {}).get('code', {})} {fields['error']}"
    assert set(re.findall(r"V\(([a-z_]+)\)", described)) <= codes() | {"unsafe_receiver"}
    assert fields["error"].get("sample", {}).get("code", "not_found") in codes()


@pytest.mark.parametrize("folder", ["plugins/modules", "plugins/lookup", "plugins/filter", "roles"])
def test_the_readme_lists_all_content(folder: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(rf"^\| \w+ \[`(\w+)`\]\({folder}/", text, re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in (ROOT / folder).iterdir() if path.name[0] not in "_.")


def test_the_table_of_conclusions_says_what_is_good() -> None:
    page = (ROOT / "docs/delivery.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*) \| (good|bad)\b", page, re.MULTILINE)
    named = {word: verdict for words, verdict in rows for word in re.findall(r"`([a-z_]+)`", words)}
    assert {word for word, verdict in named.items() if verdict == "good"} == set(GOOD)
    assert set(SPECS["github_workflow_run_info"]["acceptable_conclusions"]["default"]) == set(GOOD)


def test_the_rooms_that_are_named_exist() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b((?:delivery|event|github)/(?!test_)\w+\.py)\b", page))
    assert {room for room in named if not (CORE / room).is_file()} == set()


def test_the_role_has_a_variable_for_every_option() -> None:
    expected = {f"dispatch_{name}" for name in DISPATCH_SPEC}
    specs = read("roles/dispatch/meta/argument_specs.yml")["argument_specs"]
    specified, changes = specs["main"]["options"], specs["changes"]["options"]
    assert set(specified) == expected | {"dispatch_run_once", "dispatch_check_mode"}
    set_by_it = {f"dispatch_{name}" for name in ("event_type", "kind", "evidence", "dispatch_id", "check_mode")}
    own = {f"dispatch_changes_{name}" for name in ("name", "event_type", "evidence", "results")}
    assert set(changes) == set(specified) - set_by_it | own
    task = read("roles/dispatch/tasks/main.yml")[0][MODULE]
    assert task == {name: f"{{{{ dispatch_{name} | default(omit) }}}}" for name in DISPATCH_SPEC}
    readme = (ROOT / "roles/dispatch/README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(dispatch_[a-z_]+)`", readme)) - {"dispatch_result"} == {*specified, *changes}


def test_the_role_takes_the_types_of_the_module() -> None:
    specified = read("roles/dispatch/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    for name, option in DISPATCH_SPEC.items():
        found = specified[f"dispatch_{name}"]
        for part in ("type", "elements", "choices", "no_log"):
            assert found.get(part) == option.get(part), (name, part)


def test_the_role_that_looks_for_drift_has_the_options_of_its_module() -> None:
    specs = read("roles/terraform_drift/meta/argument_specs.yml")["argument_specs"]
    specified = specs["main"]["options"]
    task = read("roles/terraform_drift/tasks/main.yml")[0]["infradispatch.github.terraform_plan_info"]
    left_out = {"plan_file", "refresh"}  # a saved plan is none of now, and without a refresh nothing has drifted
    assert set(task) == set(PLAN_INFO_SPEC) - left_out
    for name in task:
        for part in ("type", "elements", "choices", "required", "no_log"):
            assert specified[f"terraform_drift_{name}"].get(part) == PLAN_INFO_SPEC[name].get(part), (name, part)
    defaults = read("roles/terraform_drift/defaults/main.yml")
    documented = {**specified, **specs["schedule"]["options"]}
    assert {name: documented[name]["default"] for name in defaults} == defaults
    assert set(documented) == set(specs["schedule"]["options"])
    readme = (ROOT / "roles/terraform_drift/README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`(terraform_drift_[a-z_]+)`", readme)) - {"terraform_drift_found"} == set(documented)


def test_the_scheduled_check_knows_the_options_of_an_event() -> None:
    script = (ROOT / "roles/terraform_drift/templates/check.sh.j2").read_text(encoding="utf-8")
    (listed,) = re.findall(r"for option in (\[.*?\])", script)
    of_the_check = {"event_type", "kind", "evidence", "source_details", "dispatch_id"}
    assert set(yaml.safe_load(listed)) == set(DISPATCH_SPEC) - of_the_check
