# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What follows from everything that was seen before an event is sent: pure functions, from facts to the answer."""

from __future__ import annotations

import typing as t

from ..errors import InfradispatchError, NoReceiver, NotAuthenticated, NotFound, NotPermitted, RateLimited, RunNotFound
from ..github import identity
from ..github.identity import TokenFacts
from ..github.urls import Repository
from .receivers import Survey
from .verify import not_certain
from .workflow_text import NOWHERE, Receiver

_EXPIRES_SOON = 7 * 24 * 3600.0
_FEW_REQUESTS = 20
_SKEW_WORTH_TELLING = 60
_ADD_RUN_NAME = 'Add run-name: "${{ github.event.action }} [${{ github.event.client_payload.dispatch.id }}]" to it.'


UNSAFE = "unsafe_receiver"


class Problem(t.NamedTuple):
    """Something that stands in the way: the code of the public contract, a sentence, and what to do."""

    code: str
    message: str
    hint: str

    @classmethod
    def of(cls, error: InfradispatchError) -> Problem:
        """Return an error as a finding."""
        return cls(error.code, error.message, error.hint)


class Seen(t.NamedTuple):
    """Everything that was learnt. None is: not known.

    ``accepted`` tells whether GitHub knows the credential, ``hidden`` that it can't see the repository, ``grants``
    what an App can get by permission (``contents``, ``actions``), ``reads`` what a token was allowed to read.
    """

    repository: Repository
    event_type: str
    kind: str
    now: float
    accepted: bool = True
    hidden: bool = False
    token: TokenFacts = TokenFacts()
    found: t.Mapping[str, t.Any] | None = None
    actions_enabled: bool | None = None
    survey: Survey | None = None
    grants: t.Mapping[str, bool] = {}
    reads: t.Mapping[str, bool | None] = {}
    budget: t.Mapping[str, t.Any] = {}
    skew: int | None = None

    @property
    def private(self) -> bool:
        """Tell whether the repository is not public, as far as is known."""
        return (self.found or {}).get("private") is not False

    @property
    def pushes(self) -> bool | None:
        """Tell whether GitHub says that the user may write; tokens of an App have no user."""
        said = (self.found or {}).get("permissions")
        push = said.get("push") if isinstance(said, dict) else None
        return push if isinstance(push, bool) and self.kind not in (identity.INSTALLATION, identity.APP) else None

    @property
    def closed(self) -> bool:
        """Tell whether the repository takes no events from anybody."""
        return any((self.found or {}).get(word) is True for word in ("archived", "disabled"))


def may_send(seen: Seen) -> bool | None:
    """Tell whether the credential may send an event to the repository; None when only sending would prove it."""
    if not seen.accepted or seen.hidden or seen.closed or seen.pushes is False:
        return False
    if seen.kind == identity.APP:
        return seen.grants.get("contents")
    if seen.found is None:
        return None
    if seen.kind in (identity.CLASSIC, identity.OAUTH):
        if seen.token.scopes is None:
            return None
        return identity.scopes_allow(seen.token.scopes, private=seen.private) and (seen.pushes or None)
    return False if seen.reads.get("contents") is False else None


def may_wait(seen: Seen) -> bool | None:
    """Tell whether the credential may read the runs of the repository."""
    if not seen.accepted or seen.hidden:
        return False
    return seen.grants.get("actions") if seen.kind == identity.APP else seen.reads.get("actions")


def how_known(seen: Seen) -> str:
    """Say in words what ``may_send`` rests on."""
    if seen.kind == identity.APP:
        return "A token with contents: write for this repository alone was made, or refused, and revoked again."
    if seen.kind in (identity.CLASSIC, identity.OAUTH):
        return "By the scopes of the token, and by what its user may do in the repository."
    return (
        f"A {identity.describe(seen.kind)} does not tell its permissions: contents: write can't be proven without "
        "a write."
    )


def hearing(seen: Seen) -> list[Receiver]:
    """Return the receivers that an event starts: of the type asked for, or of any type when none is."""
    if seen.survey is None or seen.closed or seen.actions_enabled is False:
        return []
    if seen.event_type:
        return seen.survey.hearing(seen.event_type)
    return [receiver for receiver in seen.survey.receivers if receiver.enabled]


def problems_of(seen: Seen) -> list[Problem]:
    """Return what stands in the way, the gravest first; what GitHub refused comes apart."""
    return [*_of_repository(seen), *_of_credential(seen), *_of_receivers(seen), *_of_circumstances(seen)]


