# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What platforms that run Terraform post to a receiver: HCP Terraform, Atlantis and Spacelift.

Most of it has no addresses: then the evidence is counts and a link. Only members that are named here are read, and what
a platform adds or leaves out does no harm. Messages, users and commit texts are never passed on.
"""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from ..errors import InvalidInput
from ..event.evidence import SHA
from .terraform_actions import Change
from .terraform_result import Changes, Run, finish
from .terraform_tally import Tally

Json = t.Mapping[str, t.Any]
_HCP_FAILED = ("errored", "canceled", "force_canceled", "policy_soft_failed")
_HCP_PLANNED = (
    "planned", "needs_attention", "cost_estimated", "policy_checked", "policy_override", "planned_and_saved",
    "post_plan_completed", "confirmed",
)  # fmt: skip
_SPACELIFT_FAILED = ("FAILED", "STOPPED", "CANCELED", "CANCELLED")
_SPACELIFT_ACTIONS = {
    "added": ("create",), "changed": ("update",), "deleted": ("delete",), "replaced": ("replace",),
    "forgotten": ("forget",),
}  # fmt: skip
_PLANS = ("PROPOSED",)
_DELTA = {"added": "add", "changed": "change", "deleted": "destroy", "imported": "import", "moved": "move",
          "forgotten": "forget"}  # fmt: skip


def platform_of(document: t.Any) -> str:
    """Return the platform that a document is from; empty if it is from none that is known."""
    if not isinstance(document, dict):
        return ""
    if "notification_configuration_id" in document or _kind(document) in ("assessment-results", "plans", "runs"):
        return "hcp"
    if isinstance(document.get("Repo"), dict) and ("Workspace" in document or "Success" in document):
        return "atlantis"
    if isinstance(document.get("run"), dict) and ("stack" in document or "stateVersion" in document):
        return "spacelift"
    return "spacelift" if "run_updated" in document else ""


def read_platform(source: str, document: t.Any, addresses: str, on: t.Collection[str]) -> Changes:
    """Return the changes that a platform's document tells of.

    :raises InvalidInput: when it isn't one of that platform.
    """
    if platform_of(document) != source:
        raise InvalidInput(f"The JSON is no document of {source}.", "Give the body that it posts, unchanged.")
    return _READERS[source](document, Tally(addresses), on)


def _hcp(document: Json, tally: Tally, on: t.Collection[str]) -> Changes:
    """Read a notification or an API document of HCP Terraform or Terraform Enterprise.

    Documents: cloud-docs/workspaces/settings/notifications (payload versions 1 for runs and 2 for assessments), and of
    the API: assessment-results, plans and runs.
    """
    if "data" in document:
        return _hcp_api(document, tally, on)
    details = _dict(document.get("details"))
    about = _about(
        workspace=document.get("workspace_name") or details.get("workspace_name"),
        name=document.get("workspace_name") or details.get("workspace_name"),
        url=document.get("run_url"),
    )
    workspace = _text(document.get("workspace_id") or details.get("workspace_id")) or about.get("workspace", "")
    trigger = _text(document.get("trigger"))
    if details or trigger:
        found = _dict(details.get("new_assessment_result"))
        about = {**_about(url=found.get("url")), **about}
        return _assessment(tally, on, found, trigger, workspace, about)
    notes = [_dict(note) for note in document.get("notifications") or ()]
    note = notes[-1] if notes else {}
    trigger, status = _text(note.get("trigger")), _text(note.get("run_status"))
    if trigger.startswith("assessment:"):
        return _assessment(tally, on, {}, trigger, workspace, about)
    return _run(tally, on, trigger, status, (workspace, _text(document.get("run_id"))), about)


def _hcp_api(document: Json, tally: Tally, on: t.Collection[str]) -> Changes:
    """Read a document of the API."""
    data = _dict(document.get("data"))
    found = {name.replace("-", "_"): value for name, value in _dict(data.get("attributes")).items()}
    identity = _text(data.get("id"))
    about = _about(terraform_version=found.get("terraform_version"))
    if data.get("type") == "assessment-results":
        return _assessment(tally, on, found, "", identity, about)
    status = _text(found.get("status"))
    counted = False
    for theirs, ours in (
        ("additions", "add"), ("changes", "change"), ("destructions", "destroy"), ("imports", "import"),
    ):  # fmt: skip
        counted |= _count(tally, ours, found.get(f"resource_{theirs}"))
    if data.get("type") == "plans":
        changed = found.get("has_changes") is True or counted
        return _hcp_finish(tally, on, changed=changed, failed=status in _HCP_FAILED, identity=(identity,), about=about)
    if found.get("has_changes") is False and status not in _HCP_FAILED:
        status = "planned_and_finished"
    return _run(tally, on, "", status, (identity,), about)


def _assessment(
    tally: Tally, on: t.Collection[str], found: Json, trigger: str, workspace: str, about: dict[str, str]
) -> Changes:
    """Return what a health assessment found: drift, or that it failed."""
    drifted = found.get("drifted") is True or trigger == "assessment:drifted"
    failed = trigger == "assessment:failed" or found.get("succeeded") is False
    number = found.get("resources_drifted")
    if drifted:
        tally.sections["drift"] = number if isinstance(number, int) and number > 0 else 1
        tally.mark("hcp", "drift", workspace, str(tally.sections["drift"]))
    told = ["The assessment names no resources: give the JSON output of the assessment to see which drifted."]
    return finish("hcp", tally, on, Run(errored=failed), about=about, warnings=told if drifted else ())


def _run(
    tally: Tally, on: t.Collection[str], trigger: str, status: str, identity: tuple[str, ...], about: dict[str, str]
) -> Changes:
    """Return what the status of a run says."""
    failed = status in _HCP_FAILED or trigger == "run:errored"
    applied = status == "applied"
    planned = status in _HCP_PLANNED or trigger == "run:needs_attention"
    return _hcp_finish(
        tally, on, changed=applied or planned, failed=failed, identity=identity, about=about, applied=applied
    )


def _hcp_finish(
    tally: Tally,
    on: t.Collection[str],
    *,
    changed: bool,
    failed: bool,
    identity: tuple[str, ...],
    about: dict[str, str],
    applied: bool = False,
) -> Changes:
    """Return a result without addresses: two runs are two changes."""
    if changed or failed:
        tally.mark("hcp", "failed" if failed else "applied" if applied else "planned", *identity)
    if changed and not failed:
        _at_least_one(tally)
    return finish("hcp", tally, on, Run(errored=failed, applied=applied), about=about)


def _atlantis(document: Json, tally: Tally, on: t.Collection[str]) -> Changes:
    """Read the webhook of Atlantis: its ApplyResult, or the one that tells of drift.

    Document: runatlantis.io/docs/sending-notifications-via-webhooks. Addresses of repositories may hold credentials
    there (``CloneURL``): they are left alone.
    """
    repository, pull = _dict(document.get("Repo")), _dict(document.get("Pull"))
    about = _about(
        workspace=document.get("Workspace"),
        name=document.get("ProjectName") or document.get("Directory"),
        repository=repository.get("FullName"),
        url=pull.get("URL"),
        sha=pull.get("HeadCommit"),
        ref=pull.get("HeadBranch"),
    )
    project = (*(about.get(name, "") for name in ("repository", "workspace", "name")), _text(document.get("Directory")))
    drifted = _drift_of(document)
    if drifted is not None:
        if drifted:
            tally.sections["drift"] = drifted
            tally.mark("atlantis", "drift", *project, str(drifted))
        return finish("atlantis", tally, on, Run(), about=about)
    failed = document.get("Success") is not True
    tally.mark("atlantis", "failed" if failed else "applied", *project, about.get("sha", ""), str(pull.get("Num", "")))
    if not failed:
        _at_least_one(tally)
    return finish("atlantis", tally, on, Run(errored=failed, applied=True), about=about)


def _drift_of(document: Json) -> int | None:
    """Return how much drift the webhook tells of, or None if it isn't about drift."""
    for name in ("HasDrift", "Drifted", "DriftDetected"):
        if isinstance(document.get(name), bool):
            return int(document[name])
    for name in ("ProjectsWithDrift", "DriftCount"):
        number = document.get(name)
        if isinstance(number, int) and not isinstance(number, bool):
            return number
    return None


