# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

terraform {
  required_version = ">= 1.10"
}

# Sends one event when it is destroyed. Then only `self` can be referred to, so the request is kept in the state, and
# credentials come from Terraform's environment. `input` changes in place: another request replaces nothing, and so
# sends nothing.
resource "terraform_data" "event" {
  input = {
    helper     = var.command != null ? var.command : [var.python, ""]
    on_failure = var.on_failure
    request = jsonencode({
      repository     = var.repository
      event_type     = var.event_type
      client_payload = var.client_payload
    })
    environment = merge(var.environment, {
      INFRADISPATCH_API_URL           = var.api_url
      INFRADISPATCH_DEADLINE          = var.deadline == null ? null : tostring(var.deadline)
      INFRADISPATCH_VERIFY_RECEIVER   = var.verify_receiver
      INFRADISPATCH_ON_UNKNOWN        = var.on_unknown
      INFRADISPATCH_SOURCE_NAME       = var.source_details.name
      INFRADISPATCH_SOURCE_REPOSITORY = var.source_details.repository
      INFRADISPATCH_SOURCE_REF        = var.source_details.ref
      INFRADISPATCH_SOURCE_SHA        = var.source_details.sha
      INFRADISPATCH_SOURCE_URL        = var.source_details.url
    })
  }

  provisioner "local-exec" {
    when = destroy
    # The path of the helper is that of the machine that destroys, so it is not kept: an empty word stands for it.
    interpreter = [
      for word in self.input.helper : word != "" ? word :
      "${path.module}/${self.input.on_failure == "continue" ? "../keep_going.py" : "../../github_dispatch.py"}"
    ]
    command = "send"
    quiet   = true

    environment = merge(
      { for name in ["REPOSITORIES", "CLIENT_PAYLOAD", "CLIENT_PAYLOAD_FILE", "REQUEST_FILE", "DRY_RUN", "OUTPUT"] : "INFRADISPATCH_${name}" => "" },
      self.input.environment,
      {
        DISPATCH_REQUEST          = self.input.request
        INFRADISPATCH_SOURCE      = "terraform"
        INFRADISPATCH_WAIT        = "false"
        INFRADISPATCH_DISPATCH_ID = replace(self.id, "-", "") # a destroy that failed sends the same id again
      },
    )
  }
}
