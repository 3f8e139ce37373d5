# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# `terraform test` in the module's folder. Nothing is sent: the helper shows what it would send, and asks nobody.
variables {
  repository     = "acme/site"
  event_type     = "infra-changed"
  client_payload = { service = "web", replicas = 3, tags = ["a", 1, true], empty = null }
  environment    = { INFRADISPATCH_DRY_RUN = "true" }
  token          = "none" # `terraform test` mistakes an ephemeral variable that is left out for one that is given late
}

run "plan" {
  command = plan

  assert {
    condition     = output.request_hash == sha256(jsonencode({ repository = "acme/site", event_type = "infra-changed", client_payload = var.client_payload }))
    error_message = "The hash is not that of the request."
  }
  assert {
    condition     = output.client_payload == { service = "web", replicas = 3, tags = ["a", 1, true], empty = null }
    error_message = "The payload has changed its types."
  }
  assert {
    condition     = length(terraform_data.verdict) == 0
    error_message = "Nobody asked to wait."
  }
}

run "apply" {
  assert {
    condition     = can(regex("^[0-9a-f]{32}$", output.dispatch_id))
    error_message = "The id does not have 32 hexadecimal digits."
  }
  assert {
    condition     = terraform_data.dispatch.triggers_replace == terraform_data.event.id
    error_message = "The delivery is not that of the event."
  }
}

run "apply_again" {
  assert {
    condition     = output.dispatch_id == run.apply.dispatch_id
    error_message = "The same request is the same event."
  }
}

run "deliver_otherwise" {
  variables {
    deadline       = 60
    on_unknown     = "resend"
    source_details = { name = "staging" }
  }
  assert {
    condition     = output.dispatch_id == run.apply.dispatch_id
    error_message = "How an event is delivered does not make another one of it."
  }
}

run "another_request" {
  variables {
    client_payload = { service = "web", replicas = 4 }
  }
  assert {
    condition     = output.dispatch_id != run.apply.dispatch_id && output.request_hash != run.apply.request_hash
    error_message = "Another request is another event."
  }
}

run "wait_is_a_step_of_its_own" {
  command = plan
  variables {
    wait = true
  }
  assert {
    condition     = length(terraform_data.verdict) == 1
    error_message = "Nothing waits."
  }
}

run "a_map_is_an_object_too" {
  command = plan
  variables {
    client_payload = tomap({ a = "1" })
  }
}

run "no_payload" {
  command = plan
  variables {
    client_payload = {}
  }
}

run "nine_keys" {
  command = plan
  variables {
    client_payload = { for number in range(9) : "k${number}" => number }
  }
}

run "ten_keys" {
  command = plan
  variables {
    client_payload = { for number in range(10) : "k${number}" => number }
  }
  expect_failures = [var.client_payload]
}

run "a_list" {
  command = plan
  variables {
    client_payload = ["web"]
  }
  expect_failures = [var.client_payload]
}

run "a_text" {
  command = plan
  variables {
    client_payload = "{}"
  }
  expect_failures = [var.client_payload]
}

run "our_own_key" {
  command = plan
  variables {
    client_payload = { dispatch = {} }
  }
  expect_failures = [var.client_payload]
}

run "no_owner" {
  command = plan
  variables {
    repository = "site"
  }
  expect_failures = [var.repository]
}

run "no_event_type" {
  command = plan
  variables {
    event_type = " "
  }
  expect_failures = [var.event_type]
}

run "unknown_words" {
  command = plan
  variables {
    on_unknown      = "maybe"
    on_failure      = "ignore"
    verify_receiver = "yes"
  }
  expect_failures = [var.on_unknown, var.on_failure, var.verify_receiver]
}

run "no_command" {
  command = plan
  variables {
    command = []
  }
  expect_failures = [var.command]
}

run "a_command_of_ones_own_decides_itself" {
  command = plan
  variables {
    command    = ["infradispatch"]
    on_failure = "continue"
  }
  expect_failures = [var.on_failure]
}
