variable "environment" {
  description = "Part of every name: sereno-ENVIRONMENT-..."
  type        = string
  default     = "prod"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "The environment is 2 to 12 small letters and digits, beginning with a letter: prod, staging2."
  }
  validation {
    condition     = var.environment != "local"
    error_message = "`local` is the stack on one machine: start it with `sereno up`."
  }
}

variable "region" {
  description = "AWS region"
  type        = string
  default     = "us-east-1"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$", var.region))
    error_message = "A region looks like eu-central-1."
  }
}

variable "tags" {
  description = "Tags for everything, beside project, environment and managed-by"
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^[\\w .:/=+@-]{1,128}$", key)) && !startswith(lower(key), "aws:") && length(value) <= 256])
    error_message = "A tag's name has 1 to 128 letters, digits, spaces and .:/=+@-, and does not begin with aws:; its value has at most 256."
  }
}

variable "protect" {
  description = "Deletion protection, a last snapshot, long recovery of keys and secrets; false only for what may vanish"
  type        = bool
  default     = true
  nullable    = false
}

variable "boundary" {
  description = "Name of the policy that bounds every role made here, as infra/bootstrap makes it; null: none, for an account without"
  type        = string
  default     = "sereno-boundary"

  validation {
    condition     = var.boundary == null ? true : can(regex("^[\\w+=,.@-]{1,128}$", var.boundary))
    error_message = "The boundary is the name of a policy of this account, without a path; null for none."
  }
}

# Code

variable "package" {
  description = "How the functions arrive: `image` (ECR, by digest) or `zip` (`make package`)"
  type        = string
  default     = "image"
  nullable    = false

  validation {
    condition     = contains(["image", "zip"], var.package)
    error_message = "The package is \"image\" or \"zip\"."
  }
}

variable "images" {
  description = "Function -> its image as REPOSITORY@sha256:DIGEST; for package = \"image\""
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = var.package != "image" || alltrue([for f in ["api", "subscriber", "canary"] : contains(keys(var.images), f)])
    error_message = "With package = \"image\", give images for api, subscriber and canary."
  }
  validation {
    condition     = alltrue([for image in values(var.images) : can(regex("^[^:@]+(:[0-9]+)?(/[^:@]+)*@sha256:[0-9a-f]{64}$", image))])
    error_message = "Give an image as REPOSITORY@sha256:DIGEST: what a tag names can be moved."
  }
}

variable "zips" {
  description = "The folder with api.zip, subscriber.zip and canary.zip; for package = \"zip\""
  type        = string
  default     = "../build/package"
  nullable    = false

  validation {
    condition     = var.package != "zip" || alltrue([for f in ["api", "subscriber", "canary"] : fileexists("${var.zips}/${f}.zip")])
    error_message = "There are no api.zip, subscriber.zip and canary.zip in that folder: `make package` makes them."
  }
}

variable "snap_start" {
  description = "Whether zips start from snapshots: faster than an import, not for images. Costs for what is cached and restored"
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.snap_start || var.package == "zip"
    error_message = "SnapStart takes zips only: set package = \"zip\"."
  }
}

variable "reserve_concurrency" {
  description = "Whether functions get what pipeline.yaml reserves; false in an account whose limit is the initial 10"
  type        = bool
  default     = true
  nullable    = false
}

# Traces

variable "otlp_endpoint" {
  description = "Where functions send spans by OTLP/HTTP: http://localhost:4318 with a collector layer; null: nowhere"
  type        = string
  default     = null

  validation {
    condition     = var.otlp_endpoint == null ? true : can(regex("^https?://[^\\s/@?#]+(/[^\\s@?#]*)?$", var.otlp_endpoint))
    error_message = "The endpoint is a URL without user, query or fragment. Keys do not belong here: let a collector add them."
  }
}

variable "layers" {
  description = "ARNs of Lambda layers for zips, such as a collector's (at most 5); an image brings its own"
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.layers : can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[\\w-]+:[0-9]+$", arn))])
    error_message = "A layer is named with its version: arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION."
  }
  validation {
    condition     = length(var.layers) == 0 || (var.package == "zip" && length(var.layers) <= 5)
    error_message = "Layers are for package = \"zip\", at most 5."
  }
}

# Network

variable "vpc_cidr" {
  description = "The VPC's addresses"
  type        = string
  default     = "10.20.0.0/16"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9.]+/(1[6-9]|20)$", var.vpc_cidr)) && try(cidrhost(var.vpc_cidr, 0) == split("/", var.vpc_cidr)[0], false)
    error_message = "The VPC needs an IPv4 block of /16 to /20 (each of its subnets is a sixteenth of it), named by its first address, such as 10.20.0.0/16."
  }
}

variable "nat" {
  description = "A NAT gateway, for functions that must reach something outside AWS (about 33 USD a month)"
  type        = bool
  default     = false
  nullable    = false
}

# Database

variable "replicas" {
  description = "Read replicas; the API then reads from them"
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.replicas >= 0 && var.replicas <= 14 && floor(var.replicas) == var.replicas
    error_message = "Aurora has 0 to 14 read replicas."
  }
}

variable "proxy" {
  description = "RDS Proxy between functions and database"
  type        = bool
  default     = false
  nullable    = false
}

variable "cache" {
  description = "A cache (ElastiCache Serverless for Valkey) that GETs read through, ended by writes; from about 6 USD a month"
  type        = bool
  default     = false
  nullable    = false
}

# Alerts

variable "receivers" {
  description = "Receivers of alerts, as alerts/routes.yaml names them, and their Slack channel if they have one (ids, not secrets)"
  type = map(object({
    slack = optional(object({ workspace = string, channel = string }))
  }))
  default  = { on-call = {}, team-tickets = {} }
  nullable = false

  validation {
    condition     = length(var.receivers) >= 2
    error_message = "At least two receivers: one is told when notifications to the other fail."
  }
  validation {
    condition     = alltrue([for name in keys(var.receivers) : can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", name)) && length(name) <= 40])
    error_message = "A receiver is named as in alerts/routes.yaml, by small letters, digits and hyphens: on-call."
  }
  validation {
    condition = alltrue([for receiver in values(var.receivers) : receiver.slack == null ? true : (
      can(regex("^T[0-9A-Z]+$", receiver.slack.workspace)) && can(regex("^[CG][0-9A-Z]+$", receiver.slack.channel))
    )])
    error_message = "Slack's workspace is an id that begins with T, its channel one that begins with C or G; names will not do."
  }
}

# Options

variable "datadog_site" {
  description = "Where a metric stream goes, e.g. datadoghq.eu; null: no stream"
  type        = string
  default     = null

  validation {
    condition = var.datadog_site == null ? true : contains(
      ["datadoghq.com", "us3.datadoghq.com", "us5.datadoghq.com", "datadoghq.eu", "ap1.datadoghq.com", "ap2.datadoghq.com"],
      var.datadog_site,
    )
    error_message = "Not a Datadog site that takes metric streams."
  }
}
