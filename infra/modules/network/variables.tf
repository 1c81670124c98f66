variable "name" {
  description = "Prefix of every name here"
  type        = string
}

variable "cidr" {
  description = "The VPC's address block; a /16 leaves each subnet 4,091 addresses"
  type        = string
}

variable "nat" {
  description = "Whether the functions may reach the internet"
  type        = bool
}

variable "endpoints" {
  description = "AWS services the functions call: sns, sqs ..."
  type        = set(string)
}

variable "endpoint_policies" {
  description = "Service -> the policy of its endpoint, as JSON"
  type        = map(string)
}

variable "database_port" {
  description = "The database's TCP port"
  type        = number
}

variable "cache_port" {
  description = "The cache's TCP port; null where there is none"
  type        = number
  default     = null
}

variable "kms_key_arn" {
  description = "The key that encrypts the log group"
  type        = string
}

variable "log_retention_days" {
  description = "How long refused connections are kept"
  type        = number
}

variable "boundary" {
  description = "ARN of the policy that bounds the roles; null: none"
  type        = string
}
