output "api_key_secret_arn" {
  description = "Where the Datadog API key is put, by hand"
  value       = aws_secretsmanager_secret.key.arn
}
