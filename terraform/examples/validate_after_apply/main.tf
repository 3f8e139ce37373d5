# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A service changes; a workflow validates it; `terraform apply` is as good as the validation.
# Credentials: GITHUB_TOKEN, or those of a GitHub App, in the environment of Terraform.

variable "repository" {
  description = "Repository with the workflow: owner/name."
  type        = string
}

variable "release" {
  description = "What is deployed."
  type        = string
  default     = "1.0.0"
}

# Stands for what you manage.
resource "terraform_data" "service" {
  input = { name = "web", release = var.release }
}

module "validation" {
  # From elsewhere, with the whole of it, since the helper lies beside the modules:
  # source = "git::https://github.com/infradispatch/infradispatch.github//terraform/modules/repository_dispatch?ref=1.0.0"
  # source = "/usr/share/ansible/collections/ansible_collections/infradispatch/github//terraform/modules/repository_dispatch"
  source = "../../modules/repository_dispatch"

  repository = var.repository
  event_type = "infra-changed"

  # Taken from the resource, so that the event follows what it tells of; no depends_on is needed.
  client_payload = {
    service = terraform_data.service.output.name
    release = terraform_data.service.output.release
  }

  wait           = true
  source_details = { name = terraform.workspace }
}

output "dispatch_id" {
  description = "By this id the run is found."
  value       = module.validation.dispatch_id
}
