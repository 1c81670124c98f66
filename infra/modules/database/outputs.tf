output "cluster_id" {
  value = aws_rds_cluster.this.cluster_identifier
}

output "cluster_arn" {
  value = aws_rds_cluster.this.arn
}

output "port" {
  value = aws_rds_cluster.this.port
}

output "master_secret_arn" {
  description = "Where the master's password is; only the migrations read it"
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}

output "proxy_secret_arns" {
  description = "Database user -> its secret, for infra/migrate.py; empty without the proxy"
  value       = { for user, secret in aws_secretsmanager_secret.proxy : user => secret.arn }
}

output "writer" {
  description = "Host that writes"
  value       = var.proxy ? aws_db_proxy.this["proxy"].endpoint : aws_rds_cluster.this.endpoint
}

output "reader" {
  description = "Host that reads: the replicas, or the writer where there are none"
  value = (
    var.proxy && var.replicas > 0 ? aws_db_proxy_endpoint.reader["proxy"].endpoint :
    var.proxy ? aws_db_proxy.this["proxy"].endpoint :
    var.replicas > 0 ? aws_rds_cluster.this.reader_endpoint :
    aws_rds_cluster.this.endpoint
  )
}

output "resource_id" {
  description = "By which rds-db:connect names the cluster"
  value       = aws_rds_cluster.this.cluster_resource_id
}

output "proxy_id" {
  description = "By which rds-db:connect names the proxy; null where there is none"
  value       = var.proxy ? element(split(":", aws_db_proxy.this["proxy"].arn), 6) : null
}
