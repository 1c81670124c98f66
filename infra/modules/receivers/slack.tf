# Amazon Q Developer in chat applications (AWS Chatbot as was): a receiver's topic in a Slack channel.
# The workspace is authorised once by hand in the console; AWS offers no API for that.

locals {
  in_slack = { for name, receiver in var.receivers : name => receiver.slack if receiver.slack != null }
  chatty   = length(local.in_slack) > 0 ? toset(["slack"]) : toset([])
}

data "aws_iam_policy_document" "slack_assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["chatbot.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "slack" {
  #checkov:skip=CKV_AWS_356:CloudWatch takes GetMetricData and GetMetricWidgetImage on no resource but all; they only read
  statement {
    sid       = "ShowTheAlarmAndItsGraph"
    actions   = ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricWidgetImage"]
    resources = ["*"] # CloudWatch takes GetMetricData and GetMetricWidgetImage on no resource but all
  }
}

resource "aws_iam_role" "slack" {
  for_each             = local.chatty
  name                 = "${var.name}-slack"
  assume_role_policy   = data.aws_iam_policy_document.slack_assume.json
  permissions_boundary = var.boundary
}

resource "aws_iam_policy" "slack" {
  for_each = local.chatty
  name     = "${var.name}-slack"
  policy   = data.aws_iam_policy_document.slack.json
}

resource "aws_iam_role_policy_attachment" "slack" {
  for_each   = local.chatty
  role       = aws_iam_role.slack[each.key].name
  policy_arn = aws_iam_policy.slack[each.key].arn
}

resource "aws_chatbot_slack_channel_configuration" "receiver" {
  for_each              = local.in_slack
  configuration_name    = "${var.name}-${each.key}"
  iam_role_arn          = aws_iam_role.slack["slack"].arn
  slack_team_id         = each.value.workspace
  slack_channel_id      = each.value.channel
  sns_topic_arns        = [aws_sns_topic.receiver[each.key].arn]
  guardrail_policy_arns = [aws_iam_policy.slack["slack"].arn]
  logging_level         = "ERROR"
}
