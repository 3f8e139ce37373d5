# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The core inside the controller's process: what plugins need beside it.

Note that this plugin util is PRIVATE to the collection. It can have breaking changes at any time.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import subprocess
import typing as t

try:  # until ansible-core 2.18; later an encrypted value is a text like any other
    from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode
except ImportError:
    AnsibleVaultEncryptedUnicode = ()

_SIGNER_TIMEOUT = 60


def preload() -> None:
    """Load the HTTP library before Ansible forks: paid once for a playbook, and not by each task.

    What is there by then is Ansible's own and stays until the end. The garbage collector leaves it alone from here on,
    as https://docs.python.org/3/library/gc.html#gc.freeze advises before a fork: looking through all of it again, in
    each worker and at each end, took a quarter of what a loop of 50 events costs.
    """
    with contextlib.suppress(ImportError):
        importlib.import_module("requests")
    gc.freeze()


def run_command(command: t.Sequence[str], data: bytes) -> tuple[int, bytes, bytes]:
    """Run an external signer with ``data`` on its standard input."""
    try:
        done = subprocess.run(list(command), input=data, capture_output=True, check=False, timeout=_SIGNER_TIMEOUT)
    except subprocess.TimeoutExpired:
        return 124, b"", b"it did not end within %d s" % _SIGNER_TIMEOUT
    return done.returncode, done.stdout, done.stderr


def decrypted(value: t.Any) -> t.Any:
    """Return ``value`` as a module would get it: encrypted texts in it decrypted, all of them plain.

    ansible-core marks texts with where they come from, and its check of arguments copies every mark.
    """
    if isinstance(value, AnsibleVaultEncryptedUnicode):
        return str(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, dict):
        return {decrypted(key): decrypted(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [decrypted(item) for item in value]
    return value
