# Copyright: Contributors to the infradispatch.github project
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

variable "repository" {
  description = "Where the event goes: owner/name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^/\\s]+/[^/\\s]+$", var.repository))
    error_message = "The repository is not of the form owner/name."
  }
}

variable "event_type" {
  description = "Type of the event, to which workflows listen (on: repository_dispatch: types)."
  type        = string
  nullable    = false

  validation {
    condition     = trimspace(var.event_type) != "" && length(var.event_type) <= 100
    error_message = "The event type has 1 to 100 characters."
  }
}

variable "client_payload" {
  description = <<-EOT
    What the event says: any value that is a JSON object, with up to 9 keys. Its types stay as they are. Whoever may read
    the repository may read it, so it is no place for secrets.
  EOT
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can(keys(var.client_payload))
    error_message = "The client_payload is not an object (or a map)."
  }
  validation {
    condition     = try(length(keys(var.client_payload)), 0) <= 9
    error_message = "The client_payload has more than 9 keys. GitHub takes 10, and one is used for the event's id; put some of them into an object."
  }
  validation {
    condition     = try(!contains(keys(var.client_payload), "dispatch"), true)
    error_message = "The key dispatch of client_payload is used for the event's id; take another name."
  }
  validation {
    # Bytes by way of base64; what jsonencode() writes as \u003c goes out as one byte. What is near the limit is left to the helper.
    condition     = length(base64encode(replace(jsonencode(var.client_payload), "/\\\\u00(3c|3e|26)/", "x"))) * 3 / 4 - 2 <= 65535
    error_message = "The client_payload has more than 65535 bytes of JSON, which is what GitHub takes."
  }
}

variable "last_fingerprint" {
  description = "Fingerprint of the event that was sent last; with the same one, would_send is false."
  type        = string
  default     = null
}

variable "lookup" {
  description = <<-EOT
    Whether to look for the newest run of the event with dispatch_id. This asks GitHub at each plan, with the credentials
    of Terraform's environment, and the answer changes as the run goes on.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "dispatch_id" {
  description = "Id of the event whose run is looked for: dispatch_id of the module repository_dispatch."
  type        = string
  default     = null
}

variable "python" {
  description = <<-EOT
    Python 3.9 or newer (with the packages that the module repository_dispatch needs, for a lookup): a name on the PATH,
    or an absolute path such as that of a virtual environment.
  EOT
  type        = string
  default     = "python3"
  nullable    = false
}

variable "command" {
  description = <<-EOT
    The helper as a list of words, in place of python and the one beside this module: ["infradispatch"] for an installed
    one, or ["py", "-3", "C:/…/github_dispatch.py"].
  EOT
  type        = list(string)
  default     = null

  validation {
    condition     = var.command == null ? true : length(var.command) > 0
    error_message = "The command has no word."
  }
}
