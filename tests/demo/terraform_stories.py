# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of Terraform: a change that is validated by the apply that makes it, and drift that is told."""

from __future__ import annotations

import json
import re
from typing import Any

from stage import REPOSITORY, difference
from stories import tell_end, tell_lines, tell_recap, tell_run, tell_same
from telling import expect, say, title
from terraform.support.terraform import Done
from terraform_stage import Workbench

APPLY = ("apply", "-auto-approve")


def validated(bench: Workbench) -> None:
    """A plan sends nothing; an apply sends one event and is as good as its run; the same again sends nothing."""
    title("7. Terraform: a plan sends nothing, and an apply has its change validated")
    done = bench.run("init")
    expect(done.status == 0, f"terraform init ended with {done.status}")
    known = len(bench.events())
    done = bench.run("plan")
    counts = re.search(r"Plan: (.*)\.", done.stdout)
    sent = len(bench.events()) - known
    say("Plan", f"{counts[1] if counts else 'nothing'}; events sent: {sent}")
    expect(done.status == 0 and counts and sent == 0, "the plan has sent an event, or planned nothing")
    done, dispatch_id = apply(bench)
    run = follow(bench, dispatch_id)
    say("Verdict", f"{run['conclusion']}: the apply ends with {done.status}", run["conclusion"])
    expect(done.status == 0 and run["conclusion"] == "success", "the valid change was not accepted")
    expect(dispatch_id in done.stdout, "the apply does not output the id of its event")
    unchanged(bench, "nothing changed")


def rejected(bench: Workbench) -> None:
    """A change that the workflow rejects fails the apply, which says why; the one before it is put back by an apply."""
    title("8. Terraform: the workflow rejects a change, and the apply fails and says why")
    before = bench.content()
    done, dispatch_id = apply(bench, "-var=replicas=50")
    run = follow(bench, dispatch_id)
    why = done.text.rpartition("Error: ")[2]
    say("Verdict", f"{run['conclusion']}: the apply fails, ends with {done.status}, and says", run["conclusion"])
    say("", why)
    expect(done.status == 1 and run["conclusion"] == "failure", "the bad change did not fail the apply")
    reasons = [reason for job in run["jobs"] for reason in job.get("messages", [])]
    expect(run["html_url"] in why and reasons and reasons[0] in why, "the apply does not say where and why it failed")
    done, dispatch_id = apply(bench)
    tell_end(bench.stage, dispatch_id)
    say("Verdict", f"success: web.json is as before; the apply ends with {done.status}", "success")
    expect(done.status == 0 and bench.content() == before, "the change was not put back")


def drifted(bench: Workbench) -> None:
    """A file that somebody has edited is found by Terraform and told by our command, twice under the same key."""
    title("9. Terraform: a drift check tells of a file that somebody has edited")
    before = bench.content()
    check_drift(bench, "")
    bench.config.write_text("{}\n", encoding="utf-8")
    say("Somebody", "edits web.json by hand")
    drift = check_drift(bench, "terraform-drift")
    again = check_drift(bench, "terraform-drift")
    tell_same(drift, again)
    expect(drift["kind"] == "drift", "an event has the wrong kind")
    unchanged(bench, "web.json is put right")
    expect(bench.content() == before, "the drift was not put right")


def apply(bench: Workbench, *words: str) -> tuple[Done, str]:
    """Apply; tell what came of the file, and of the one event that was sent. Return what Terraform said, and its id."""
    before, known = bench.content(), len(bench.events())
    done = bench.run(*APPLY, *words)
    tell_lines("web.json", difference(before, bench.content()))
    events = bench.events()[known:]
    expect(len(events) == 1, f"the apply sent {len(events)} events and not one")
    dispatch_id: str = (events[0].client_payload or {})["dispatch"]["id"]
    say("Event", f"{events[0].event_type} to {REPOSITORY}, accepted")
    say("", f"id {dispatch_id}")
    return done, dispatch_id


def unchanged(bench: Workbench, what: str) -> None:
    """Apply what makes no other request, and tell that nobody was asked."""
    before = len(bench.stage.github.requests)
    done = bench.run(*APPLY)
    asked = len(bench.stage.github.requests) - before
    say("Verdict", f"{what}, nothing sent: {asked} requests; the apply ends with {done.status}")
    expect(done.status == 0 and asked == 0, "something was sent without a change")


def follow(bench: Workbench, dispatch_id: str) -> dict[str, Any]:
    """Ask for the run of an event, which Terraform shows only when it fails; tell of it and return it."""
    runs: list[dict[str, Any]] = json.loads(bench.ask("wait", dispatch_id, "--no-wait").stdout)["runs"]
    expect(len(runs) == 1, f"the event started {len(runs)} runs and not one")
    tell_run(runs[0])
    return runs[0]


def check_drift(bench: Workbench, expected: str) -> dict[str, Any]:
    """Look for drift; tell which event came of it, and return what it says of itself."""
    known = len(bench.events())
    bench.check_drift()
    events = bench.events()[known:]
    expect([event.event_type for event in events] == ([expected] if expected else []), "another event was sent")
    if not events:
        say("Event", "none: no drift")
        return {}
    found = (events[0].client_payload or {})["dispatch"]["changes"]
    return tell_recap(bench.stage, events[0], f"drifted: {', '.join(change['address'] for change in found)}")


ALL = (validated, rejected, drifted)
