variable "api" {
  description = "The API, as pipeline.yaml has it"
  type = object({
    name                   = string
    stage                  = string
    authorization          = string
    integration_timeout_ms = number
    throttling             = object({ rate_per_second = number, burst = number })
    routes                 = list(object({ route = string, function = string }))
  })

  validation {
    condition     = var.api.authorization == "AWS_IAM"
    error_message = "Only AWS_IAM is built here: an API open to everybody is not offered."
  }
}

variable "function" {
  description = "The function behind every route, by its alias"
  type        = object({ name = string, alias = string, invoke_arn = string })
}

variable "kms_key_arn" {
  description = "The key that encrypts the access log"
  type        = string
}

variable "log_retention_days" {
  description = "How long the access log is kept"
  type        = number
}
