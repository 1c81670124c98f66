# One customer key for data at rest: messages, rows, secrets, logs, environments.

data "aws_iam_policy_document" "data_key" {
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
    sid       = "TheTopicWritesToTheQueue"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"] # this key
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values = [join(":", [
        "arn", data.aws_partition.here.partition, "sns", var.region, local.account, local.pipeline.topic.name,
      ])]
    }
  }

  statement {
    sid       = "LogsOfThisEnvironment"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"] # this key
    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values = [for group in ["/aws/lambda/${local.prefix}-*", "/aws/rds/cluster/${local.prefix}/*", "/sereno/${local.prefix}*"] :
        join(":", ["arn", data.aws_partition.here.partition, "logs", var.region, local.account, "log-group", group])
      ]
    }
  }
}

resource "aws_kms_key" "data" {
  description             = "${local.prefix}: data at rest"
  policy                  = data.aws_iam_policy_document.data_key.json
  enable_key_rotation     = true
  deletion_window_in_days = var.protect ? 30 : 7
}

resource "aws_kms_alias" "data" {
  name          = "alias/${local.prefix}"
  target_key_id = aws_kms_key.data.key_id
}
