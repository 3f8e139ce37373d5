# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The form with an action, for Terraform 1.14 or newer and the provider hashicorp/local 2.8 or newer.
#
# It is the weaker one. An action that fails ends the apply with an error, and leaves the resource applied and not
# tainted: the next plan finds nothing to do, and the event is LOST (measured with Terraform 1.15). The module
# repository_dispatch sends it at the next apply. Terraform 1.16 adds on_failure = taint to actions.
# It has no id of its own for the event either, so sending it once more by hand is another event:
#   terraform apply -invoke=action.local_command.dispatch
#
# An ephemeral value is refused here, and a sensitive one stands in the plan in plain text: the token can only come from
# the environment of Terraform.

terraform {
  required_version = ">= 1.14"

  required_providers {
    local = {
      source  = "hashicorp/local"
      version = ">= 2.8"
    }
  }
}

variable "repository" {
  description = "Repository with the workflow: owner/name."
  type        = string
}

variable "release" {
  description = "What is deployed."
  type        = string
  default     = "1.0.0"
}

resource "terraform_data" "service" {
  input = { name = "web", release = var.release }

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.local_command.dispatch]
    }
  }
}

action "local_command" "dispatch" {
  config {
    command   = "python3"
    arguments = ["${path.module}/../../github_dispatch.py", "send", "-", "--source", "terraform"]
    stdin = jsonencode({
      repository     = var.repository
      event_type     = "infra-changed"
      client_payload = { service = "web", release = var.release }
    })
  }
}