def _spacelift(document: Json, tally: Tally, on: t.Collection[str]) -> Changes:
    """Read the webhook of Spacelift about a run, or the input of its notification and trigger policies.

    Documents: docs.spacelift.io/integrations/webhooks and concepts/policy. ``delta`` has counts, and ``changes``, where
    it is there, addresses.
    """
    document = _dict(document.get("run_updated")) or document
    run, stack = _dict(document.get("run")), _dict(document.get("stack"))
    state = _text(document.get("state") or run.get("state"))
    commit = _dict(run.get("commit"))
    about = _about(
        name=stack.get("name") or stack.get("id"),
        workspace=stack.get("id"),
        url=run.get("url") or _dict(document.get("urls")).get("run"),
        ref=run.get("branch"),
        sha=commit.get("hash"),
        terraform_version=run.get("terraform_version"),
    )
    drift = run.get("driftDetection") is True or run.get("drift_detection") is True
    planned = _text(run.get("type")) in _PLANS or state in ("UNCONFIRMED", "PLANNED")
    failed = state in _SPACELIFT_FAILED
    changed = _spacelift_changes(run, tally, "drift" if drift else "change")
    if changed or failed:
        what = "failed" if failed else "drift" if drift else "planned" if planned else "applied"
        tally.mark("spacelift", what, _text(stack.get("id")), "" if drift else _text(run.get("id")))
    return finish("spacelift", tally, on, Run(errored=failed, applied=not planned and not drift), about=about)


