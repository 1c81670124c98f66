# A topic, the queue behind it, and the queue for what cannot be stored. All encrypted. The policies allow each other and no
# service or account else; whom this account allows by IAM (a person who moves messages back) may too.

resource "aws_sns_topic" "users" {
  name              = var.topic
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sqs_queue" "dead" {
  name                      = var.queue.dead_letter.name
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = var.queue.dead_letter.message_retention_seconds
}

resource "aws_sqs_queue" "users" {
  name                       = var.queue.name
  kms_master_key_id          = var.kms_key_arn
  visibility_timeout_seconds = var.queue.visibility_timeout_seconds
  message_retention_seconds  = var.queue.message_retention_seconds
  receive_wait_time_seconds  = var.queue.receive_wait_seconds

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.queue.dead_letter.max_receive_count
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.users.arn]
  })
}

# Raw delivery keeps the body as published and the trace context as message attributes.
resource "aws_sns_topic_subscription" "queue" {
  topic_arn            = aws_sns_topic.users.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.users.arn
  raw_message_delivery = var.queue.raw_message_delivery
}

data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "TheTopicSends"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.users.arn]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sns_topic.users.arn]
    }
  }
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.users.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "users" {
  queue_url = aws_sqs_queue.users.id
  policy    = data.aws_iam_policy_document.queue.json
}

data "aws_iam_policy_document" "dead" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.dead.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  policy    = data.aws_iam_policy_document.dead.json
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "TheApiPublishes"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.users.arn]
    principals {
      type        = "AWS"
      identifiers = [var.publisher_role_arn]
    }
  }
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.users.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic_policy" "users" {
  arn    = aws_sns_topic.users.arn
  policy = data.aws_iam_policy_document.topic.json
}