def _of_repository(seen: Seen) -> t.Iterator[Problem]:
    """Yield what the repository itself has against events."""
    found = seen.found or {}
    name = seen.repository
    if found.get("archived") is True:
        yield Problem(NotPermitted.code, f"{name} is archived and takes no events.", "Unarchive the repository.")
    if found.get("disabled") is True:
        yield Problem(NotPermitted.code, f"{name} is disabled by GitHub and takes no events.", "Ask GitHub's support.")
    if seen.actions_enabled is False:
        yield Problem(
            NoReceiver.code,
            f"GitHub Actions are disabled for {name}.",
            "Enable them in the settings of the repository.",
        )
    moved_to = str(found.get("full_name") or name)
    if moved_to.lower() != str(name).lower():
        yield Problem(NotFound.code, f"{name} has moved to {moved_to}; GitHub redirects for now.", f"Write {moved_to}.")


def _of_credential(seen: Seen) -> t.Iterator[Problem]:
    """Yield what the credential lacks."""
    if not seen.accepted or seen.found is None or seen.kind == identity.APP:
        return
    name = seen.repository
    if seen.pushes is False:
        yield Problem(
            NotPermitted.code,
            f"The user of the token may not write to {name}.",
            "Give the user the role Write, or use another token.",
        )
    scopes = seen.token.scopes
    by_scopes = seen.kind in (identity.CLASSIC, identity.OAUTH) and scopes is not None
    if by_scopes and not identity.scopes_allow(scopes or (), private=seen.private):
        held = ", ".join(scopes or ()) or "none"
        scope = "repo" if seen.private else "public_repo"
        yield Problem(
            NotPermitted.code, f"The token lacks the scope {scope} for {name} (it has: {held}).", "Add it to the token."
        )
    if seen.reads.get("actions") is False:
        yield Problem(
            NotPermitted.code,
            f"The {identity.describe(seen.kind)} may not read the runs of {name}, so it can't wait for them.",
            "A fine-grained token or GitHub App needs actions: read, a classic token the scope repo.",
        )


def _of_receivers(seen: Seen) -> t.Iterator[Problem]:
    """Yield who does not hear, can't be found or is not safe."""
    survey = seen.survey
    if survey is None:
        return
    heard = hearing(seen)
    if not heard and not seen.closed and seen.actions_enabled is not False:
        yield Problem.of(unheard(seen, survey))
    if survey.unreadable:
        yield Problem(
            NoReceiver.code,
            f"Not readable, or not YAML, in {seen.repository}: {', '.join(survey.unreadable)}.",
            "What these files listen to is not known. GitHub starts no workflow whose file it can't read.",
        )
    for receiver in heard:
        if receiver.findable == NOWHERE:
            yield Problem(
                RunNotFound.code, f"The runs of {receiver.path} don't show the id of their event.", _ADD_RUN_NAME
            )
    for receiver in heard:
        if receiver.unsafe:
            yield Problem(
                UNSAFE,
                f"{receiver.path} pastes values of the event into scripts: {', '.join(receiver.unsafe)}.",
                'Hand them over by env: and use them as "$NAME"; see "script injections" in GitHub\'s documentation.',
            )


def unheard(seen: Seen, survey: Survey) -> NoReceiver:
    """Return the error for an event that certainly, or as far as can be told, nobody hears."""
    if not seen.event_type:
        return NoReceiver(
            f"No enabled workflow on the default branch of {seen.repository} listens to repository_dispatch.",
            "Add one; the role receiver has some.",
        )
    perhaps = survey.perhaps(seen.event_type)
    if perhaps:
        return not_certain(str(seen.repository), seen.event_type, perhaps[0].path)
    branch = str((seen.found or {}).get("default_branch") or "")
    return survey.nobody(str(seen.repository), seen.event_type, sent=False, branch=branch)


def _of_circumstances(seen: Seen) -> t.Iterator[Problem]:
    """Yield what will be a problem soon, or is one at times."""
    expires_at = seen.token.expires_at
    if expires_at is not None and expires_at - seen.now < _EXPIRES_SOON:
        yield Problem(
            NotAuthenticated.code,
            f"The token expires at {identity.timestamp(expires_at)}.",
            "Make a new one in time, or use a GitHub App.",
        )
    remaining = seen.budget.get("remaining")
    if isinstance(remaining, int) and remaining < _FEW_REQUESTS:
        yield Problem(
            RateLimited.code,
            f"Only {remaining} requests are left until {seen.budget.get('reset_at')}.",
            "Send less often, or later.",
        )
    if seen.kind == identity.APP and seen.skew is not None and abs(seen.skew) > _SKEW_WORTH_TELLING:
        way = "behind" if seen.skew > 0 else "ahead of"
        yield Problem(
            NotAuthenticated.code,
            f"The clock of this machine is {abs(seen.skew)} s {way} GitHub's.",
            "Set it right. This collection makes up for it; other tools are refused by the times in their JWT.",
        )
