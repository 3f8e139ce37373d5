# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflows of the role `receiver`: rendered by Ansible, found faultless by linters, and run from real events."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
import requests
import yaml
from cases.support.world import EVENT_TYPE, World

from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import (
    Evidence,
    Origin,
    make_event,
)
from emulator import Emulator

if t.TYPE_CHECKING:
    from emulator.models import Repository
    from emulator.runs import Job, Run

ROLE = "infradispatch.github.receiver"
KINDS = ("validation", "terraform_plan", "fan_out", "approval")
FOLDER = ".github/workflows"
VARIABLES: dict[str, t.Any] = {
    "receiver_commands": [
        {
            "name": "Check the replicas",
            "run": '[[ $REPLICAS =~ ^[1-9]$ ]] && exit\necho "::error title=Change rejected::$REPLICAS"\nexit 1\n',
        },
        'test -f README.md -a "$API_KEY" = "of the repository"',
    ],
    "receiver_env": {"REPLICAS": "replicas"},
    "receiver_secrets": {"API_KEY": "API_KEY"},
    "receiver_fan_out_repositories": ["acme/first", "acme/receiver", "acme/second"],
    "receiver_terraform_directory": "infra",
    "receiver_terraform_setup": False,
}
IN_SYNC = 'output "fixed" {\n  value = null\n}\n'
DRIFTED = 'resource "terraform_data" "web" {\n  input = "not shown"\n}\n'
CHANGES = (
    {"action": "update", "address": 'aws_instance.web["a|b"]', "type": "aws_instance"},
    {"actions": ["delete", "create"], "address": "module.x.aws_lb.this"},
    {
        "action": "<script>alert(1)</script>",
        "name": "`rm -rf`\n| forged | row |\n```",
        "host": "https://www.example.com @you",
    },
)
FOREIGN = re.compile(r"^(GITHUB|GH|INFRADISPATCH)_")


def program(name: str) -> str:
    """A program of the environment that runs the tests."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found is not None, f"{name} is missing"
    return found


def play(folder: Path, *arguments: str, environment: dict[str, str] | None = None, **variables: t.Any) -> t.Any:
    """Run the role with some variables; returns the finished process."""
    site = folder / "site.yml"
    tasks = [{"hosts": "localhost", "gather_facts": False, "roles": [{"role": ROLE, "vars": variables}]}]
    site.write_text(yaml.safe_dump(tasks), encoding="utf-8")
    known = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
    known |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "0", "ANSIBLE_HOME": str(folder / "home")}
    command = [program("ansible-playbook"), str(site), *arguments]
    return subprocess.run(
        command, env={**known, **(environment or {})}, capture_output=True, text=True, check=False, timeout=120
    )


def recap(process: t.Any) -> dict[str, int]:
    """The numbers of the last line of a play."""
    return {
        name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", process.stdout.splitlines()[-1] or "")
    } or {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", process.stdout.partition("PLAY RECAP")[2])}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout into which the role wrote a workflow of each kind."""
    folder = tmp_path_factory.mktemp("receiver")
    checkout = folder / "checkout"
    checkout.mkdir()
    first = play(folder, receiver_kind=list(KINDS), receiver_checkout=str(checkout), **VARIABLES)
    assert first.returncode == 0, first.stdout + first.stderr
    again = play(folder, receiver_kind=list(KINDS), receiver_checkout=str(checkout), **VARIABLES)
    assert recap(again)["changed"] == 0
    return checkout


def name_of(kind: str) -> str:
    return f"{FOLDER}/dispatch-{kind.replace('_', '-')}.yml"


def parsed(checkout: Path, kind: str) -> dict[t.Any, t.Any]:
    return t.cast("dict[t.Any, t.Any]", yaml.safe_load((checkout / name_of(kind)).read_text(encoding="utf-8")))


