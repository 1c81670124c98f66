variable "name" {
  description = "Prefix of every name here"
  type        = string
}

variable "receivers" {
  description = "Receiver -> what is not secret about it"
  type = map(object({
    slack = optional(object({ workspace = string, channel = string }))
  }))
}

variable "data_key_arn" {
  description = "The key that encrypts the secret"
  type        = string
}

variable "protect" {
  description = "Whether deleted keys and secrets can be had back for long"
  type        = bool
}

variable "boundary" {
  description = "ARN of the policy that bounds the roles; null: none"
  type        = string
}
