variable "name" {
  description = "The cache's name, and its user group's"
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 40
    error_message = "A cache's name is at most 40 small letters, digits and single hyphens, beginning with a letter."
  }
}

variable "engine" {
  description = "valkey"
  type        = string
}

variable "major_version" {
  description = "The engine's major version; AWS chooses the rest"
  type        = string
}

variable "users" {
  description = "Function -> the user it signs in as, and what that may do, as Valkey's ACL has it"
  type        = map(object({ name = string, access = string }))

  validation {
    condition     = alltrue([for user in values(var.users) : length(regexall("-@all", user.access)) == 1 && length(regexall("\\+@all|allcommands|~\\*|allkeys", user.access)) == 0])
    error_message = "Each user begins with no command (-@all) and has named commands on named keys only."
  }
}

variable "most" {
  description = "Gigabytes, and units (requests of up to 1 kB) a second, that it may grow to"
  type        = object({ gigabytes = number, units_per_second = number })

  validation {
    condition     = var.most.gigabytes >= 1 && var.most.gigabytes <= 5000 && var.most.units_per_second >= 1000
    error_message = "A serverless cache is limited to 1 to 5000 gigabytes, and to 1000 units a second or more."
  }
}

variable "subnet_ids" {
  description = "Private subnets in two zones"
  type        = list(string)
}

variable "security_group_id" {
  description = "The group that lets in functions only"
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts what it holds"
  type        = string
}
