# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

terraform {
  required_version = ">= 1.10"

  required_providers {
    external = {
      source  = "hashicorp/external"
      version = ">= 2.2"
    }
  }
}

locals {
  request = {
    repository     = var.repository
    event_type     = var.event_type
    client_payload = var.client_payload
  }
}

# Read at each plan, refresh and apply: it sends nothing, and asks nobody unless `lookup` is set.
data "external" "preview" {
  program = concat(var.command != null ? var.command : [var.python, "${path.module}/../../github_dispatch.py"], ["external"])

  query = {
    request          = jsonencode(local.request)
    last_fingerprint = var.last_fingerprint
    lookup           = var.lookup ? "true" : null
    dispatch_id      = var.dispatch_id
  }
}