class TestWhatIsWritten:
    """Properties that hold for every kind, whatever an event brings."""

    def test_nothing_but_the_workflows(self, rendered: Path) -> None:
        files = {path.relative_to(rendered).as_posix() for path in rendered.rglob("*") if path.is_file()}
        assert files == {name_of(kind) for kind in KINDS}

    @pytest.mark.parametrize("persona", ["regular", "pedantic"])
    def test_zizmor_finds_nothing(self, rendered: Path, persona: str) -> None:
        command = [program("zizmor"), "--offline", "--no-progress", f"--persona={persona}", str(rendered / FOLDER)]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "No findings to report" in checked.stdout

    def test_actionlint_finds_nothing(self, rendered: Path) -> None:
        files = [str(rendered / name_of(kind)) for kind in KINDS]
        checked = subprocess.run([program("actionlint"), *files], capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stdout) == (0, "")

    @pytest.mark.parametrize("kind", KINDS)
    def test_no_expression_in_a_script(self, rendered: Path, kind: str) -> None:
        """R32: what is in an event never becomes the text of a script."""
        steps = [step for job in parsed(rendered, kind)["jobs"].values() for step in job["steps"]]
        assert len(steps) >= 3
        assert not [step for step in steps if "${{" in step.get("run", "") + json.dumps(step.get("with", {}))]

    @pytest.mark.parametrize("kind", KINDS)
    def test_permissions_are_minimal(self, rendered: Path, kind: str) -> None:
        workflow = parsed(rendered, kind)
        expected = {
            "check": {"actions": "read"},
            "validate": {"contents": "read"},
            "plan": {"contents": "read"},
            "approve": {},
            "send": {},
            "report": {"statuses": "write"},
        }
        assert workflow["permissions"] == {}
        for key, job in workflow["jobs"].items():
            assert job["permissions"] == expected[key]
            assert job["timeout-minutes"] > 0
            for step in job["steps"]:
                assert re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", step.get("uses", f"a@{'0' * 40}"))
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"] == {"persist-credentials": False}

    @pytest.mark.parametrize("kind", KINDS)
    def test_findable_and_one_at_a_time(self, rendered: Path, kind: str) -> None:
        workflow = parsed(rendered, kind)
        assert workflow["run-name"] == "${{ github.event.action }} [${{ github.event.client_payload.dispatch.id }}]"
        assert workflow["concurrency"]["cancel-in-progress"] is False
        payload = "github.event.client_payload.dispatch"
        assert f"{{{{ {payload}.key || {payload}.id }}}}" in workflow["concurrency"]["group"]

    def test_what_can_be_switched_off(self, tmp_path: Path) -> None:
        done = play(
            tmp_path,
            receiver_kind="fan_out",
            receiver_checkout=str(tmp_path),
            receiver_status=False,
            receiver_skip_repeats=False,
            receiver_fan_out_repositories=["acme/other"],
        )
        assert done.returncode == 0, done.stdout
        jobs = parsed(tmp_path, "fan_out")["jobs"]
        assert list(jobs) == ["check", "send"]
        assert jobs["check"]["permissions"] == {}
        assert "if" not in jobs["send"]


REFUSED: tuple[tuple[dict[str, t.Any], str], ...] = (
    ({"receiver_repository": "acme/site"}, "Give one of receiver_checkout and receiver_repository"),
    ({"receiver_commands": []}, "receiver_commands is empty"),
    ({"receiver_env": {"SERVICE": "service }} x"}}, "no path in client_payload"),
    ({"receiver_secrets": {"KEY": "the secret itself"}}, "never a secret itself"),
    ({"receiver_checkout_action": "actions/checkout@v7"}, "pinned by its whole commit"),
    ({"receiver_event_types": ["infra-*"]}, "GitHub knows no patterns"),
    ({"receiver_kind": "terraform_plan", "receiver_terraform_directory": "../elsewhere"}, "a folder of the repository"),
    ({"receiver_kind": "unknown"}, "value of receiver_kind must be one"),
)


