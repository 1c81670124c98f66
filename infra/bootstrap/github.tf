# Whom the workflows may be, for an hour at a time and without a stored key: a role for each GitHub environment.
#   plan     pushes images, reads what is there (deploy.yml's plan, drift.yml)
#   prod     deploys; its reviewers are the approval. The token says the environment, not the branch: let GitHub's settings of
#            the environment take deployments from `main` only (docs/architecture.md)
#   report   reads metrics and the state (slo-report.yml)

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "assume" {
  for_each = toset(["plan", "prod", "report"])

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:${var.repository}:environment:${each.key}"]
    }
  }
}

resource "aws_iam_role" "github" {
  for_each             = data.aws_iam_policy_document.assume
  name                 = "sereno-github-${each.key}"
  assume_role_policy   = each.value.json
  max_session_duration = 3600
}

data "aws_iam_policy_document" "read_state" {
  statement {
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/sereno/*"]
  }
  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.state.arn]
  }
}

resource "aws_iam_role_policy" "read_state" {
  for_each = aws_iam_role.github
  name     = "read-the-state"
  role     = each.value.id
  policy   = data.aws_iam_policy_document.read_state.json
}

data "aws_iam_policy_document" "report" {
  #checkov:skip=CKV_AWS_356:CloudWatch takes reading metrics on no resource but all
  statement {
    actions = [
      "cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData",
      "cloudwatch:ListMetrics", "cloudwatch:ListTagsForResource",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "report" {
  name   = "read-metrics"
  role   = aws_iam_role.github["report"].id
  policy = data.aws_iam_policy_document.report.json
}

# AWS's own policy of reading configuration; it reads no data, no secret and no object.
resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.github["plan"].name
  policy_arn = "${local.arn}:iam::aws:policy/SecurityAudit"
}

data "aws_iam_policy_document" "plan" {
  #checkov:skip=CKV_AWS_356:ECR's login takes no resource, CloudWatch reads metrics and dashboards on none but all, and what is read has no secret
  statement {
    sid = "PushImages"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = [aws_ecr_repository.functions.arn]
  }
  statement {
    sid = "LogInToEcrAndReadWhatSecurityAuditLeavesOut"
    actions = [
      "application-signals:GetServiceLevelObjective", "application-signals:List*", "chatbot:Describe*", "chatbot:List*",
      "cloudwatch:GetAlarmMuteRule", "cloudwatch:GetDashboard", "cloudwatch:GetMetricStream", "cloudwatch:List*",
      "ecr:GetAuthorizationToken", "scheduler:Get*", "scheduler:List*", "sns:GetSubscriptionAttributes",
    ]
    resources = ["*"]
  }
  statement {
    sid     = "ReadFunctions"
    actions = ["lambda:GetAlias", "lambda:GetEventSourceMapping", "lambda:GetFunction"]
    resources = [
      "${local.arn}:lambda:${var.region}:${local.account}:event-source-mapping:*", # named by an id
      "${local.arn}:lambda:${var.region}:${local.account}:function:sereno-*",
    ]
  }

  # Without this AWS leaves out a function's environment and a schedule's target, which are encrypted, and a plan would
  # want to put them back. Neither has a secret.
  statement {
    sid       = "ReadEnvironmentsAndSchedules"
    actions   = ["kms:Decrypt"]
    resources = ["${local.arn}:kms:${var.region}:${local.account}:key/*"]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["lambda.${var.region}.amazonaws.com", "scheduler.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "plan" {
  name   = "push-images-and-read"
  role   = aws_iam_role.github["plan"].id
  policy = data.aws_iam_policy_document.plan.json
}

# Everything but people: AWS's PowerUserAccess gives no IAM, and the roles it may make are sereno's own, within the boundary.
# Narrow it to the services of infra/ where an organisation's account holds more than sereno.
resource "aws_iam_role_policy_attachment" "deploy" {
  role       = aws_iam_role.github["prod"].name
  policy_arn = "${local.arn}:iam::aws:policy/PowerUserAccess"
}

data "aws_iam_policy_document" "deploy" {
  statement {
    sid = "RolesOfSereno"
    actions = [
      "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:DeleteRole",
      "iam:Get*", "iam:List*", "iam:PassRole", "iam:TagPolicy", "iam:TagRole", "iam:UntagPolicy", "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
    ]
    resources = ["${local.arn}:iam::${local.account}:role/sereno-*", "${local.arn}:iam::${local.account}:policy/sereno-*"]
  }

  statement {
    sid = "WithinTheBoundary"
    actions = [
      "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy",
    ]
    resources = ["${local.arn}:iam::${local.account}:role/sereno-*"]
    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [aws_iam_policy.boundary.arn]
    }
  }

  # Else it could make itself anything: its own role, and the boundary, are named like the others.
  statement {
    sid    = "ButNotTheRolesOfWorkflowsNorTheBoundary"
    effect = "Deny"
    actions = [
      "iam:Attach*", "iam:CreatePolicyVersion", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*",
      "iam:SetDefaultPolicyVersion", "iam:Update*",
    ]
    resources = ["${local.arn}:iam::${local.account}:role/sereno-github-*", aws_iam_policy.boundary.arn]
  }
}

resource "aws_iam_role_policy" "deploy" {
  name   = "roles-of-sereno"
  role   = aws_iam_role.github["prod"].id
  policy = data.aws_iam_policy_document.deploy.json
}
