variable "name" {
  description = "Prefix of every name here"
  type        = string
}

variable "site" {
  description = "Datadog's site: datadoghq.com, datadoghq.eu ..."
  type        = string
}

variable "namespaces" {
  description = "CloudWatch namespaces to send"
  type        = set(string)
}

variable "kms_key_arn" {
  description = "The key that encrypts secret, stream, bucket and log"
  type        = string
}

variable "log_retention_days" {
  description = "How long delivery errors are kept"
  type        = number
}

variable "protect" {
  description = "Whether a bucket with objects in it is kept on destroy"
  type        = bool
}

variable "boundary" {
  description = "ARN of the policy that bounds the roles; null: none"
  type        = string
}
