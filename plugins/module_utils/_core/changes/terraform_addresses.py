# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Addresses of resources, as they may be shown: keys of ``for_each`` can be secret."""

from __future__ import annotations

import functools
import hashlib
import re

_TEXT = r'"(?:[^"\\]|\\.)*"'
_KEY = re.compile(rf"\[({_TEXT})\]", re.DOTALL)
_INDEX = re.compile(rf"\[(?:{_TEXT}|[^\]]*)\]", re.DOTALL)
_MODULE = re.compile(r"module\.[^.]+(?:\.module\.[^.]+)*")
ROOT = "root"


def shown_address(address: str, how: str) -> str:
    """Return the address with its ``for_each`` keys kept, dropped (``a.b[...]``) or hashed (``a.b["sha256:…"]``).

    Numbers of ``count`` stay. A hash hides a key that can't be guessed; who must hide "yes" and "no" drops the keys.
    """
    if how == "keep" or '["' not in address:
        return address
    return _KEY.sub("[...]" if how == "drop" else _hashed, address)


@functools.lru_cache(maxsize=2048)
def module_of(address: str) -> str:
    """Return the module that an address is in, or is, with no keys of instances: ``module.a.module.b``, or ``root``."""
    found = _MODULE.match(_INDEX.sub("", address) if "[" in address else address)
    return found.group() if found else ROOT


def type_of(address: str) -> str:
    """Return the type of the resource that an address names; empty if there is none to be seen."""
    words = [word for word in _INDEX.sub("", address).split(".") if word]
    while len(words) > 1 and words[0] == "module":
        words = words[2:]
    if words[:1] == ["data"]:
        words = words[1:]
    return words[0] if len(words) > 1 else ""


def _hashed(key: re.Match[str]) -> str:
    """Return a key's hash, still in the form of a key."""
    return f'["sha256:{hashlib.sha256(key.group(1).encode("utf-8", "surrogatepass")).hexdigest()[:16]}"]'
