variable "name" {
  description = "The cluster's identifier"
  type        = string
}

variable "engine_version" {
  description = "Aurora PostgreSQL, MAJOR: minor versions are AWS's to put in"
  type        = string

  validation {
    condition     = can(regex("^[0-9]+$", var.engine_version))
    error_message = "Give the major version of Aurora PostgreSQL only, such as \"16\": AWS puts in minor ones."
  }
}

variable "database" {
  description = "The database's name"
  type        = string
}

variable "port" {
  description = "TCP port"
  type        = number
}

variable "capacity" {
  description = "Least and most Aurora capacity units (ACU, about 2 GiB of memory each)"
  type        = object({ min = number, max = number })

  validation {
    condition     = var.capacity.min >= 0.5 && var.capacity.min <= var.capacity.max && var.capacity.max <= 256
    error_message = "Capacity is 0.5 to 256 ACU, the least not above the most; 0 would let the cluster sleep and calls wait 15 seconds."
  }
}

variable "max_connections" {
  description = "Connections the server takes"
  type        = number
}

variable "idle_session_timeout_seconds" {
  description = "After which the server ends a session nobody uses"
  type        = number
}

variable "backup_days" {
  description = "How far back a restore can go"
  type        = number
}

variable "replicas" {
  description = "Read replicas beside the writer"
  type        = number
}

variable "proxy" {
  description = "Whether RDS Proxy stands before the cluster"
  type        = bool
}

variable "users" {
  description = "Database users that reach it through the proxy"
  type        = set(string)
}

variable "protect" {
  description = "Deletion protection, and a snapshot before the end"
  type        = bool
}

variable "subnet_ids" {
  description = "Private subnets in two zones"
  type        = list(string)
}

variable "security_group_id" {
  description = "The group of database and proxy"
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts storage, insights, logs and secrets"
  type        = string
}

variable "log_retention_days" {
  description = "How long the server's log is kept"
  type        = number
}

variable "boundary" {
  description = "ARN of the policy that bounds the roles; null: none"
  type        = string
}
