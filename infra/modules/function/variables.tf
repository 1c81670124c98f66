variable "name" {
  description = "The function's name"
  type        = string
}

variable "description" {
  description = "What it does, in a sentence"
  type        = string
}

variable "handler" {
  description = "module.function, as Lambda wants it"
  type        = string
}

variable "package" {
  description = "Its code: an image by digest, or a zip file"
  type = object({
    kind  = string
    image = optional(string)
    zip   = optional(string)
  })

  validation {
    condition = (
      var.package.kind == "image" ? can(regex("@sha256:[0-9a-f]{64}$", var.package.image)) :
      var.package.kind == "zip" && var.package.zip != null
    )
    error_message = "Give an image as REPOSITORY@sha256:DIGEST (a tag can be moved), or the path of a zip."
  }
}

variable "runtime" {
  description = "Lambda's Python, for a zip"
  type        = string
}

variable "architecture" {
  description = "arm64 or x86_64"
  type        = string

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture in pipeline.yaml is \"arm64\" or \"x86_64\"."
  }
}

variable "memory_mb" {
  description = "Memory; CPU comes with it"
  type        = number

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "Lambda gives 128 to 10240 MB."
  }
}

variable "timeout_seconds" {
  description = "After which Lambda ends an invocation"
  type        = number

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "Lambda ends an invocation after 1 to 900 seconds."
  }
}

variable "reserved_concurrency" {
  description = "The most environments at once; -1 for no limit of its own"
  type        = number
}

variable "environment" {
  description = "Environment variables; nothing secret"
  type        = map(string)
}

variable "policy" {
  description = "What its work needs beyond running at all, as a policy document"
  type        = string
}

variable "vpc" {
  description = "Where it runs; null: outside any VPC"
  type        = object({ subnet_ids = list(string), security_group_ids = list(string) })
  default     = null
}

variable "snap_start" {
  description = "Whether a zip starts from a snapshot"
  type        = bool
  default     = false
}

variable "layers" {
  description = "Layers of a zip"
  type        = list(string)
  default     = []
}

variable "kms_key_arn" {
  description = "The key that encrypts its environment and its log"
  type        = string
}

variable "log_retention_days" {
  description = "How long its log is kept"
  type        = number
}

variable "boundary" {
  description = "ARN of the policy that bounds the roles; null: none"
  type        = string
}
