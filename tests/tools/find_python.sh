#!/usr/bin/env bash
# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# find_python.sh MINOR NAME...   (find_python.sh 11 python3.13 python3)
# Prints the path of the first one that really runs, is 3.MINOR or newer and can make virtual environments; else status 1.
# A pyenv shim may exist and still fail, and ansible-test wants real binaries: each candidate is asked for its own path.
set -u

minor=$1
shift

real_path() {
    "$1" -I -c 'import sys, venv, ensurepip
assert sys.version_info >= (3, int(sys.argv[1]))
print(sys.executable)' "$minor" 2>/dev/null
}

# Where PYENV_ROOT is not set and HOME is another one, pyenv itself still lies where its Pythons are.
pyenv=$(command -v pyenv) && pyenv_root=${pyenv%/*/*}
pyenv_root=${PYENV_ROOT:-${pyenv_root:-$HOME/.pyenv}}
for name in "$@"; do
    while IFS= read -r candidate; do
        [ -x "$candidate" ] && real_path "$candidate" && exit 0
    done <<EOF
$(type -aP "$name")
$(printf '%s\n' "$pyenv_root"/versions/*/bin/"$name" | sort -rV)
EOF
done
exit 1
