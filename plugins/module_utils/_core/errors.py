# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Everything that can go wrong, as one tree.

An error says what happened (``message``), to what (``facts``), and what to do next (``hint``). ``code`` is stable and
part of the public contract; ``exit_code`` is what the command line ends with. Nothing in here may hold a secret:
whoever raises passes foreign text through :func:`_core.secret.redact` first.
"""

from __future__ import annotations

import typing as t


class InfradispatchError(Exception):
    """Base of all errors of the core. Never raised itself."""

    code: t.ClassVar[str] = "internal"
    exit_code: t.ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "", **facts: t.Any) -> None:
        """Take a sentence, advice, and plain facts (``status``, ``request_id``, ``repository``, …)."""
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = {name: value for name, value in facts.items() if value not in (None, "")}

    def with_facts(self, **facts: t.Any) -> InfradispatchError:
        """Add facts known only further up; what was known below wins. Returns itself, to be raised."""
        self.facts = {**{name: value for name, value in facts.items() if value not in (None, "")}, **self.facts}
        return self

    def twin(self) -> InfradispatchError:
        """Return the same error with facts of its own: one refusal can be the end of several events."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        return twin

    def as_dict(self) -> dict[str, t.Any]:
        """Return the ``error`` value of the public contract."""
        return {"code": self.code, "message": self.message, "hint": self.hint, **self.facts}

    def __str__(self) -> str:
        """Return one line for people: what happened, then what to do."""
        end = "" if self.message.endswith((".", "!", "?")) else "."
        return f"{self.message}{end} {self.hint}".strip()


class InvalidInput(InfradispatchError):
    """What the user gave can't be used; no request was made for it."""

    code, exit_code = "invalid_input", 2


class MissingLibrary(InfradispatchError):
    """A Python library is missing where the code runs. ``library`` is the name to install."""

    code, exit_code = "missing_library", 2

    def __init__(self, library: str, message: str, hint: str = "") -> None:
        """Name the distribution that has to be installed."""
        super().__init__(message, hint, library=library)
        self.library = library


class BadKey(InfradispatchError):
    """The private key of the App can't be read or is no RSA private key."""

    code, exit_code = "bad_key", 3


class NotAuthenticated(InfradispatchError):
    """GitHub does not know who is asking (401)."""

    code, exit_code = "not_authenticated", 3


class NotPermitted(InfradispatchError):
    """GitHub knows who is asking and says no (403, suspended, single sign-on, IP allow list)."""

    code, exit_code = "not_permitted", 3


class NotFound(InfradispatchError):
    """There is nothing by that name, or nothing that this credential may see (404)."""

    code, exit_code = "not_found", 4


class Rejected(InfradispatchError):
    """GitHub read the request and refuses it for what it says (other 4xx, redirects that may not be followed)."""

    code, exit_code = "rejected", 4


class RateLimited(InfradispatchError):
    """A rate limit lasts longer than the deadline."""

    code, exit_code = "rate_limited", 5


class Unreachable(InfradispatchError):
    """No usable answer from GitHub, and nothing was sent that could have had an effect."""

    code, exit_code = "unreachable", 5


class OutcomeUnknown(InfradispatchError):
    """The event left, the answer did not arrive: it may have been accepted."""

    code, exit_code = "outcome_unknown", 6


class NoReceiver(InfradispatchError):
    """No workflow on the default branch listens to the event type."""

    code, exit_code = "no_receiver", 7


class RunNotFound(InfradispatchError):
    """The event was accepted, and no run that carries its id appeared in time."""

    code, exit_code = "run_not_found", 7


class RunUnsuccessful(InfradispatchError):
    """The run ended with a conclusion that is not acceptable."""

    code, exit_code = "run_unsuccessful", 8


class WaitTimeout(InfradispatchError):
    """The run did not end in time; it goes on."""

    code, exit_code = "wait_timeout", 9


class TerraformFailed(InfradispatchError):
    """Terraform was run, and did not get to the end of its plan."""

    code, exit_code = "terraform_failed", 10
