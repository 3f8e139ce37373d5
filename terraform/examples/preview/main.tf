# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The same request twice: previewed at each plan, sent once at apply. Needs the provider hashicorp/external.

variable "repository" {
  description = "Repository with the workflow: owner/name."
  type        = string
}

locals {
  payload = { service = "web", replicas = 3 }
}

module "preview" {
  source = "../../modules/repository_dispatch_preview"

  repository     = var.repository
  event_type     = "infra-changed"
  client_payload = local.payload
}

module "dispatch" {
  source = "../../modules/repository_dispatch"

  repository     = var.repository
  event_type     = "infra-changed"
  client_payload = local.payload
}

output "payload_bytes" {
  description = "Of 65535."
  value       = module.preview.payload_bytes
}

output "fingerprint" {
  description = "client_payload.dispatch.key of the event."
  value       = module.preview.fingerprint
}
