data "aws_iam_policy_document" "assume" {
  for_each = toset(["firehose.amazonaws.com", "streams.metrics.cloudwatch.amazonaws.com"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = [each.key]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.me.account_id]
    }
  }
}

data "aws_iam_policy_document" "firehose" {
  statement {
    sid       = "KeepWhatFailed"
    actions   = ["s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads", "s3:PutObject"]
    resources = [aws_s3_bucket.failed.arn, "${aws_s3_bucket.failed.arn}/*"]
  }
  statement {
    sid       = "ReadTheApiKey"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.key.arn]
  }
  statement {
    sid       = "EncryptAndDecrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [for service in ["s3", "secretsmanager"] : "${service}.${data.aws_region.here.id}.amazonaws.com"]
    }
  }
  statement {
    sid       = "WriteItsOwnLog"
    actions   = ["logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.firehose.arn}:log-stream:*"]
  }
}

data "aws_iam_policy_document" "stream" {
  statement {
    actions   = ["firehose:PutRecord", "firehose:PutRecordBatch"]
    resources = [aws_kinesis_firehose_delivery_stream.datadog.arn]
  }
}

resource "aws_iam_role" "firehose" {
  name                 = "${var.name}-datadog-firehose"
  assume_role_policy   = data.aws_iam_policy_document.assume["firehose.amazonaws.com"].json
  permissions_boundary = var.boundary
}

resource "aws_iam_role_policy" "firehose" {
  name   = "deliver"
  role   = aws_iam_role.firehose.id
  policy = data.aws_iam_policy_document.firehose.json
}

resource "aws_iam_role" "stream" {
  name                 = "${var.name}-datadog-stream"
  assume_role_policy   = data.aws_iam_policy_document.assume["streams.metrics.cloudwatch.amazonaws.com"].json
  permissions_boundary = var.boundary
}

resource "aws_iam_role_policy" "stream" {
  name   = "hand-on"
  role   = aws_iam_role.stream.id
  policy = data.aws_iam_policy_document.stream.json
}
