# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

output "fingerprint" {
  description = "What makes this request the same as another: client_payload.dispatch.key of the event."
  value       = data.external.preview.result.fingerprint
}

output "would_send" {
  description = "Whether the fingerprint is another one than last_fingerprint."
  value       = data.external.preview.result.would_send == "true"
}

output "payload_bytes" {
  description = "Size of the whole client_payload, of 65535 that GitHub takes."
  value       = tonumber(data.external.preview.result.payload_bytes)
}

output "result" {
  description = "All that the helper says, as texts; with lookup also lookup, run_id, run_url, run_status and run_conclusion."
  value       = data.external.preview.result
}
