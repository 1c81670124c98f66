# A read cache: ElastiCache Serverless for Valkey. It scales by itself, is in two zones, always speaks TLS, and costs less than
# nodes that could do the same (docs/scaling.md). Nobody has a password: functions sign in by IAM, each as a user of its own,
# with its own commands and keys.

resource "aws_elasticache_user" "this" {
  for_each      = var.users
  user_id       = each.value.name
  user_name     = each.value.name # IAM wants both the same
  engine        = var.engine
  access_string = each.value.access

  authentication_mode {
    type = "iam"
  }
}

# Without the user `default`, which would need no password.
resource "aws_elasticache_user_group" "this" {
  user_group_id = var.name
  engine        = var.engine
  user_ids      = [for user in aws_elasticache_user.this : user.user_id]
}

resource "aws_elasticache_serverless_cache" "this" {
  name                     = var.name
  description              = "What GETs of users read again and again"
  engine                   = var.engine
  major_engine_version     = var.major_version
  kms_key_id               = var.kms_key_arn
  user_group_id            = aws_elasticache_user_group.this.user_group_id
  subnet_ids               = var.subnet_ids
  security_group_ids       = [var.security_group_id]
  snapshot_retention_limit = 0 # the database has it all

  # What a mistake may cost: beyond it, values go early and requests wait, and GETs read the database.
  cache_usage_limits {
    data_storage {
      maximum = var.most.gigabytes
      unit    = "GB"
    }
    ecpu_per_second {
      maximum = var.most.units_per_second
    }
  }
}
