# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# `terraform test` destroys what it has made, so the helper runs: it shows what it would send, and asks nobody.
variables {
  repository     = "acme/site"
  event_type     = "infra-destroyed"
  client_payload = { service = "web" }
  environment    = { INFRADISPATCH_DRY_RUN = "true" }
}

run "apply" {
  assert {
    condition     = jsondecode(terraform_data.event.input.request) == { repository = "acme/site", event_type = "infra-destroyed", client_payload = { service = "web" } }
    error_message = "The request is not kept."
  }
}

run "another_request_in_place" {
  variables {
    client_payload = { service = "db" }
  }
  assert {
    condition     = output.dispatch_id == run.apply.dispatch_id
    error_message = "Another request must replace nothing: that would destroy, and so send."
  }
}

run "a_list" {
  command = plan
  variables {
    client_payload = ["web"]
  }
  expect_failures = [var.client_payload]
}
