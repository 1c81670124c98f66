# One function: its role with no more than it is given, its log group, its versions, and the alias callers use.

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "What ${var.name} may do"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.boundary
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

data "aws_iam_policy_document" "base" {
  statement {
    sid       = "WriteItsOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  statement {
    sid       = "ReadItsEnvironment"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]
    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:lambda:FunctionArn"
      values   = [local.arn]
    }
  }

  statement {
    sid       = "SendTraces"
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"] # X-Ray has no resources to name
  }

  # The network interfaces of a function in a VPC: AWS takes these on no resource but all.
  # The deny below keeps the function's own code from using them.
  dynamic "statement" {
    for_each = local.in_vpc
    content {
      sid = "LambdaAttachesTheVpc"
      actions = [
        "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
      ]
      resources = ["*"]
    }
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-best-practice
  dynamic "statement" {
    for_each = local.in_vpc
    content {
      sid    = "ButNotItsCode"
      effect = "Deny"
      actions = [
        "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
        "ec2:DetachNetworkInterface",
      ]
      resources = ["*"]
      condition {
        test     = "ArnEquals"
        variable = "lambda:SourceFunctionArn"
        values   = [local.arn]
      }
    }
  }
}

data "aws_region" "here" {}

data "aws_caller_identity" "me" {}

data "aws_partition" "here" {}

locals {
  # Written, not read from the function: the role must exist before it.
  arn = join(":", [
    "arn", data.aws_partition.here.partition, "lambda", data.aws_region.here.id,
    data.aws_caller_identity.me.account_id, "function", var.name,
  ])
  in_vpc = var.vpc == null ? [] : [var.vpc]
  image  = var.package.kind == "image"
}

resource "aws_iam_role_policy" "base" {
  name   = "run"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.base.json
}

resource "aws_iam_role_policy" "work" {
  name   = "work"
  role   = aws_iam_role.this.id
  policy = var.policy
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_116:The queue behind the subscriber has a dead-letter queue, the API answers its caller, a lost canary run is counted as bad
  #checkov:skip=CKV_AWS_272:An image is named by its digest and a zip by its hash; signing would add a key to look after, not a check
  function_name                  = var.name
  description                    = var.description
  role                           = aws_iam_role.this.arn
  package_type                   = local.image ? "Image" : "Zip"
  image_uri                      = local.image ? var.package.image : null
  filename                       = local.image ? null : var.package.zip
  source_code_hash               = local.image ? null : filebase64sha256(var.package.zip)
  runtime                        = local.image ? null : var.runtime
  handler                        = local.image ? null : var.handler
  layers                         = local.image ? null : var.layers
  architectures                  = [var.architecture]
  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn
  publish                        = true

  environment {
    variables = var.environment
  }

  dynamic "image_config" {
    for_each = local.image ? [var.handler] : []
    content {
      command = [image_config.value]
    }
  }

  dynamic "vpc_config" {
    for_each = local.in_vpc
    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  # A snapshot of the started environment, restored in place of a cold start: zip only, Python 3.12 or newer.
  dynamic "snap_start" {
    for_each = local.image || !var.snap_start ? [] : [true]
    content {
      apply_on = "PublishedVersions"
    }
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format = "Text" # Powertools writes JSON lines and EMF itself; Lambda would wrap them once more
    log_group  = aws_cloudwatch_log_group.this.name
  }

  depends_on = [aws_iam_role_policy.base, aws_iam_role_policy.work]
}

# Callers use the alias. Terraform makes it once; `infra/release.py` moves it, forward after the migrations
# and back when the integration suite or the burn rate says so. Its description is that script's note of the release.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What callers get; moved by infra/release.py"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    ignore_changes = [function_version, description, routing_config]
  }
}
