# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""From what Terraform, or a platform that runs it, has to say to the evidence of an event."""

from __future__ import annotations

import typing as t

from .terraform_result import DEFAULT_ON, Changes

__all__ = ["Changes", "classify_plan", "read_changes"]


def read_changes(
    data: t.BinaryIO, *, source: str = "auto", addresses: str = "keep", on: t.Iterable[str] | str = DEFAULT_ON
) -> Changes:
    """Return the changes that an input tells of. Only ``data.read(size)`` is used, so that a pipe will do."""
    raise NotImplementedError


def classify_plan(
    plan: t.Mapping[str, t.Any], *, addresses: str = "keep", on: t.Iterable[str] | str = DEFAULT_ON
) -> Changes:
    """Return the changes in a plan's JSON that was parsed already: the same that :func:`read_changes` finds in its text."""
    raise NotImplementedError
