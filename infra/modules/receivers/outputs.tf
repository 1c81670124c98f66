output "topic_arns" {
  value = { for name, topic in aws_sns_topic.receiver : name => topic.arn }
}

output "key_arn" {
  value = aws_kms_key.alerts.arn
}

output "subscriptions_secret_arn" {
  value = aws_secretsmanager_secret.subscriptions.arn
}
