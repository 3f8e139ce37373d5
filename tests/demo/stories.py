# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of the demo. Each runs a playbook of docs/examples, tells what came of it, and expects just that."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from stage import REPOSITORY, REVIEWER, Played, Stage
from telling import NotAsTold, expect, say, title

from emulator.runs import Event

VALIDATION = "Have the change validated"
DEPLOYMENT = "Have the version deployed"
CALLBACK = {
    "ANSIBLE_CALLBACKS_ENABLED": "infradispatch.github.github_repository_dispatch",
    "INFRADISPATCH_REPOSITORY": REPOSITORY,
}
HELD = re.compile(r"the approval of environment (?P<environment>\S+) by (?P<reviewer>[^:]+): (?P<link>\S+)")


def play(
    stage: Stage,
    playbook: str,
    *words: str,
    watch: Callable[[str], None] | None = None,
    more: Mapping[str, str] | None = None,
) -> Played:
    """Say how the playbook is run, and run it."""
    print(f"   $ ansible-playbook {shlex.join([f'docs/examples/{playbook}', *words])}", flush=True)
    return stage.play(playbook, *words, watch=watch, more=more or {})


def tell(played: Played, task: str) -> dict[str, Any]:
    """Tell what a play changed, sent and heard; return the result of the task that sent."""
    tell_lines("web.conf", played.lines_changed())
    sent = played.of(task)
    if sent is None or "event_type" not in sent:
        raise NotAsTold(f"the playbook did not send an event. {(sent or {}).get('msg', '')}")
    expect(sent["changed"], f"the event was not accepted. {sent.get('msg', '')}")
    say("Event", f"{sent['event_type']} to {sent['repository']}, {sent['payload_bytes']} bytes, accepted")
    say("", f"id {sent['dispatch_id']}")
    expect(len(sent["runs"]) == 1, f"the event started {len(sent['runs'])} runs and not one. {sent.get('msg', '')}")
    tell_run(sent["runs"][0])
    return sent


def tell_lines(name: str, lines: list[str]) -> None:
    """Tell which lines of a file are other ones."""
    for number, line in enumerate(lines):
        say("" if number else name, line, line[0])


def tell_run(run: Mapping[str, Any]) -> None:
    """Tell of a run, as a result has it: its link, and how each of its jobs ended."""
    say("Run", run["display_title"])
    say("", run["html_url"])
    for job in run["jobs"]:
        where = f", at step {job['failed_steps'][0]!r}" if job["failed_steps"] else ""
        say("Job", f"{job['name']}: {job['conclusion']}{where}", job["conclusion"])


def tell_recap(stage: Stage, event: Event, what: str) -> dict[str, Any]:
    """Tell of an event that is a recap, and of its run; return what the event says of itself."""
    dispatch: dict[str, Any] = (event.client_payload or {})["dispatch"]
    say("Event", f"{event.event_type} to {REPOSITORY}, id {dispatch['id']}")
    say("", f"{what}, {dispatch['key'][:23]}…")
    tell_end(stage, dispatch["id"])
    return dispatch


def tell_end(stage: Stage, dispatch_id: str) -> None:
    """Wait for the run of an event, tell how it ended, and expect that it ended well."""
    run = stage.settled(dispatch_id)
    say("Run", f"{run.display_title}: {run.conclusion}", run.conclusion or "")
    expect(run.conclusion == "success", "the workflow did not succeed")


