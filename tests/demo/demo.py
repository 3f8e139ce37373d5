# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a playbook's change starts a workflow at a local GitHub, and the verdict comes back into the play.

The playbook and the workflow are those of docs/examples, unchanged; the ansible-playbook is the real one. What is told
comes from the results of the play, and at the end everything is held against the record of the local GitHub.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
import textwrap
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stage import BYSTANDER, LOG, PERMISSIONS, REPOSITORY, Played, Stage

from emulator import Emulator

APP_PLACES = ("/app/installations/", f"/repos/{REPOSITORY}/installation")
VALIDATION = "Have the change validated"
COLOURS = {
    "+": "32",
    "-": "31",
    "success": "32",
    "failure": "31",
    "skipped": "33",
    "bold": "1",
    "yes": "32",
    "NO": "31",
}


class NotAsTold(Exception):
    """The story went another way than the demo tells it."""


def expect(holds: object, text: str) -> None:
    """Go on only when something holds."""
    if not holds:
        raise NotAsTold(text)


def paint(text: str, colour: str) -> str:
    """Colour a text, on a terminal that wants colours."""
    if colour not in COLOURS or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{COLOURS[colour]}m{text}\033[0m"


def say(label: str, text: str, colour: str = "") -> None:
    """Print a fact below its label, wrapped to what a terminal shows at least."""
    for line in textwrap.wrap(text, 74, break_long_words=False, break_on_hyphens=False):
        print(f"   {label:<13}{paint(line, colour)}", flush=True)
        label = ""


def title(text: str) -> None:
    """Print the heading of a block."""
    print(f"\n{paint(text, 'bold')}", flush=True)


def set_up(stage: Stage) -> None:
    """Prepare the stage and say what there is."""
    app = stage.prepare()
    title("The stage")
    say("GitHub", f"a local one, by TLS of a private authority: {stage.github.api_url}")
    say("GitHub App", f"{app.slug} ({app.client_id}), with a fresh key")
    say("", f"installed on acme, which has {REPOSITORY} and {BYSTANDER}")
    say("Workflow", "docs/examples/receiver/.github/workflows/validate.yml; really run")
    say("Playbook", f"docs/examples/site.yml, unchanged, by ansible-core {version('ansible-core')};")
    say("", "it writes web.conf into a temporary folder (config_folder)")


def play(stage: Stage, *words: str) -> Played:
    """Say how the playbook is run, and run it."""
    print(f"   $ ansible-playbook {shlex.join(['docs/examples/site.yml', *words])}", flush=True)
    return stage.play(*words)


def tell(stage: Stage, played: Played) -> dict[str, Any]:
    """Tell what a play changed, sent and heard; return the result of the task that sent."""
    for number, line in enumerate(played.lines_changed()):
        say("" if number else "web.conf", line, line[0])
    sent = played.of(VALIDATION)
    if sent is None or "event_type" not in sent:
        raise NotAsTold(f"the playbook did not send an event. {(sent or {}).get('msg', '')}")
    expect(sent["changed"], f"the event was not accepted. {sent.get('msg', '')}")
    say("Event", f"{sent['event_type']} to {sent['repository']}, {sent['payload_bytes']} bytes, accepted")
    say("", f"id {sent['dispatch_id']}")
    expect(len(sent["runs"]) == 1, f"the event started {len(sent['runs'])} runs and not one. {sent.get('msg', '')}")
    run = sent["runs"][0]
    say("Run", run["display_title"])
    say("", run["html_url"])
    for job in run["jobs"]:
        where = f", at step {job['failed_steps'][0]!r}" if job["failed_steps"] else ""
        say("Job", f"{job['name']}: {job['conclusion']}{where}", job["conclusion"])
        for complaint in stage.complaints(job["id"]):
            say("", f'and it says "{complaint}"')
    return sent


def story_accepted(stage: Stage) -> None:
    """A valid change is validated, and the play goes on."""
    title("1. A change that is valid")
    played = play(stage)
    sent = tell(stage, played)
    say("Verdict", f"{sent['conclusion']}: the play goes on and ends with {played.code}", sent["conclusion"])
    expect(played.code == 0 and sent["outcome"] == "succeeded", "the valid change was not accepted")
    expect("replicas = 3" in stage.config.read_text(encoding="utf-8"), "the configuration was not rendered")


def story_rejected(stage: Stage) -> None:
    """A change that the workflow rejects fails the play, which puts the file back."""
    title("2. A change that is not")
    played = play(stage, "-e", '{"replicas": 50}')
    sent = tell(stage, played)
    why = (played.of("Say why the change was not kept") or {}).get("msg", "")
    say("Verdict", f"{sent['conclusion']}: the play fails, ends with {played.code}, and says", sent["conclusion"])
    say("", why)
    expect(played.code == 2 and sent["error"]["code"] == "run_unsuccessful", "the bad change did not fail the play")
    expect(sent["runs"][0]["html_url"] in why and "Check the replicas" in why, "the play does not say why it failed")
    expect(stage.complaints(sent["runs"][0]["jobs"][0]["id"]), "the workflow does not say what is wrong")
    expect("replicas = 3" in stage.config.read_text(encoding="utf-8"), "the configuration was not put back")
    say("", "web.conf is back at replicas = 3.")


def story_unchanged(stage: Stage) -> None:
    """A play that changes nothing sends nothing."""
    title("3. The first playbook again, with nothing to change")
    before = len(stage.github.requests)
    played = play(stage)
    asked = len(stage.github.requests) - before
    say("Verdict", f"nothing changed, nothing sent: {asked} requests; the play ends with {played.code}")
    expect(played.code == 0 and asked == 0 and played.of(VALIDATION) is None, "something was sent without a change")


def checks(github: Emulator) -> list[tuple[str, str, bool]]:
    """Return what the record of the local GitHub shows: label, number or word, and whether it is as promised."""
    asked = list(github.requests)
    events = github.events(REPOSITORY)
    minted = [token for token in github.world.tokens.values() if token.kind == "installation"]
    revoked = [token for token in minted if token.revoked]
    jwt = [each for each in asked if each.credential == "jwt"]
    posts = [each for each in asked if each.path.endswith("/dispatches")]
    narrowed = all(each.repositories == [REPOSITORY] for each in posts)
    allowed = all({k: v for k, v in each.permissions.items() if k != "metadata"} == PERMISSIONS for each in posts)
    only_app = bool(jwt) and all(each.path.startswith(APP_PLACES) for each in jwt)
    refused = [each for each in asked if each.status is None or each.status >= 400]
    return [
        ("Requests in all", str(len(asked)), bool(asked)),
        ("Requests refused or unanswered", str(len(refused)), not refused),
        ("Events sent, and accepted", f"{len(posts)}, {len(events)}", len(posts) == len(events) == 2),
        ("Runs started", str(len(github.runs(REPOSITORY))), len(github.runs(REPOSITORY)) == 2),
        ("Tokens minted, and revoked", f"{len(minted)}, {len(revoked)}", len(minted) == len(revoked) == 2),
        (f"Events sent with a token for {REPOSITORY} alone", "yes" if narrowed else "NO", bool(posts) and narrowed),
        ("  and for contents: write, actions: read alone", "yes" if allowed else "NO", bool(posts) and allowed),
        ("App JWT seen at App endpoints only", "yes" if only_app else "NO", only_app),
    ]


def epilogue(github: Emulator) -> None:
    """Hold the stories against the record, and tell how to do the same at github.com."""
    title("What the local GitHub saw")
    found = checks(github)
    for label, value, _holds in found:
        print(f"   {label:<50}{paint(value, value)}")
    wrong = ", ".join(label.strip() for label, _value, holds in found if not holds)
    expect(not wrong, f"the record shows something else than promised: {wrong}")
    title("The same at github.com (docs/app-setup.md tells how to get an App)")
    print("   Put docs/examples/receiver/.github/workflows/validate.yml on the default branch of a")
    print("   repository, install the App there, and run the same playbook:")
    print("   $ ansible-galaxy collection install infradispatch.github")
    print("   $ export GITHUB_APP_CLIENT_ID=Iv23... GITHUB_APP_PRIVATE_KEY_PATH=app.pem")
    print("   $ ansible-playbook docs/examples/site.yml -e repository=OWNER/NAME", flush=True)


def main() -> int:
    """Tell all stories; 0 when they went as told."""
    parser = argparse.ArgumentParser(description="A playbook's change starts a workflow; its verdict comes back.")
    parser.add_argument("--transcript", metavar="FILE", default=os.environ.get("TRANSCRIPT") or None)
    transcript = parser.parse_args().transcript
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="infradispatch-demo-") as folder,
        Emulator(tls=True, ghes=True, execute=True, transcript=transcript) as github,
    ):
        stage = Stage(github, Path(folder))
        try:
            set_up(stage)
            for story in (story_accepted, story_rejected, story_unchanged):
                story(stage)
            epilogue(github)
        except NotAsTold as error:
            reason = str(error).rstrip(". ")
            print(f"\nNot as told: {reason}.\nThe output of ansible-playbook is in {LOG}", file=sys.stderr)
            return 1
    title(f"All as told, in {time.monotonic() - began:.0f} s.")
    if transcript:
        print(f"   Every request is in {transcript}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
