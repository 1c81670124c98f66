# What the GitHub environments' variables are set to.

output "state_bucket" {
  description = "STATE_BUCKET"
  value       = aws_s3_bucket.state.id
}

output "ecr_repository" {
  description = "ECR_REPOSITORY"
  value       = aws_ecr_repository.functions.repository_url
}

output "roles" {
  description = "GitHub environment -> AWS_ROLE"
  value       = { for name, role in aws_iam_role.github : name => role.arn }
}
