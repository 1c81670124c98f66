# A schedule that starts a function, and the role that may do only that.

data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.me.account_id]
    }
  }
}

data "aws_iam_policy_document" "invoke" {
  statement {
    actions   = ["lambda:InvokeFunction"]
    resources = [var.function_arn]
  }
  statement {
    actions   = ["kms:Decrypt"] # the schedule itself is encrypted
    resources = [var.kms_key_arn]
  }
}

resource "aws_iam_role" "this" {
  name                 = "${var.name}-schedule"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.boundary
}

resource "aws_iam_role_policy" "this" {
  name   = "start-it"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.invoke.json
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

resource "aws_scheduler_schedule" "this" {
  name                = var.name
  group_name          = aws_scheduler_schedule_group.this.name
  schedule_expression = var.expression
  kms_key_arn         = var.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.function_arn
    role_arn = aws_iam_role.this.arn

    # A run that is late is worth nothing: the next one is a minute away.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }
}

# The same for Lambda's own retries of an asynchronous invocation.
resource "aws_lambda_function_event_invoke_config" "once" {
  function_name                = var.function_name
  qualifier                    = var.alias
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}
