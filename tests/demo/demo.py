# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a change by Ansible or Terraform starts a workflow at a local GitHub, and the verdict comes back.

The playbooks and the workflows are those of docs/examples, the configuration is one of terraform/examples, all of them
unchanged; ansible-playbook and terraform are the real ones. What is told comes from their results, and at the end
everything is held against the record of the local GitHub.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import stories
import terraform_stories
from stage import BYSTANDER, LOG, PERMISSIONS, REPOSITORY, REVIEWER, SENDING, Stage
from telling import NotAsTold, expect, paint, say, title
from terraform.support.provider import Provider
from terraform_stage import EXAMPLE, OLDEST, Workbench, find_terraform

from emulator import Emulator

APP_PLACES = ("/app/installations/", f"/repos/{REPOSITORY}/installation")


def set_up(stage: Stage, provider: Provider) -> Workbench | None:
    """Prepare the stage and say what there is; return what the stories of Terraform need, where there is one."""
    app = stage.prepare()
    title("The stage")
    say("GitHub", f"a local one, by TLS of a private authority: {stage.github.api_url}")
    say("GitHub App", f"{app.slug} ({app.client_id}), with a fresh key")
    say("", f"installed on acme, which has {REPOSITORY} and {BYSTANDER}")
    say("", f"deployments of {REPOSITORY} to production need {REVIEWER}'s approval")
    say("Workflows", "those of docs/examples/receiver; really run")
    say("Playbooks", f"those of docs/examples, unchanged, by ansible-core {version('ansible-core')};")
    say("", "site.yml writes web.conf into a temporary folder (config_folder)")
    terraform = find_terraform(stage.folder)
    if terraform is None:
        say("Terraform", f"none, {'.'.join(map(str, OLDEST))} or newer is needed: its stories are left out")
        return None
    say("Terraform", f"{terraform.name}, for terraform/{EXAMPLE}, unchanged, in a temporary folder;")
    say("", "the App is in its environment, as for the playbooks;")
    say("", "web.json is written by a stand-in for the provider hashicorp/local")
    say("Command", "infradispatch, which is terraform/github_dispatch.py")
    return Workbench(stage, terraform, provider)


def checks(github: Emulator, sent: list[dict[str, str]]) -> list[tuple[str, str, bool]]:
    """Return what the record of the local GitHub shows: label, number or word, and whether it is as promised.

    :param sent: for each event that was told of, the permissions that sending it takes.
    """
    asked = list(github.requests)
    events = github.events(REPOSITORY)
    minted = [token for token in github.world.tokens.values() if token.kind == "installation"]
    revoked = [token for token in minted if token.revoked]
    jwt = [each for each in asked if each.credential == "jwt"]
    posts = [each for each in asked if each.path.endswith("/dispatches")]
    narrowed = all(each.repositories == [REPOSITORY] for each in posts)
    asked_for = [{k: v for k, v in each.permissions.items() if k != "metadata"} for each in posts]
    allowed = asked_for == sent
    only_app = bool(jwt) and all(each.path.startswith(APP_PLACES) for each in jwt)
    refused = [each for each in asked if each.status is None or each.status >= 400]
    return [
        ("Requests in all", str(len(asked)), bool(asked)),
        ("Requests refused or unanswered", str(len(refused)), not refused),
        ("Events sent, and accepted", f"{len(posts)}, {len(events)}", len(posts) == len(events) == len(sent)),
        ("Runs started", str(len(github.runs(REPOSITORY))), len(github.runs(REPOSITORY)) == len(sent)),
        ("Tokens minted, and revoked", f"{len(minted)}, {len(revoked)}", 0 < len(minted) == len(revoked)),
        (f"Events sent with a token for {REPOSITORY} alone", "yes" if narrowed else "NO", bool(posts) and narrowed),
        ("  and with no more permissions than they use", "yes" if allowed else "NO", bool(posts) and allowed),
        ("App JWT seen at App endpoints only", "yes" if only_app else "NO", only_app),
    ]


def epilogue(github: Emulator, sent: list[dict[str, str]]) -> None:
    """Hold the stories against the record, and tell how to do the same at github.com."""
    title("What the local GitHub saw")
    found = checks(github, sent)
    for label, value, _holds in found:
        print(f"   {label:<50}{paint(value, value)}")
    wrong = ", ".join(label.strip() for label, _value, holds in found if not holds)
    expect(not wrong, f"the record shows something else than promised: {wrong}")
    title("The same at github.com (docs/app-setup.md tells how to get an App)")
    print("   Put the workflows of docs/examples/receiver on the default branch of a repository,")
    print("   install the App there, and run the same playbook or configuration:")
    print("   $ ansible-galaxy collection install infradispatch.github")
    print("   $ export GITHUB_APP_CLIENT_ID=Iv23... GITHUB_APP_PRIVATE_KEY_PATH=app.pem")
    print("   $ ansible-playbook docs/examples/site.yml -e repository=OWNER/NAME")
    print(f"   $ cd terraform/{EXAMPLE} && terraform init")
    print("   $ terraform apply -var=repository=OWNER/NAME", flush=True)


def main() -> int:
    """Tell all stories; 0 when they went as told."""
    parser = argparse.ArgumentParser(description="A change starts a workflow; its verdict comes back.")
    parser.add_argument("--transcript", metavar="FILE", default=os.environ.get("TRANSCRIPT") or None)
    transcript = parser.parse_args().transcript
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="infradispatch-demo-") as folder,
        Emulator(tls=True, ghes=True, execute=True, transcript=transcript) as github,
        Provider(Path(folder) / "provider") as provider,
    ):
        stage = Stage(github, Path(folder))
        try:
            bench = set_up(stage, provider)
            for story in stories.ALL:
                story(stage)
            # Who does not wait reads no runs: the callback.
            sent = [PERMISSIONS] * 3 + [SENDING] * 3
            if bench is not None:
                for further in terraform_stories.ALL:
                    further(bench)
                # Neither does what only sends: the module of Terraform waits by a command of its own.
                sent += [SENDING] * 5
            epilogue(github, sent)
        except NotAsTold as error:
            reason = str(error).rstrip(". ")
            print(
                f"\nNot as told: {reason}.\nThe output of ansible-playbook and terraform is in {LOG}", file=sys.stderr
            )
            return 1
    title(f"All as told, in {time.monotonic() - began:.0f} s.")
    if transcript:
        print(f"   Every request is in {transcript}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
