# Applied once, by a person: where the state is kept, where images are pushed, and whom GitHub's workflows may be.
#   terraform -chdir=infra/bootstrap init && terraform -chdir=infra/bootstrap apply -var repository=OWNER/NAME

terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.90, < 7"
    }
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { project = "sereno", managed-by = "terraform" }
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

variable "repository" {
  description = "The GitHub repository whose workflows deploy: OWNER/NAME"
  type        = string

  validation {
    condition     = can(regex("^[\\w.-]+/[\\w.-]+$", var.repository))
    error_message = "The repository is OWNER/NAME."
  }
}

data "aws_caller_identity" "me" {}

data "aws_partition" "here" {}

locals {
  account = data.aws_caller_identity.me.account_id
  arn     = "arn:${data.aws_partition.here.partition}"
}

# Everything here is encrypted by one key, whose use IAM decides.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:A key's policy names itself as *, and the account must keep administering it
  #checkov:skip=CKV_AWS_111:The same
  #checkov:skip=CKV_AWS_356:The same
  statement {
    sid       = "TheAccountDecidesByIam"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["${local.arn}:iam::${local.account}:root"]
    }
  }
}

resource "aws_kms_key" "state" {
  description         = "sereno: Terraform state and images"
  policy              = data.aws_iam_policy_document.key.json
  enable_key_rotation = true
}

resource "aws_kms_alias" "state" {
  name          = "alias/sereno-state"
  target_key_id = aws_kms_key.state.key_id
}
