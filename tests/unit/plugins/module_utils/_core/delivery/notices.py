# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notices as tests of them need them."""

from __future__ import annotations

import typing as t

from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.notice import notify, read_recipients
from ansible_collections.infradispatch.github.plugins.module_utils._core.delivery.outcome import Outcome
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import RunUnsuccessful
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.delivery.world import plan_of

HOOK = "/hooks/T024/B039/Sup3rS3cretPath"
SIGNED = "a secret to sign with"
PLAN = plan_of(repositories=["acme/site", "acme/web"], client_payload={"password": "hunter2"})
SITE, WEB = PLAN.targets
BAD = Outcome(WEB, "failed", True, error=RunUnsuccessful("The run ended with failure.", "Open the link."))
GOOD = Outcome(SITE, "succeeded", True)
Kinds = t.Callable[[str, str, str], bool]


def no_apprise(url: str, title: str, text: str) -> bool:
    raise AssertionError("asked for nothing")


def tell(*urls: str, outcomes: t.Sequence[Outcome] = (BAD,), by_apprise: Kinds = no_apprise, **options: t.Any) -> str:
    """Send notices and return the warnings, one a line, of which none may hold a secret."""
    text = "\n".join(notify(outcomes, read_recipients(list(urls)), options, {}, by_apprise=by_apprise))
    assert "Sup3rS3cret" not in text
    assert "/hooks" not in text
    assert SIGNED not in text
    return text
