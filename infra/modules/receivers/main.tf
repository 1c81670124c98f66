# One topic a receiver of alerts. Their key is a customer key on purpose: with the AWS-managed one
# CloudWatch may not publish, and the alarm is swallowed without a word.
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services

data "aws_caller_identity" "me" {}

data "aws_region" "here" {}

data "aws_partition" "here" {}

locals {
  account = data.aws_caller_identity.me.account_id
  alarms = join(":", [
    "arn", data.aws_partition.here.partition, "cloudwatch", data.aws_region.here.id, local.account, "alarm", "*",
  ])
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:A key's policy names itself as *, and the account must keep administering it
  #checkov:skip=CKV_AWS_111:The same
  #checkov:skip=CKV_AWS_356:The same
  statement {
    sid       = "TheAccountDecidesByIam"
    actions   = ["kms:*"]
    resources = ["*"] # in a key's own policy: this key
    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.here.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "AlarmsPublish"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"] # this key
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_kms_key" "alerts" {
  description             = "${var.name}: topics of alerts"
  policy                  = data.aws_iam_policy_document.key.json
  enable_key_rotation     = true
  deletion_window_in_days = var.protect ? 30 : 7
}

resource "aws_kms_alias" "alerts" {
  name          = "alias/${var.name}-alerts"
  target_key_id = aws_kms_key.alerts.key_id
}

resource "aws_sns_topic" "receiver" {
  for_each          = var.receivers
  name              = "${var.name}-${each.key}"
  display_name      = "${var.name} ${each.key}"
  kms_master_key_id = aws_kms_key.alerts.arn
}

data "aws_iam_policy_document" "topic" {
  for_each = aws_sns_topic.receiver

  statement {
    sid       = "AlarmsOfThisAccount"
    actions   = ["sns:Publish"]
    resources = [each.value.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.alarms]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [each.value.arn]
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

resource "aws_sns_topic_policy" "receiver" {
  for_each = aws_sns_topic.receiver
  arn      = each.value.arn
  policy   = data.aws_iam_policy_document.topic[each.key].json
}

# Whom a topic tells is data about people and keys of services, so it is in no state: this secret holds it as
# {"on-call": ["https://events.pagerduty.com/integration/KEY/enqueue", "mailto:..."]}, and `infra/subscribe.py` applies it.
resource "aws_secretsmanager_secret" "subscriptions" {
  #checkov:skip=CKV2_AWS_57:It holds addresses; what a rotation of them would be, nobody but their owner knows
  name                    = "${var.name}/alerts/subscriptions"
  description             = "Receiver -> whom its topic tells; applied by infra/subscribe.py"
  kms_key_id              = var.data_key_arn
  recovery_window_in_days = var.protect ? 30 : 0
}

# A notification that fails is itself an alert, sent to the other receivers.
resource "aws_cloudwatch_metric_alarm" "undelivered" {
  for_each            = aws_sns_topic.receiver
  alarm_name          = "${var.name}-undelivered-${each.key}"
  alarm_description   = "Alerts for ${each.key} do not arrive. Try `sereno page ${each.key}`, then look at the topic's subscriptions."
  namespace           = "AWS/SNS"
  metric_name         = "NumberOfNotificationsFailed"
  dimensions          = { TopicName = each.value.name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching" # SNS writes this metric only when something failed
  alarm_actions       = [for name, topic in aws_sns_topic.receiver : topic.arn if name != each.key]
}