@pytest.mark.parametrize(
    ("wrong", "message"), REFUSED, ids=lambda value: next(iter(value)) if isinstance(value, dict) else ""
)
def test_variables_that_make_no_good_workflow(tmp_path: Path, wrong: dict[str, t.Any], message: str) -> None:
    done = play(tmp_path, **{"receiver_checkout": str(tmp_path), "receiver_commands": ["true"], **wrong})
    assert done.returncode == 2
    assert message in re.sub(r"\s+", " ", done.stdout + done.stderr)
    assert not (tmp_path / ".github").exists()


def test_an_expression_in_a_command_is_refused(tmp_path: Path) -> None:
    """Such a text comes past Ansible's own templates, as from a file of variables with `!unsafe`."""
    extra = tmp_path / "extra.yml"
    extra.write_text("receiver_commands: [!unsafe 'echo ${{ github.event.client_payload.x }}']\n", encoding="utf-8")
    done = play(tmp_path, "-e", f"@{extra}", receiver_checkout=str(tmp_path))
    assert done.returncode == 2
    assert "never pasted into a text" in re.sub(r"\s+", " ", done.stdout)


def test_the_role_says_what_it_takes() -> None:
    """The specification, the defaults and the README name the same variables, with the same values."""
    folder = Path(__file__).resolve().parents[2] / "roles" / "receiver"
    spec = yaml.safe_load((folder / "meta/argument_specs.yml").read_text(encoding="utf-8"))
    options = spec["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((folder / "defaults/main.yml").read_text(encoding="utf-8"))
    assert {name: option["default"] for name, option in options.items() if "default" in option} == defaults
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(receiver_\w+)`", readme, re.MULTILINE) == list(options)
    for page in (readme, (folder / "../../docs/receiver.md").read_text(encoding="utf-8")):
        assert set(re.findall(r"\breceiver_\w+", page)) <= set(options)


# -- run


class Site:
    """A repository that holds workflows of the role, and a GitHub that runs them."""

    def __init__(self, world: World, checkout: Path) -> None:
        self.world, self.checkout, self.github = world, checkout, world.github
        for name in ("first", "second"):
            self.github.add_repository(f"acme/{name}")
        self.token = self.github.add_token("classic", scopes=["repo"])

    def serve(self, kind: str, **files: str) -> Repository:
        """Serve the repository with the workflow of one kind only."""
        known = {name_of(kind): (self.checkout / name_of(kind)).read_text(encoding="utf-8"), "README.md": "# Site\n"}
        return self.github.add_repository(
            "acme/receiver",
            files={**known, **files},
            environments={"production": ["octocat"]},
            secrets={"API_KEY": "of the repository", "FAN_OUT_TOKEN": self.token},
        )

    def send(self, **payload: t.Any) -> str:
        """Send an event as the module does; returns its id."""
        options = self.world.by_app(repository="acme/receiver", client_payload=payload or {"replicas": 3})
        result = self.world.run(options)
        assert not result["failed"], result
        return str(result["dispatch_id"])

    def post(self, payload: t.Any, event_type: str = EVENT_TYPE) -> None:
        """Send an event past the collection, as anybody with a token may."""
        answer = requests.post(
            f"{self.github.api_url}/repos/acme/receiver/dispatches",
            json={"event_type": event_type, "client_payload": payload},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=20,
        )
        assert answer.status_code == 204, answer.text

    def run(self, number: int = -1, status: str = "completed", seconds: float = 60.0) -> Run:
        """A run, once it has a status."""
        limit = time.monotonic() + seconds
        while True:
            runs = self.github.runs("acme/receiver")
            if len(runs) > max(number, 0) and runs[number].status == status:
                return runs[number]
            assert time.monotonic() < limit, [(run.status, [job.log for job in run.jobs]) for run in runs]
            time.sleep(0.05)

    def jobs(self, run: Run) -> dict[str, Job]:
        return {job.key: job for job in run.jobs}


def conclusions(run: Run) -> dict[str, str | None]:
    return {job.key: job.conclusion for job in run.jobs}


def log(run: Run) -> str:
    return "\n".join(f"{job.key}\n{job.log}" for job in run.jobs)


def with_changes(**payload: t.Any) -> tuple[str, dict[str, t.Any]]:
    """Id and payload of an event that tells what changed."""
    dispatch_id = os.urandom(16).hex()
    evidence = Evidence(f"sha256:{'a' * 64}", {"changed": 3, "hosts": {"web": 2}}, CHANGES)
    origin = Origin("ansible", "site.yml", "acme/infra", "main", "b" * 40, "https://example.com/1")
    event = make_event(EVENT_TYPE, payload, origin, dispatch_id=dispatch_id, kind="changed", evidence=evidence)
    return dispatch_id, event.client_payload


@pytest.fixture(scope="module")
def executing() -> t.Iterator[Emulator]:
    with Emulator(execute=True, run_delay=0.0) as github:
        yield github


@pytest.fixture
def site(executing: Emulator, rendered: Path) -> Site:
    return Site(World.build(executing), rendered)


class TestValidation:
    def test_accepted(self, site: Site) -> None:
        repository = site.serve("validation")
        dispatch_id = site.send(replicas=3, service="web")
        run = site.run()
        assert conclusions(run) == {"check": "success", "validate": "success", "report": "success"}, log(run)
        assert run.display_title == f"infra-changed [{dispatch_id}]"
        assert [step.name for step in site.jobs(run)["validate"].steps] == [
            "Get the files of the repository",
            "Check the replicas",
            "Check 2",
        ]
        summary = site.jobs(run)["check"].summary
        assert f"| Event id | {dispatch_id} |" in summary
        assert "| service | &#34;web&#34; |" in summary
        assert [(made["sha"], made["state"], made["context"], made["description"]) for made in repository.statuses] == [
            (run.head_sha, "success", "infradispatch/validation", "accepted: infra-changed")
        ]
        assert repository.statuses[0]["target_url"].endswith(f"/acme/receiver/actions/runs/{run.id}")
        writes = [(r.method, r.path, r.permissions) for r in site.github.requests if "/statuses/" in r.path]
        assert writes == [
            ("POST", f"/repos/acme/receiver/statuses/{run.head_sha}", {"metadata": "read", "statuses": "write"})
        ]

    def test_rejected(self, site: Site) -> None:
        repository = site.serve("validation")
        site.send(replicas="3")  # a text, which toJSON lets see
        run = site.run()
        assert conclusions(run) == {"check": "success", "validate": "failure", "report": "success"}, log(run)
        assert run.conclusion == "failure"
        assert [note["message"] for note in site.jobs(run)["validate"].annotations] == ['"3"']
        assert [(made["state"], made["description"]) for made in repository.statuses] == [
            ("failure", "rejected: infra-changed")
        ]

    def test_what_changed_is_shown_and_harmless(self, site: Site) -> None:
        site.serve("validation")
        dispatch_id, payload = with_changes(replicas=1)
        site.post(payload)
        run = site.run()
        assert run.conclusion == "success", log(run)
        summary = site.jobs(run)["check"].summary
        assert "| update | aws&#95;instance&#46;web&#91;&#34;a&#124;b&#34;&#93; |" in summary
        assert "| delete&#47;create | module&#46;x&#46;aws&#95;lb&#46;this |" in summary
        assert "| hosts&#46;web | 2 |" in summary
        assert summary.count("```") == 2
        assert '  source["site.yml"] --> event(["infra-changed"])' in summary
        assert '  event -- "update" --> change1["aws_instance.web__a_b__"]' in summary
        for harmful in ("<script", "`rm", "| forged", "https://", "www.", "@you"):
            assert harmful not in summary
        assert dispatch_id in summary

    def test_status_at_the_commit_of_the_source(self, site: Site) -> None:
        """Of this repository only: what another repository has is unknown here."""
        repository = site.serve("validation")
        for place, told in enumerate(("acme/receiver", "acme/infra", None)):
            origin = Origin("ansible", repository=told or "", sha=f"{place}" * 40)
            event = make_event(EVENT_TYPE, {"replicas": 1}, origin, dispatch_id=os.urandom(16).hex())
            site.post(event.client_payload)
            site.run(place)
        head = site.run().head_sha
        assert [made["sha"] for made in repository.statuses] == ["0" * 40, head, "2" * 40]

    def test_a_status_that_cannot_be_written_changes_nothing(self, site: Site) -> None:
        site.serve("validation")
        site.github.faults.add(method="POST", path="/statuses/", status=502)
        site.send()
        run = site.run()
        assert run.conclusion == "success"
        assert [note["level"] for note in site.jobs(run)["report"].annotations] == ["warning"]

    def test_a_repeat_does_nothing(self, site: Site) -> None:
        repository = site.serve("validation")
        _dispatch_id, payload = with_changes(replicas=1)
        site.post(payload)
        first = site.run(0)
        site.post(payload)
        second = site.run(1)
        assert conclusions(first) == {"check": "success", "validate": "success", "report": "success"}
        assert conclusions(second) == {"check": "success", "validate": "skipped", "report": "skipped"}, log(second)
        assert second.conclusion == "success"
        assert f"A repeat of [run {first.id}]" in site.jobs(second)["check"].summary
        assert len(repository.statuses) == 1

    def test_a_rerun_is_no_repeat(self, site: Site) -> None:
        site.serve("validation")
        site.send()
        run = site.run()
        url = f"{site.github.api_url}/repos/acme/receiver/actions/runs/{run.id}/rerun"
        assert requests.post(url, headers={"Authorization": f"Bearer {site.token}"}, timeout=20).status_code == 201
        assert conclusions(site.run())["validate"] == "success"
        assert site.run().attempt == 2

    def test_the_largest_event(self, site: Site) -> None:
        """The event reaches the check by its file: as an environment variable it would be too long to start."""
        site.serve("validation")
        site.send(replicas=3, numbers=[1] * 32_000)
        run = site.run()
        assert run.conclusion == "success", log(run)


GOOD = {"schema": 1, "id": "0" * 32, "kind": "custom", "source": {"tool": "cli"}}
WRONG: tuple[tuple[t.Any, str], ...] = (
    ({}, "dispatch is missing"),
    ({"dispatch": {**GOOD, "schema": 2}}, "schema is not 1"),
    ({"dispatch": {**GOOD, "schema": True}}, "schema is not 1"),
    ({"dispatch": {**GOOD, "id": "0" * 31 + "\n"}}, "32 hexadecimal digits"),
    ({"dispatch": {**GOOD, "kind": "%0A::warning::"}}, "kind is none of"),
    ({"dispatch": {**GOOD, "source": {"tool": "x"}}}, "source.tool is unknown"),
    ({"dispatch": {**GOOD, "key": "sha256:1"}}, "key is no fingerprint"),
    ({"dispatch": {**GOOD, "changes": ["x"]}}, "changes is no list of objects"),
)


@pytest.mark.parametrize(("payload", "problem"), WRONG, ids=[problem for _payload, problem in WRONG])
def test_a_wrong_event_goes_no_further(site: Site, payload: t.Any, problem: str) -> None:
    repository = site.serve("validation")
    site.post(payload)
    run = site.run()
    assert conclusions(run) == {"check": "failure", "validate": "skipped", "report": "skipped"}, log(run)
    notes = site.jobs(run)["check"].annotations
    assert [(note["level"], note["title"]) for note in notes] == [("failure", "Wrong event")]
    assert problem in notes[0]["message"]
    assert repository.statuses == []


@pytest.mark.skipif(shutil.which("terraform") is None, reason="there is no terraform here")
class TestTerraformPlan:
    def test_accepted(self, site: Site) -> None:
        repository = site.serve("terraform_plan", **{"infra/main.tf": IN_SYNC})
        site.send()
        run = site.run()
        assert conclusions(run) == {"check": "success", "plan": "success", "report": "success"}, log(run)
        assert "| verdict | nothing to change |" in site.jobs(run)["plan"].summary
        assert [made["context"] for made in repository.statuses] == ["infradispatch/terraform-plan"]

    def test_rejected(self, site: Site) -> None:
        repository = site.serve("terraform_plan", **{"infra/main.tf": DRIFTED})
        dispatch_id, payload = with_changes()
        site.post(payload)
        run = site.run()
        assert conclusions(run) == {"check": "success", "plan": "failure", "report": "success"}, log(run)
        assert dispatch_id in site.jobs(run)["check"].summary
        summary = site.jobs(run)["plan"].summary
        assert "| add | 1 |" in summary
        assert "| create | terraform&#95;data&#46;web |" in summary
        assert "not shown" not in summary
        assert [made["state"] for made in repository.statuses] == ["failure"]

    def test_broken_configuration(self, site: Site) -> None:
        site.serve("terraform_plan", **{"infra/main.tf": 'output "x" {\n  value = var.unknown\n}\n'})
        site.send()
        run = site.run()
        assert conclusions(run)["plan"] == "failure"
        assert [note["title"] for note in site.jobs(run)["plan"].annotations] == ["No plan"]


class TestFanOut:
    def test_accepted(self, site: Site) -> None:
        site.serve("fan_out")
        dispatch_id, payload = with_changes(replicas=3)
        site.post(payload)
        run = site.run()
        assert conclusions(run) == {"check": "success", "send": "success", "report": "success"}, log(run)
        for name in ("first", "second"):
            events = site.github.events(f"acme/{name}")
            assert [(event.event_type, event.client_payload) for event in events] == [(EVENT_TYPE, payload)]
        assert len(site.github.events("acme/receiver")) == 1
        summary = site.jobs(run)["send"].summary
        assert "| acme&#47;first | accepted |" in summary
        assert "| acme&#47;receiver | left out&#44; it is this one |" in summary
        assert dispatch_id in site.jobs(run)["check"].summary

    def test_refused_and_unknown(self, site: Site) -> None:
        """An answer that says nothing is told so, and the event is not sent again."""
        repository = site.serve("fan_out")
        site.github.faults.add(method="POST", path="acme/first/dispatches", status=404)
        site.github.faults.add(method="POST", path="acme/second/dispatches", status=502, after_commit=True)
        site.send()
        run = site.run()
        assert conclusions(run) == {"check": "success", "send": "failure", "report": "success"}, log(run)
        assert [note["message"] for note in site.jobs(run)["send"].annotations] == [
            "acme/first: refused (404)",
            "acme/second: unknown, it may have been accepted",
        ]
        assert len(site.github.events("acme/second")) == 1
        assert [made["state"] for made in repository.statuses] == ["failure"]

    def test_without_the_secret(self, site: Site) -> None:
        site.serve("fan_out").secrets.clear()
        site.send()
        run = site.run()
        assert conclusions(run)["send"] == "failure"
        assert [note["title"] for note in site.jobs(run)["send"].annotations] == ["Not sent"]


class TestApproval:
    def test_approved(self, site: Site) -> None:
        repository = site.serve("approval")
        site.send(replicas=2)
        run = site.run(status="waiting")
        assert {job.key: job.status for job in run.jobs} == {
            "check": "completed",
            "approve": "waiting",
            "validate": "queued",
            "report": "queued",
        }
        assert run.environments == ["production"]
        assert "Event id" in site.jobs(run)["check"].summary  # what reviewers decide about
        run.approve()
        site.run()
        assert set(conclusions(run).values()) == {"success"}, log(run)
        assert [(made["state"], made["context"]) for made in repository.statuses] == [
            ("success", "infradispatch/approval")
        ]

    def test_approved_and_rejected_by_the_commands(self, site: Site) -> None:
        site.serve("approval")
        _dispatch_id, payload = with_changes(replicas=99)
        site.post(payload)
        site.run(status="waiting").approve()
        assert conclusions(site.run())["validate"] == "failure"

    def test_not_approved(self, site: Site) -> None:
        repository = site.serve("approval")
        site.send(replicas=2)
        site.run(status="waiting").reject()
        run = site.run()
        assert conclusions(run) == {
            "check": "success",
            "approve": "failure",
            "validate": "skipped",
            "report": "success",
        }, log(run)
        assert [(made["state"], made["description"]) for made in repository.statuses] == [
            ("failure", "not approved: infra-changed")
        ]


# -- installed by the contents API


class TestRepository:
    """Written by GitHub's API, only when something differs."""

    def by_app(self, world: World, **more: t.Any) -> dict[str, t.Any]:
        return {
            "receiver_repository": "acme/site",
            "receiver_kind": ["validation", "fan_out"],
            "receiver_app_id": world.app.client_id,
            "receiver_private_key": world.app.private_key,
            "receiver_api_url": world.github.api_url,
            **VARIABLES,
            **more,
        }

    @pytest.fixture
    def world(self, world: World) -> World:
        world.installation.permissions["workflows"] = "write"
        return world

    def test_create_update_and_leave_alone(self, world: World, tmp_path: Path, rendered: Path) -> None:
        files = world.github.repository("acme/site").files
        before = dict(files)
        looked = play(tmp_path, "--check", "--diff", **self.by_app(world))
        assert (looked.returncode, recap(looked)["changed"]) == (0, 2), looked.stdout
        assert '+name: "dispatch-validation"' in looked.stdout
        assert files == before

        made = play(tmp_path, **self.by_app(world))
        assert (made.returncode, recap(made)["changed"]) == (0, 2), made.stdout
        for kind in ("validation", "fan_out"):
            assert files[name_of(kind)] == (rendered / name_of(kind)).read_bytes()

        again = play(tmp_path, "--diff", **self.by_app(world))
        assert (again.returncode, recap(again)["changed"]) == (0, 0), again.stdout
        other = play(tmp_path, "--diff", **self.by_app(world, receiver_timeout_minutes=7))
        assert recap(other)["changed"] == 2
        assert re.search(r"^-    timeout-minutes: 15\n\+    timeout-minutes: 7$", other.stdout, re.MULTILINE)
        writes = world.requests("PUT", "/contents/")
        assert [(request.status, request.credential) for request in writes] == [
            *[(201, "installation")] * 2,
            *[(200, "installation")] * 2,
        ]
        assert writes[0].permissions == {"contents": "write", "workflows": "write", "metadata": "read"}
        assert writes[0].body["message"] == "Receive repository_dispatch events"
        assert writes[0].body["branch"] == "main"
        for process in (looked, made, again, other):
            shown = process.stdout + process.stderr
            assert not [secret for secret in world.secrets() if secret in shown]

    def test_a_ready_token_and_no_trace_of_it(self, world: World, tmp_path: Path) -> None:
        token = world.github.add_token("classic", scopes=["repo", "workflow"])
        variables = self.by_app(world, receiver_token=token, receiver_kind="validation")
        made = play(tmp_path, "-vvv", "--diff", **variables)
        assert made.returncode == 0, made.stdout
        assert world.mints == []
        assert token not in made.stdout + made.stderr

    def test_a_token_that_may_not(self, world: World, tmp_path: Path) -> None:
        token = world.github.add_token("classic", scopes=["repo"])
        refused = play(tmp_path, **self.by_app(world, receiver_token=token))
        assert refused.returncode == 2
        text = re.sub(r"\s+", " ", refused.stdout + refused.stderr)
        assert (
            "was not written to acme/site: 404 Not Found. The token needs the permissions Contents and Workflows"
            in text
        )
        assert token not in text

    def test_an_app_without_the_permission(self, world: World, tmp_path: Path) -> None:
        del world.installation.permissions["workflows"]
        refused = play(tmp_path, **self.by_app(world))
        assert refused.returncode == 2
        assert "permission" in refused.stdout + refused.stderr

    def test_an_unknown_repository(self, world: World, tmp_path: Path) -> None:
        token = world.github.add_token("classic", scopes=["repo"])
        refused = play(tmp_path, **self.by_app(world, receiver_token=token, receiver_repository="acme/unknown"))
        assert "acme/unknown cannot be written to: 404 Not Found" in re.sub(r"\s+", " ", refused.stdout)
