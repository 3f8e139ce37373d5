#!/usr/bin/env bash
# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The local GitHub around a playbook. ansible-test's own PYTHONPATH has to stay: Ansible is found by it.
set -eux
repo="$ANSIBLE_COLLECTIONS_PATH/ansible_collections/infradispatch/github"
PYTHONPATH="$repo/tests${PYTHONPATH:+:$PYTHONPATH}" exec python -m emulator --tls -- \
    ansible-playbook -i inventory.ini playbook.yml "$@"
