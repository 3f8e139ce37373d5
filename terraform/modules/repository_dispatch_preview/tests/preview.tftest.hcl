# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# With a provider that is mocked: how answers become outputs.
mock_provider "external" {
  mock_data "external" {
    defaults = {
      result = {
        outcome       = "planned"
        fingerprint   = "sha256:1234"
        would_send    = "false"
        payload_bytes = "321"
      }
    }
  }
}

variables {
  repository     = "acme/site"
  event_type     = "infra-changed"
  client_payload = { service = "web" }
}

run "query" {
  command = plan

  assert {
    condition     = data.external.preview.query == tomap({ request = jsonencode({ repository = "acme/site", event_type = "infra-changed", client_payload = { service = "web" } }), last_fingerprint = null, lookup = null, dispatch_id = null })
    error_message = "The query is not the request, and nothing else."
  }
  assert {
    condition     = slice(data.external.preview.program, 0, 1) == tolist(["python3"]) && endswith(data.external.preview.program[1], "github_dispatch.py") && data.external.preview.program[2] == "external"
    error_message = "The program is not the helper."
  }
}

run "outputs" {
  command = plan

  assert {
    condition     = output.fingerprint == "sha256:1234" && output.would_send == false && output.payload_bytes == 321
    error_message = "The outputs are not what the helper says, in their own types."
  }
}

run "lookup" {
  command = plan
  variables {
    lookup      = true
    dispatch_id = "0123456789abcdef0123456789abcdef"
    command     = ["infradispatch"]
  }
  assert {
    condition     = data.external.preview.query.lookup == "true" && data.external.preview.query.dispatch_id == var.dispatch_id
    error_message = "The lookup is not asked for."
  }
  assert {
    condition     = data.external.preview.program == tolist(["infradispatch", "external"])
    error_message = "The command is not taken."
  }
}
