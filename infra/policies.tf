# What each function's work needs, by the names of things. No wildcard but where a comment says why.

data "aws_caller_identity" "me" {}

data "aws_partition" "here" {}

locals {
  account = data.aws_caller_identity.me.account_id

  # The most that any role here can be (infra/bootstrap/boundary.tf).
  boundary = var.boundary == null ? null : join(":", [
    "arn", data.aws_partition.here.partition, "iam", "", local.account, "policy/${var.boundary}",
  ])

  # A token is for one user of one cluster or proxy. With a proxy both are allowed: the newest version goes through it, those
  # before it do not, and the role is the same for all.
  sign_in = {
    for function, user in local.database_users : function => [
      for named in concat(["${module.database.resource_id}/${user}"], var.proxy ? ["${module.database.proxy_id}/${local.proxied_users[function]}"] : []) :
      join(":", ["arn", data.aws_partition.here.partition, "rds-db", var.region, local.account, "dbuser", named])
    ]
  }

  # Where there is a cache: the cache, and the function's own user of it.
  cache_sign_in = { for function in ["api", "subscriber"] : function => var.cache ? [module.cache[0].sign_in[function]] : [] }
}

data "aws_iam_policy_document" "api" {
  statement {
    sid       = "PublishUsers"
    actions   = ["sns:Publish"]
    resources = [module.messaging.topic_arn]
  }
  statement {
    sid       = "EncryptWhatItPublishes"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.data.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sns.${var.region}.amazonaws.com"]
    }
  }
  statement {
    sid       = "SignInToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = local.sign_in.api
  }
  dynamic "statement" {
    for_each = local.cache_sign_in.api
    content {
      sid       = "SignInToTheCache"
      actions   = ["elasticache:Connect"]
      resources = statement.value
    }
  }
}

data "aws_iam_policy_document" "subscriber" {
  statement {
    sid = "WorkTheQueue"
    actions = [
      "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes",
    ]
    resources = [module.messaging.queue_arn]
  }
  statement {
    sid       = "DecryptWhatItReceives"
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.data.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sqs.${var.region}.amazonaws.com"]
    }
  }
  statement {
    sid       = "SignInToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = local.sign_in.subscriber
  }
  dynamic "statement" {
    for_each = local.cache_sign_in.subscriber
    content {
      sid       = "SignInToTheCache"
      actions   = ["elasticache:Connect"]
      resources = statement.value
    }
  }
}

# The canary calls the API as anybody does, by IAM.
data "aws_iam_policy_document" "canary" {
  statement {
    sid     = "CallTheApi"
    actions = ["execute-api:Invoke"]
    resources = [
      "${module.gateway.execution_arn}/GET/users",
      "${module.gateway.execution_arn}/GET/users/*", # one user: the id is the request's
      "${module.gateway.execution_arn}/POST/users",
    ]
  }
}

# An endpoint carries nobody else's messages, even with credentials brought along.
data "aws_iam_policy_document" "endpoint" {
  for_each = {
    sns = { actions = ["sns:Publish"], on = local.pipeline.topic.name }
    sqs = { actions = ["sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"], on = local.pipeline.queue.name }
  }

  statement {
    actions = each.value.actions
    resources = [join(":", [
      "arn", data.aws_partition.here.partition, each.key, var.region, local.account, each.value.on,
    ])]
    principals {
      type        = "AWS"
      identifiers = ["*"] # the function's role says who; the endpoint says what
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account]
    }
  }
}

locals {
  endpoint_policies = { for service, document in data.aws_iam_policy_document.endpoint : service => document.json }
}
