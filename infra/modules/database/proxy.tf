# RDS Proxy: for more than some hundred environments of the functions, or for failover without a reconnect storm.
# It takes IAM from the functions and gives passwords to the database, one secret a database user.
# `infra/migrate.py` makes the passwords and puts them into these secrets, so they are in no state.

locals {
  proxied = var.proxy ? toset(["proxy"]) : toset([])
  secrets = var.proxy ? var.users : toset([])
}

resource "aws_secretsmanager_secret" "proxy" {
  #checkov:skip=CKV2_AWS_57:Both sides must change together, which infra/migrate.py --new-passwords does
  for_each                = local.secrets
  name                    = "${var.name}/database/${each.key}"
  description             = "By which RDS Proxy signs in to the database as ${each.key}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.protect ? 30 : 0
}

data "aws_iam_policy_document" "proxy_assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["rds.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "proxy" {
  for_each = local.proxied
  statement {
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = [for secret in aws_secretsmanager_secret.proxy : secret.arn]
  }
  statement {
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.here.id}.amazonaws.com"]
    }
  }
}

data "aws_region" "here" {}

resource "aws_iam_role" "proxy" {
  for_each             = local.proxied
  name                 = "${var.name}-proxy"
  assume_role_policy   = data.aws_iam_policy_document.proxy_assume.json
  permissions_boundary = var.boundary
}

resource "aws_iam_role_policy" "proxy" {
  for_each = local.proxied
  name     = "read-the-database-secret"
  role     = aws_iam_role.proxy[each.key].id
  policy   = data.aws_iam_policy_document.proxy[each.key].json
}

resource "aws_db_proxy" "this" {
  for_each               = local.proxied
  name                   = var.name
  engine_family          = "POSTGRESQL"
  require_tls            = true
  idle_client_timeout    = 1800
  role_arn               = aws_iam_role.proxy[each.key].arn
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = [var.security_group_id]

  dynamic "auth" {
    for_each = aws_secretsmanager_secret.proxy
    content {
      auth_scheme = "SECRETS"
      iam_auth    = "REQUIRED"
      secret_arn  = auth.value.arn
    }
  }
}

resource "aws_db_proxy_default_target_group" "this" {
  for_each      = local.proxied
  db_proxy_name = aws_db_proxy.this[each.key].name

  connection_pool_config {
    max_connections_percent      = 80
    max_idle_connections_percent = 40
    connection_borrow_timeout    = 2 # seconds: below the functions' own deadlines
  }
}

resource "aws_db_proxy_target" "this" {
  for_each              = local.proxied
  db_proxy_name         = aws_db_proxy.this[each.key].name
  target_group_name     = aws_db_proxy_default_target_group.this[each.key].name
  db_cluster_identifier = aws_rds_cluster.this.id
  depends_on            = [aws_rds_cluster_instance.this]
}

# Reads of the API go to the replicas also through the proxy.
resource "aws_db_proxy_endpoint" "reader" {
  for_each               = var.replicas > 0 ? local.proxied : toset([])
  db_proxy_name          = aws_db_proxy.this[each.key].name
  db_proxy_endpoint_name = "${var.name}-reader"
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = [var.security_group_id]
  target_role            = "READ_ONLY"
}
