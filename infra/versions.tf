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
    tags = merge({ project = "sereno", environment = var.environment, managed-by = "terraform" }, var.tags)
  }
}
