# Copyright: Contributors to the infradispatch.github project
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The one place that knows the version; a test holds it equal to ``galaxy.yml``."""

VERSION = "1.0.0"
USER_AGENT = "infradispatch.github/" + VERSION
