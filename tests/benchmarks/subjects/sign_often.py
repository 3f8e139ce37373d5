# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing again and again in a warm process: `sign_often.py KEY_FILE TIMES` prints ms of CPU for each way.

Ours keeps the key that it loaded once; PyJWT given the text loads and checks it every time.
"""

import json
import sys
import time
from pathlib import Path
from unittest import mock

import jwt
from _core.github.signing import KeySigner, claims_for
from _core.secret import Secret
from cryptography.hazmat.primitives import serialization

text, times = Path(sys.argv[1]).read_text("ascii"), int(sys.argv[2])
claims = claims_for("1234", time.time())

with mock.patch.object(serialization, "load_pem_private_key", wraps=serialization.load_pem_private_key) as loading:
    signer = KeySigner(Secret(text))
    signer.sign(claims)
    began = time.process_time()
    for _time in range(times):
        signer.sign(claims)
    ours = time.process_time() - began

jwt.encode(claims, text, algorithm="RS256")
began = time.process_time()
for _time in range(times):
    jwt.encode(claims, text, algorithm="RS256")
theirs = time.process_time() - began
print(json.dumps({"ours": ours / times * 1000, "theirs": theirs / times * 1000, "loads": loading.call_count}))
