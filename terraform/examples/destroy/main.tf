# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# An event when a service is destroyed: sent before the service goes, since what depends on it is destroyed first.
# Credentials come from the environment of Terraform; in a destroy there is no other way.

variable "repository" {
  description = "Repository with the workflow: owner/name."
  type        = string
}

resource "terraform_data" "service" {
  input = { name = "web" }
}

module "farewell" {
  source = "../../modules/repository_dispatch_on_destroy"

  repository     = var.repository
  event_type     = "infra-destroyed"
  client_payload = { service = terraform_data.service.output.name }
}
