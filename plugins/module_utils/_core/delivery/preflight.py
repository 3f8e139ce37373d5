# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Who would hear an event, and may it be sent? Asked without any effect that lasts."""

from __future__ import annotations

import typing as t

from ..clock import Deadline
from ..errors import InfradispatchError, InvalidInput, NotAuthenticated, NotFound, NotPermitted, Rejected
from ..event.limits import check_event_type
from ..github import identity
from ..github.client import GitHub
from ..github.credentials import Scope
from ..github.diagnosis import Request, error_of
from ..github.reply import Reply
from ..github.server import SERVER, api_facts, budget_of, product_of, server_version
from ..github.urls import Repository
from .findings import Seen, hearing, how_known, may_send, may_wait, problems_of
from .plan import seconds
from .receivers import Survey, ask, survey

#: What is an answer to the question, and no reason to give none.
FINDINGS = (NotAuthenticated, NotPermitted, NotFound, Rejected)


def preflight(options: t.Mapping[str, t.Any], open_client: t.Callable[[], GitHub]) -> dict[str, t.Any]:
    """Return the answer for the options, named as in the public contract.

    :param open_client: gives the client; called only when the options have been found right. Who gives it closes it.
    :raises InfradispatchError: when the options are wrong, a library is missing, or GitHub gives no usable answer.
    """
    repository = Repository.parse(options.get("repository"))
    event_type = options.get("event_type")
    if event_type is not None:
        check_event_type(event_type)
    limit = seconds(options, "deadline", 300.0)
    survey(())  # is PyYAML here?
    github = open_client()
    return Preflight(github, repository, event_type or "", Deadline.after(github.clock, limit)).run()
