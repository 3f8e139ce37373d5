# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

output "request_hash" {
  description = "SHA-256 of the request. The event is sent once for each value it takes."
  value       = sha256(local.request)
}

output "client_payload" {
  description = "What the event says, less the key dispatch, which the helper adds."
  value       = jsondecode(local.request).client_payload
}

output "dispatch_id" {
  description = "Id of the event, 32 hexadecimal digits: client_payload.dispatch.id of the workflow that it starts."
  value       = local.dispatch_id

  # Whoever refers to it goes on only when the event was sent, and judged with `wait`.
  depends_on = [terraform_data.dispatch, terraform_data.verdict]
}
