# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One token for each distinct request in a run, although a run is many processes.

Ansible evaluates a lookup in the process of each task. They share the run's private temporary folder (removed at its
end) and a random key that the first process passes on in memory only. So a token is kept in that folder, encrypted.

Note that this plugin util is PRIVATE to the collection. It can have breaking changes at any time.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import multiprocessing
import os
import typing as t

from ansible import constants

from ..module_utils._core.clock import Clock, Deadline
from ..module_utils._core.github.client import AppClient
from ..module_utils._core.github.credentials import Grant, Scope
from ..module_utils._core.secret import Secret

_LEAST_LIFE = 30.0
_memory: dict[str, Grant] = {}


def shared_grant(client: AppClient, scope: Scope, seconds: float) -> Grant:
    """Return a token for the scope: from this process, from another one of the run, or made now.

    :param seconds: how long making it may take.
    :raises InfradispatchError: when it can't be made.
    """
    clock = Clock()
    name = hashlib.sha256(repr((client.identity, scope)).encode("utf-8")).hexdigest()
    known = _memory.get(name)
    if known is None or not _fresh(known, clock):
        known = _memory[name] = _from_run(
            name, clock, lambda: client.credential.mint(scope, Deadline.after(clock, seconds))
        )
    return known


def _from_run(name: str, clock: Clock, mint: t.Callable[[], Grant]) -> Grant:
    """Return the token that the run has by this name, made under a lock so that two processes don't both make one."""
    cipher = _cipher()
    folder = constants.DEFAULT_LOCAL_TMP
    if cipher is None or not folder or not os.path.isdir(folder):
        return mint()
    path = os.path.join(folder, f"infradispatch-{name}")
    with os.fdopen(os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _read(path, cipher)
        if known is None or not _fresh(known, clock):
            known = mint()
            _write(path, cipher, known)
        return known


def _fresh(grant: Grant, clock: Clock) -> bool:
    """Tell whether the token is good for a while."""
    return grant.use_until is not None and grant.use_until - clock.monotonic() > _LEAST_LIFE


def _cipher() -> t.Any:
    """Return the cipher that all processes of this run share, or None where cryptography is not installed."""
    try:
        from cryptography.fernet import Fernet
    except ImportError:
        return None
    key = hashlib.sha256(b"infradispatch run cache" + bytes(multiprocessing.current_process().authkey)).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _read(path: str, cipher: t.Any) -> Grant | None:
    """Return the token in a file of the run, or None."""
    from cryptography.fernet import InvalidToken

    try:
        with open(path, "rb") as file:
            values = json.loads(cipher.decrypt(file.read()))
        return Grant(Secret(values["token"]), values["made_at"], values["use_until"])
    except (OSError, ValueError, KeyError, TypeError, InvalidToken):
        return None  # none yet, or one that can't be understood


def _write(path: str, cipher: t.Any, grant: Grant) -> None:
    """Keep a token in a file of the run."""
    values = {"token": grant.token.reveal(), "made_at": grant.made_at, "use_until": grant.use_until}
    data = cipher.encrypt(json.dumps(values).encode("utf-8"))
    with os.fdopen(os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    os.replace(f"{path}.new", path)
