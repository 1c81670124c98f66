# The most that any role of infra/ can be. It gives nothing; it keeps whoever deploys from making a role that may more than
# the pipeline's own, and being it. What a role really may stands beside it, by the names of things.

data "aws_iam_policy_document" "boundary" {
  #checkov:skip=CKV_AWS_107:A boundary gives nothing
  #checkov:skip=CKV_AWS_108:The same
  #checkov:skip=CKV_AWS_109:The same
  #checkov:skip=CKV_AWS_111:The same
  #checkov:skip=CKV_AWS_356:The same

  statement {
    sid = "OnWhatIsNamedSereno"
    actions = [
      "elasticache:Connect", "firehose:PutRecord", "firehose:PutRecordBatch", "lambda:InvokeFunction",
      "s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads", "s3:PutObject",
      "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "sns:Publish",
      "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
    ]
    resources = [
      "${local.arn}:elasticache:*:${local.account}:*:sereno-*",
      "${local.arn}:firehose:*:${local.account}:deliverystream/sereno-*",
      "${local.arn}:lambda:*:${local.account}:function:sereno-*",
      "${local.arn}:s3:::sereno-*",
      "${local.arn}:secretsmanager:*:${local.account}:secret:sereno-*",
      "${local.arn}:sns:*:${local.account}:sereno-*",
      "${local.arn}:sqs:*:${local.account}:sereno-*",
    ]
  }

  statement {
    sid = "OnWhatHasNoNameOfOurs"
    actions = [
      "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricWidgetImage",
      "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
      "execute-api:Invoke", "kms:Decrypt", "kms:GenerateDataKey", "logs:CreateLogStream", "logs:DescribeLogStreams",
      "logs:PutLogEvents", "rds-db:connect", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    ]
    resources = ["*"] # in a boundary: at most these, wherever a role's own policy allows them
  }
}

resource "aws_iam_policy" "boundary" {
  name        = "sereno-boundary"
  description = "The most that a role of sereno can be; it gives nothing"
  policy      = data.aws_iam_policy_document.boundary.json
}
