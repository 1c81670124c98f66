# CloudWatch metrics to Datadog within minutes: metric stream -> Firehose -> Datadog's intake.
# Firehose reads the API key from Secrets Manager itself, so it is in no state.

data "aws_caller_identity" "me" {}

data "aws_region" "here" {}

data "aws_partition" "here" {}

resource "aws_secretsmanager_secret" "key" {
  #checkov:skip=CKV2_AWS_57:Datadog makes this key; it is rotated there and put here
  name                    = "${var.name}/datadog/api-key"
  description             = "{\"api_key\": \"...\"}, put here by hand; Firehose reads it"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.protect ? 30 : 0
}

# What Datadog did not take, for a month: S3 lets a metric be sent again by hand.
resource "aws_s3_bucket" "failed" {
  #checkov:skip=CKV_AWS_18:It holds metrics that Datadog refused, for a month, and nobody reads it in normal times
  #checkov:skip=CKV_AWS_21:Nothing in it is ever overwritten
  #checkov:skip=CKV_AWS_144:Losing it loses nothing that CloudWatch does not have
  #checkov:skip=CKV2_AWS_62:Nothing acts on it; the delivery stream's own log tells
  bucket        = "${var.name}-datadog-failed-${data.aws_caller_identity.me.account_id}"
  force_destroy = !var.protect
}

resource "aws_s3_bucket_public_access_block" "failed" {
  bucket                  = aws_s3_bucket.failed.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "failed" {
  bucket = aws_s3_bucket.failed.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "failed" {
  bucket = aws_s3_bucket.failed.id
  rule {
    id     = "a-month"
    status = "Enabled"
    filter {}
    expiration {
      days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_cloudwatch_log_group" "firehose" {
  name              = "/sereno/${var.name}/datadog-stream"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_stream" "firehose" {
  name           = "delivery"
  log_group_name = aws_cloudwatch_log_group.firehose.name
}

resource "aws_kinesis_firehose_delivery_stream" "datadog" {
  name        = "${var.name}-datadog"
  destination = "http_endpoint"

  server_side_encryption {
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = var.kms_key_arn
  }

  http_endpoint_configuration {
    url                = "https://awsmetrics-intake.${var.site}/v1/input"
    name               = "Datadog"
    role_arn           = aws_iam_role.firehose.arn
    buffering_size     = 4  # MiB, what Datadog recommends
    buffering_interval = 60 # seconds
    retry_duration     = 60
    s3_backup_mode     = "FailedDataOnly"

    secrets_manager_configuration {
      enabled    = true
      secret_arn = aws_secretsmanager_secret.key.arn
      role_arn   = aws_iam_role.firehose.arn
    }

    request_configuration {
      content_encoding = "GZIP"
    }

    s3_configuration {
      role_arn           = aws_iam_role.firehose.arn
      bucket_arn         = aws_s3_bucket.failed.arn
      compression_format = "GZIP"
      kms_key_arn        = var.kms_key_arn
    }

    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.firehose.name
      log_stream_name = aws_cloudwatch_log_stream.firehose.name
    }
  }
}

resource "aws_cloudwatch_metric_stream" "datadog" {
  name          = "${var.name}-datadog"
  role_arn      = aws_iam_role.stream.arn
  firehose_arn  = aws_kinesis_firehose_delivery_stream.datadog.arn
  output_format = "opentelemetry1.0"

  dynamic "include_filter" {
    for_each = var.namespaces
    content {
      namespace = include_filter.value
    }
  }
}
