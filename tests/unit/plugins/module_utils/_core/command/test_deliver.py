# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an event comes from, as the options say."""

from __future__ import annotations

import pytest

from ansible_collections.infradispatch.github.plugins.module_utils._core.command.deliver import origin_of
from ansible_collections.infradispatch.github.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.infradispatch.github.plugins.module_utils._core.event.envelope import Origin


def test_only_what_was_chosen_is_told() -> None:
    assert origin_of({}) == Origin("cli")
    assert origin_of({}, "terraform") == Origin("terraform")
    given = {
        "source": "terraform",
        "source_name": "prod",
        "source_url": "https://ci.test/7",
        "source_sha": "",
        "token": "x",
    }
    assert origin_of(given) == Origin("terraform", name="prod", url="https://ci.test/7")


@pytest.mark.parametrize("options", [{"source": "ansible"}, {"source_url": "x" * 501}, {"source_ref": 7}])
def test_what_is_none_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        origin_of(options)
