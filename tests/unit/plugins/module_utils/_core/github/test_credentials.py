# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token that somebody else made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.infradispatch.github.plugins.module_utils._core.clock import Deadline
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.github.credentials import (
    Scope,
    TokenCredential,
    read_token,
)
from ansible_collections.infradispatch.github.plugins.module_utils._core.secret import Secret
from ansible_collections.infradispatch.github.tests.unit.plugins.module_utils._core.support import FakeClock


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=600))
def test_length_and_alphabet_of_a_token_are_githubs_business(text: str) -> None:
    assert read_token(f" {text}\r\n").reveal() == text


@pytest.mark.parametrize(
    "text", ["", " \n", "a b", "a\nb", "a\x00b", "tökén", "a\u200b", "-----BEGIN PRIVATE KEY-----"]
)
def test_what_can_be_no_token_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(InvalidInput, match="GH_TOKEN") as caught:
        read_token(text, "GH_TOKEN")
    assert not text.strip() or text.strip() not in str(caught.value)


def test_a_given_token_stays_whatever_happens(clock: FakeClock) -> None:
    credential = TokenCredential(Secret("x"))
    scope = Scope("acme", ("site",), ())
    grant = credential.grant(scope, Deadline.after(clock, 1))
    credential.forget(grant)
    credential.close()
    assert credential.grant(scope._replace(owner="other"), Deadline.after(clock, 1)) is grant
    assert (grant.made_at, grant.use_until, credential.renewable) == (None, None, False)
