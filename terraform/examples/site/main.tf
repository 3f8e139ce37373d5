# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A file is written; the workflow docs/examples/receiver/.github/workflows/validate.yml says whether it is valid, and
# `terraform apply` fails when it is not. What docs/examples/site.yml is for Ansible.
# Credentials: GITHUB_TOKEN, or those of a GitHub App, in the environment of Terraform.
#
# To hear of a file that somebody has edited by hand, from a schedule:
#   terraform plan -refresh-only -json | infradispatch plan - --repository acme/site --on drift

terraform {
  required_providers {
    local = {
      source  = "hashicorp/local"
      version = ">= 2.0"
    }
  }
}

variable "repository" {
  description = "Repository with the workflow: owner/name."
  type        = string
  default     = "acme/site"
}

variable "release" {
  description = "What is deployed."
  type        = string
  default     = "2.4.1"
}

variable "replicas" {
  description = "How many of it."
  type        = number
  default     = 3
}

# Stands for what you manage.
resource "local_file" "config" {
  filename        = "${path.root}/web.json"
  content         = jsonencode({ service = "web", version = var.release, replicas = var.replicas })
  file_permission = "0644"
}

module "validation" {
  # From elsewhere, with the whole of it, since the helper lies beside the modules:
  # source = "git::https://github.com/infradispatch/infradispatch.github//terraform/modules/repository_dispatch?ref=1.0.0"
  source = "../../modules/repository_dispatch"

  repository = var.repository
  event_type = "infra-changed"

  # What the file says, taken from the resource: so the event is sent when the file is written.
  client_payload = jsondecode(local_file.config.content)

  wait = true
}

output "dispatch_id" {
  description = "By this id `infradispatch wait` finds the run."
  value       = module.validation.dispatch_id
}