def tell_same(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    """Tell whether the same drift was found twice: under one key, by two events."""
    same = first["key"] == second["key"]
    say("Verdict", f"the same drift has the same key: {'yes' if same else 'NO'}", "success" if same else "failure")
    expect(same and first["id"] != second["id"], "the same drift was announced with another key")


def accepted(stage: Stage) -> None:
    """A valid change is validated, and the play goes on."""
    title("1. A change that is valid")
    played = play(stage, "site.yml")
    sent = tell(played, VALIDATION)
    say("Verdict", f"{sent['conclusion']}: the play goes on and ends with {played.code}", sent["conclusion"])
    expect(played.code == 0 and sent["outcome"] == "succeeded", "the valid change was not accepted")
    expect("replicas = 3" in stage.config.read_text(encoding="utf-8"), "the configuration was not rendered")


def rejected(stage: Stage) -> None:
    """A change that one job of the workflow rejects fails the play, which says why and puts the file back."""
    title("2. A change that is not: one job fails, and the play says why")
    played = play(stage, "site.yml", "-e", '{"replicas": 50}')
    sent = tell(played, VALIDATION)
    why = (played.of("Say why the change was not kept") or {}).get("msg", "")
    say("Verdict", f"{sent['conclusion']}: the play fails, ends with {played.code}, and says", sent["conclusion"])
    say("", why)
    expect(played.code == 2 and sent["error"]["code"] == "run_unsuccessful", "the bad change did not fail the play")
    run = sent["runs"][0]
    expect(run["html_url"] in why and "Check the replicas" in why, "the play does not say where it failed")
    reasons = [reason for job in run["jobs"] for reason in job.get("messages", [])]
    expect(reasons and reasons[0] in why, "the play does not say why it failed")
    expect("replicas = 3" in stage.config.read_text(encoding="utf-8"), "the configuration was not put back")
    say("", "web.conf is back at replicas = 3.")


def unchanged(stage: Stage) -> None:
    """A play that changes nothing sends nothing."""
    title("3. The first playbook again, with nothing to change")
    before = len(stage.github.requests)
    played = play(stage, "site.yml")
    asked = len(stage.github.requests) - before
    say("Verdict", f"nothing changed, nothing sent: {asked} requests; the play ends with {played.code}")
    expect(played.code == 0 and asked == 0 and played.of(VALIDATION) is None, "something was sent without a change")


def approved(stage: Stage) -> None:
    """A run that an environment holds goes on when somebody approves it, and so does the play."""
    title("4. A deployment that somebody has to approve")
    held: list[re.Match[str]] = []

    def approve(line: str) -> None:
        found = HELD.search(line)
        if found is None:
            return
        held.append(found)
        if len(held) == 1:
            say("The play", f"waits for {found['reviewer']} to approve {found['environment']}:")
            say("", found["link"])
            stage.run_at(found["link"]).approve()
            say("GitHub", f"{REVIEWER} approves")

    played = play(stage, "approval.yml", watch=approve)
    expect(len(held) == 1, f"the play named the approval {len(held)} times and not once")
    expect((held[0]["environment"], held[0]["reviewer"]) == ("production", REVIEWER), "the wrong names were told")
    sent = tell(played, DEPLOYMENT)
    say("Verdict", f"{sent['conclusion']}: the play goes on and ends with {played.code}", sent["conclusion"])
    expect(played.code == 0 and sent["outcome"] == "succeeded", "the approved deployment was not accepted")
    expect(sent["runs"][0]["html_url"] == held[0]["link"], "another run was approved than the one of the event")
    expect(played.of("Go on"), "the play did not go on")


def mistyped(stage: Stage) -> None:
    """A type that nobody listens to is found before anything is sent."""
    title("5. A typo in the type of the event")
    before = len(stage.github.events(REPOSITORY))
    played = play(stage, "verify.yml", "-e", "event_type=infra-change")
    result = played.of("Send the event, unless nobody would hear it") or {}
    error = result.get("error") or {}
    sent = len(stage.github.events(REPOSITORY)) - before
    say("Verdict", f"{error.get('code')}, events sent: {sent}; the play ends with {played.code}, and says", "failure")
    say("", result.get("msg", ""))
    expect(sent == 0 and result.get("attempts") == 0 and not result["changed"], "an event with a typo was sent")
    expect(played.code == 2 and error.get("code") == "no_receiver", "the typo did not fail the play")
    expect("infra-changed" in error["closest"] and "infra-changed" in result["msg"], "the closest name is not shown")


def announced(stage: Stage) -> None:
    """The callback announces runs of a playbook that knows nothing of GitHub: a change, drift, the same drift again."""
    title("6. A playbook that knows nothing of GitHub, with the callback enabled by two variables")
    for name, value in CALLBACK.items():
        say("" if name == "INFRADISPATCH_REPOSITORY" else "Environment", f"{name}={value}")
    first = announce(stage, "ansible-changed")
    announce(stage, "")
    (stage.config.parent / "motd").write_text("Somebody was here.\n", encoding="utf-8")
    say("Somebody", "edits the file by hand")
    drift = announce(stage, "ansible-drift", "--check")
    again = announce(stage, "ansible-drift", "--check")
    tell_same(drift, again)
    expect(first["kind"] == "changed" and drift["kind"] == "drift", "an event has the wrong kind")


def announce(stage: Stage, expected: str, *words: str) -> dict[str, Any]:
    """Run the playbook with the callback; tell which event came of it, and return what it says of itself."""
    before = len(stage.github.events(REPOSITORY))
    played = play(stage, "untouched.yml", *words, more=CALLBACK)
    events = stage.github.events(REPOSITORY)[before:]
    expect(played.code == 0, f"the playbook ended with {played.code}")
    expect([event.event_type for event in events] == ([expected] if expected else []), "another event was sent")
    if not events:
        say("Event", "none: nothing changed")
        return {}
    counts = (events[0].client_payload or {})["dispatch"]["summary"]
    return tell_recap(stage, events[0], f"{counts['changed_tasks']} tasks on {counts['changed_hosts']} host")


ALL = (accepted, rejected, unchanged, approved, mistyped, announced)
