# Aurora PostgreSQL Serverless v2: IAM authentication, TLS forced, encrypted, kept from deletion, backed up.

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Private subnets in two zones"
  subnet_ids  = var.subnet_ids
}

resource "aws_rds_cluster_parameter_group" "this" {
  name        = "${var.name}-${local.family}"
  family      = local.family
  description = "TLS forced; slow statements and lock waits logged"

  dynamic "parameter" {
    for_each = local.parameters
    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = parameter.key == "max_connections" ? "pending-reboot" : "immediate"
    }
  }
}

locals {
  family = "aurora-postgresql${var.engine_version}"
  parameters = {
    "rds.force_ssl"                     = "1"
    "max_connections"                   = tostring(var.max_connections)
    "idle_session_timeout"              = tostring(1000 * var.idle_session_timeout_seconds) # milliseconds
    "log_min_duration_statement"        = "1000"                                            # milliseconds
    "log_lock_waits"                    = "1"
    "log_statement"                     = "ddl" # never `mod`: a row's values are personal data
    "log_parameter_max_length"          = "0"   # and neither a slow statement's parameters
    "log_parameter_max_length_on_error" = "0"
    "log_error_verbosity"               = "terse" # without the DETAIL of a failing row, which holds all of it
  }
}

# The log group is made here, so that it has a retention and a key before Aurora writes to it.
resource "aws_cloudwatch_log_group" "postgresql" {
  name              = "/aws/rds/cluster/${var.name}/postgresql"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# When this cluster was made, kept: the last snapshot of each has a name of its own, and no destroy finds it taken.
resource "terraform_data" "made" {
  input = formatdate("YYYYMMDD-hhmmss", plantimestamp())

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_rds_cluster" "this" {
  #checkov:skip=CKV2_AWS_8:Aurora's own continuous backups restore to any second of the last week
  #checkov:skip=CKV2_AWS_27:The parameter group sets log_statement and log_min_duration_statement, by a loop that checkov does not unroll
  cluster_identifier = var.name
  engine             = "aurora-postgresql"
  engine_mode        = "provisioned" # what Serverless v2 is
  engine_version     = var.engine_version
  database_name      = var.database
  port               = var.port

  # RDS makes the master's password, keeps it in Secrets Manager and rotates it: it is in no state and no variable.
  master_username                     = "postgres"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.kms_key_arn
  iam_database_authentication_enabled = true
  enable_http_endpoint                = true # the Data API: migrations need no way into the VPC

  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [var.security_group_id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name

  storage_encrypted               = true
  kms_key_id                      = var.kms_key_arn
  enabled_cloudwatch_logs_exports = ["postgresql"]
  backup_retention_period         = var.backup_days
  preferred_backup_window         = "03:00-04:00"
  preferred_maintenance_window    = "sun:04:30-sun:05:30"
  copy_tags_to_snapshot           = true
  deletion_protection             = var.protect
  skip_final_snapshot             = !var.protect
  final_snapshot_identifier       = var.protect ? "${var.name}-final-${terraform_data.made.output}" : null
  apply_immediately               = false
  allow_major_version_upgrade     = false

  serverlessv2_scaling_configuration {
    min_capacity = var.capacity.min
    max_capacity = var.capacity.max
  }

  depends_on = [aws_cloudwatch_log_group.postgresql]
}

# The first instance writes; the others are read replicas and stand ready to take over.
resource "aws_rds_cluster_instance" "this" {
  #checkov:skip=CKV_AWS_118:Performance Insights and the AWS/RDS metrics answer what is asked of a serverless instance; its host is AWS's
  count                           = 1 + var.replicas
  identifier                      = "${var.name}-${count.index}"
  cluster_identifier              = aws_rds_cluster.this.id
  engine                          = aws_rds_cluster.this.engine
  engine_version                  = aws_rds_cluster.this.engine_version
  instance_class                  = "db.serverless"
  db_subnet_group_name            = aws_db_subnet_group.this.name
  promotion_tier                  = count.index == 0 ? 0 : 1
  publicly_accessible             = false
  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  copy_tags_to_snapshot           = true
  ca_cert_identifier              = "rds-ca-rsa2048-g1"
}
