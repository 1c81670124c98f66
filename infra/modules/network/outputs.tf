output "vpc_id" {
  value = aws_vpc.this.id
}

output "private_subnet_ids" {
  value = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "zones" {
  value = local.zones
}

output "functions_security_group_id" {
  value = aws_security_group.functions.id
}

output "cache_security_group_id" {
  description = "null where there is no cache"
  value       = one([for group in aws_security_group.cache : group.id])
}

output "database_security_group_id" {
  value = aws_security_group.database.id
}
