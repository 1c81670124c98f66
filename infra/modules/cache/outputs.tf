output "host" {
  value = aws_elasticache_serverless_cache.this.endpoint[0].address
}

output "port" {
  value = aws_elasticache_serverless_cache.this.endpoint[0].port
}

output "sign_in" {
  description = "Function -> what elasticache:Connect names for it: this cache, and its own user"
  value = {
    for function, user in aws_elasticache_user.this : function => [aws_elasticache_serverless_cache.this.arn, user.arn]
  }
}
