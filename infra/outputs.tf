# What sereno.yaml reads: `terraform -chdir=infra output -json > infra/outputs.json`. Nothing here is secret.

output "environment" {
  value = var.environment
}

output "region" {
  value = var.region
}

output "api_id" {
  value = module.gateway.api_id
}

output "api_url" {
  value = module.gateway.url
}

output "api_stage" {
  value = module.gateway.stage
}

output "api_function" {
  value = module.api.name
}

output "subscriber_function" {
  value = module.subscriber.name
}

output "canary_function" {
  value = module.canary.name
}

output "topic_name" {
  value = module.messaging.topic_name
}

output "queue_name" {
  value = module.messaging.queue_name
}

output "dlq_name" {
  value = module.messaging.dead_letter_queue_name
}

output "db_cluster_id" {
  value = module.database.cluster_id
}

output "receivers" {
  description = "Receiver -> the ARN of its topic"
  value       = module.receivers.topic_arns
}

# For the steps after `terraform apply`: infra/migrate.py, infra/release.py, infra/subscribe.py, tests/integration.

output "dlq_url" {
  value = module.messaging.dead_letter_queue_url
}

output "database" {
  description = "What the migrations need: the cluster, where its master's password is, and the proxy's secrets"
  value = {
    cluster_arn   = module.database.cluster_arn
    secret_arn    = module.database.master_secret_arn
    name          = local.pipeline.database.name
    proxy_secrets = module.database.proxy_secret_arns
  }
}

output "versions" {
  description = "Function -> its newest published version, which infra/release.py makes live"
  value = {
    (module.api.name)        = module.api.version
    (module.subscriber.name) = module.subscriber.version
    (module.canary.name)     = module.canary.version
  }
}

output "subscriptions_secret_arn" {
  value = module.receivers.subscriptions_secret_arn
}

output "datadog_api_key_secret_arn" {
  description = "Empty without the metric stream"
  value       = one(module.stream[*].api_key_secret_arn)
}

output "images" {
  description = "Function -> its image, as deployed; empty for zips"
  value       = var.package == "image" ? var.images : {}
}
