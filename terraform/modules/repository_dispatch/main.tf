# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

terraform {
  # Ephemeral variables came with Terraform 1.10 and OpenTofu 1.11. No provider is needed: terraform_data is built in.
  required_version = ">= 1.10"
}

locals {
  launcher = var.on_failure == "continue" ? "../keep_going.py" : "../../github_dispatch.py"
  helper   = var.command != null ? var.command : [var.python, "${path.module}/${local.launcher}"]

  # What makes two requests the same. How the event is delivered is not a part of it: another deadline sends nothing.
  request = jsonencode({
    repository     = var.repository
    event_type     = var.event_type
    client_payload = var.client_payload
  })

  # An empty variable counts as not set, and null leaves the inherited one. So what Terraform happens to inherit for
  # another use of the helper changes neither what is sent nor whether.
  foreign = {
    for name in ["REPOSITORIES", "CLIENT_PAYLOAD", "CLIENT_PAYLOAD_FILE", "REQUEST_FILE", "RUN_ID", "DRY_RUN", "OUTPUT"] :
    "INFRADISPATCH_${name}" => ""
  }

  # Given explicitly, the token goes before an App and a token of the environment.
  credentials = {
    INFRADISPATCH_TOKEN     = var.token
    INFRADISPATCH_APP_ID    = var.token == null ? null : ""
    INFRADISPATCH_CLIENT_ID = var.token == null ? null : ""
    GITHUB_APP_CLIENT_ID    = var.token == null ? null : ""
    GITHUB_APP_ID           = var.token == null ? null : ""
  }

  common = merge(local.foreign, var.environment, {
    INFRADISPATCH_API_URL     = var.api_url
    INFRADISPATCH_DISPATCH_ID = local.dispatch_id
  })

  dispatch_id = replace(terraform_data.event.id, "-", "")
}

# The event. Its id is new for each new request, and stays the same for as long as the request does.
resource "terraform_data" "event" {
  triggers_replace = sha256(local.request)
}

# Its delivery. One that fails is tainted: the next apply sends the same event, under the same id.
resource "terraform_data" "dispatch" {
  triggers_replace = terraform_data.event.id

  provisioner "local-exec" {
    # No shell: nothing has to be quoted, on Unix and on Windows. The request and the token are in the environment only.
    interpreter = local.helper
    command     = "send"
    quiet       = true

    environment = merge(local.common, local.credentials, {
      DISPATCH_REQUEST                = local.request
      INFRADISPATCH_SOURCE            = "terraform"
      INFRADISPATCH_SOURCE_NAME       = var.source_details.name
      INFRADISPATCH_SOURCE_REPOSITORY = var.source_details.repository
      INFRADISPATCH_SOURCE_REF        = var.source_details.ref
      INFRADISPATCH_SOURCE_SHA        = var.source_details.sha
      INFRADISPATCH_SOURCE_URL        = var.source_details.url
      INFRADISPATCH_WAIT              = "false"
      INFRADISPATCH_DEADLINE          = var.deadline
      INFRADISPATCH_FIND_TIMEOUT      = var.find_timeout
      INFRADISPATCH_VERIFY_RECEIVER   = var.verify_receiver
      INFRADISPATCH_ON_UNKNOWN        = var.on_unknown
    })
  }
}

# Its verdict, apart from the delivery: a validation that failed must not send a second event. The next apply looks at
# the same runs again, which somebody may have started anew in between.
resource "terraform_data" "verdict" {
  count            = var.wait ? 1 : 0
  triggers_replace = terraform_data.dispatch.id

  provisioner "local-exec" {
    interpreter = local.helper
    command     = "wait"
    quiet       = true

    environment = merge(local.common, local.credentials, {
      INFRADISPATCH_REPOSITORY             = var.repository
      INFRADISPATCH_WAIT                   = "true"
      INFRADISPATCH_WAIT_TIMEOUT           = var.wait_timeout
      INFRADISPATCH_FIND_TIMEOUT           = var.find_timeout
      INFRADISPATCH_ACCEPTABLE_CONCLUSIONS = var.acceptable_conclusions == null ? null : join(",", var.acceptable_conclusions)
    })
  }
}
