# Images of the functions: a tag is never moved, each is scanned as it arrives, old ones go.

resource "aws_ecr_repository" "functions" {
  name                 = "sereno"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.state.arn
  }
}

resource "aws_ecr_lifecycle_policy" "functions" {
  repository = aws_ecr_repository.functions.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1 # the first rule that an image falls under decides: what was released too is no pull request's
        description  = "Thirty releases of three functions: enough to go back"
        selection    = { tagStatus = "tagged", tagPrefixList = ["release-"], countType = "imageCountMoreThan", countNumber = 90 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "Images of pull requests, for their plans"
        selection    = { tagStatus = "tagged", tagPrefixList = ["pr-"], countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
    ]
  })
}

data "aws_iam_policy_document" "pull" {
  statement {
    sid     = "FunctionsOfThisAccountPull"
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn}:lambda:${var.region}:${local.account}:function:sereno-*"]
    }
  }
}

resource "aws_ecr_repository_policy" "functions" {
  repository = aws_ecr_repository.functions.name
  policy     = data.aws_iam_policy_document.pull.json
}
