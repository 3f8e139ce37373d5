# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

output "dispatch_id" {
  description = "Id of the event that will be sent, 32 hexadecimal digits."
  value       = replace(terraform_data.event.id, "-", "")
}