def _spacelift_changes(run: Json, tally: Tally, section: str) -> bool:
    """Take in the changes of a run, or their number; tell whether there are any."""
    listed = [_dict(change) for change in run.get("changes") or ()]
    for change in listed:
        entity = _dict(change.get("entity"))
        address = _text(entity.get("address"))
        actions = _SPACELIFT_ACTIONS.get(_text(change.get("action")), (_text(change.get("action")) or "unknown",))
        kind = _text(entity.get("type"))
        if (entity.get("entity_type") or entity.get("entityType")) != "module":
            tally.add(section, Change(address, actions, kind), count=section == "change" and kind != "output")
    if listed:
        return bool(tally.listed)
    number = sum(_count(tally, ours, _dict(run.get("delta")).get(theirs)) for theirs, ours in _DELTA.items())
    if number:
        tally.sections[section] = sum(tally.counts.values())
    return bool(number)


def _count(tally: Tally, name: str, number: t.Any) -> bool:
    """Take over a number; tell whether it was more than none."""
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        return False
    tally.counts[name] += number
    return True


def _at_least_one(tally: Tally) -> None:
    """Let the condition hold though nobody said how much has changed."""
    tally.sections["change"] = max(sum(tally.counts.values()), 1)


def _about(**texts: t.Any) -> dict[str, str]:
    """Return what is known; an address of the web only if it is one, without what may be secret in it."""
    known = {name: text[:300] for name, text in texts.items() if isinstance(text, str) and text}
    if not SHA.match(known.get("sha", "")):
        known.pop("sha", None)
    url = known.pop("url", "")
    if url:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and "@" not in parts.netloc:
            known["url"] = parts._replace(query="", fragment="").geturl()
    return known


def _kind(document: Json) -> str:
    """Return the type that a document of JSON:API has."""
    return _text(_dict(document.get("data")).get("type"))


def _dict(value: t.Any) -> dict[str, t.Any]:
    """Return a value if it is an object."""
    return value if isinstance(value, dict) else {}


def _text(value: t.Any) -> str:
    """Return a value if it is a text."""
    return value if isinstance(value, str) else ""


_READERS = {"hcp": _hcp, "atlantis": _atlantis, "spacelift": _spacelift}
