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
    What the event says: any value that is a JSON object, with up to 9 keys. Its types stay as they are. It is kept in
    Terraform's state, and whoever may read the repository may read it, so it is no place for secrets.
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
  validation {
    condition     = length(base64encode(jsonencode(var.client_payload))) * 3 / 4 <= 130000
    error_message = "The client_payload has more than 130000 bytes as Terraform writes it (with six for each <, > and &). That is more than a variable of the environment holds; leave out what is not needed."
  }
}

variable "deadline" {
  description = "Limit for sending with all retries, in seconds (300 when left out)."
  type        = number
  default     = null
}

variable "verify_receiver" {
  description = "Whether to look, before sending, if any workflow listens: ignore (when left out), warn or require."
  type        = string
  default     = null

  validation {
    condition     = var.verify_receiver == null ? true : contains(["ignore", "warn", "require"], var.verify_receiver)
    error_message = "Possible for verify_receiver are ignore, warn and require."
  }
}

variable "on_unknown" {
  description = "What to do when nobody can tell whether GitHub has accepted the event: fail (when left out) or resend."
  type        = string
  default     = null

  validation {
    condition     = var.on_unknown == null ? true : contains(["fail", "resend"], var.on_unknown)
    error_message = "Possible for on_unknown are fail and resend."
  }
}

variable "on_failure" {
  description = <<-EOT
    What a failure does to the destroy. fail: it fails, too, and the next one tries again. continue: it is told, and
    nothing else; an event that could not be sent is lost then.
  EOT
  type        = string
  default     = "fail"
  nullable    = false

  validation {
    condition     = contains(["fail", "continue"], var.on_failure)
    error_message = "Possible for on_failure are fail and continue."
  }
  validation {
    condition     = var.on_failure == "fail" || var.command == null
    error_message = "With a command of your own, on_failure can only be fail: let the command decide."
  }
}

variable "source_details" {
  description = "Where the change comes from, as the receiver is told. It does not make another request of the same one."
  type = object({
    name       = optional(string)
    repository = optional(string)
    ref        = optional(string)
    sha        = optional(string)
    url        = optional(string)
  })
  default  = {}
  nullable = false
}

variable "api_url" {
  description = "Address of GitHub or its API, for GitHub Enterprise (the environment's, or github.com, when left out)."
  type        = string
  default     = null
}

variable "python" {
  description = <<-EOT
    Python 3.9 or newer with the package requests (for a GitHub App also PyJWT and cryptography): a name on the PATH, or
    an absolute path such as that of a virtual environment.
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

variable "environment" {
  description = <<-EOT
    Further variables for the helper, such as { INFRADISPATCH_CA_PATH = "/etc/ssl/corp.pem" }. Each of its options is one;
    `infradispatch send --help` tells them. Secrets do not belong here.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false
}
