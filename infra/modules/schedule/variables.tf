variable "name" {
  description = "The schedule's name and its group's"
  type        = string
}

variable "expression" {
  description = "rate(...) or cron(...)"
  type        = string
}

variable "function_name" {
  description = "The function to start"
  type        = string
}

variable "alias" {
  description = "Its alias"
  type        = string
}

variable "function_arn" {
  description = "The alias's ARN"
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts the schedule"
  type        = string
}

variable "boundary" {
  description = "ARN of the policy that bounds the roles; null: none"
  type        = string
}
