# Who may talk to whom: functions -> database, cache and endpoints, and nothing else.

resource "aws_security_group" "functions" {
  #checkov:skip=CKV2_AWS_5:It is attached in another module, from this one's outputs
  name        = "${var.name}-functions"
  description = "The API and subscriber functions"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-functions" }
}

resource "aws_security_group" "database" {
  #checkov:skip=CKV2_AWS_5:It is attached in another module, from this one's outputs
  name        = "${var.name}-database"
  description = "The database and its proxy: from the functions only"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-database" }
}

resource "aws_security_group" "cache" {
  #checkov:skip=CKV2_AWS_5:It is attached in another module, from this one's outputs
  for_each    = local.cached
  name        = "${var.name}-cache"
  description = "The cache: from the functions only"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-cache" }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "The endpoints of AWS services: from the functions only"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = "${var.name}-endpoints" }
}

locals {
  cached = var.cache_port == null ? toset([]) : toset(["cache"])

  # from -> to, on which port
  flows = merge(
    { database = { to = aws_security_group.database.id, port = var.database_port } },
    { endpoints = { to = aws_security_group.endpoints.id, port = 443 } },
    { for name in local.cached : name => { to = aws_security_group.cache[name].id, port = var.cache_port } },
  )
}

resource "aws_vpc_security_group_egress_rule" "functions" {
  for_each                     = local.flows
  security_group_id            = aws_security_group.functions.id
  description                  = "To the ${each.key}"
  referenced_security_group_id = each.value.to
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "from_functions" {
  for_each                     = local.flows
  security_group_id            = each.value.to
  description                  = "From the functions"
  referenced_security_group_id = aws_security_group.functions.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# RDS Proxy stands in the database's group and opens connections to it.
resource "aws_vpc_security_group_egress_rule" "proxy" {
  security_group_id            = aws_security_group.database.id
  description                  = "From the proxy to the database"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
}

resource "aws_vpc_security_group_ingress_rule" "proxy" {
  security_group_id            = aws_security_group.database.id
  description                  = "From the proxy to the database"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
}

resource "aws_vpc_security_group_egress_rule" "internet" {
  for_each          = local.nat
  security_group_id = aws_security_group.functions.id
  description       = "HTTPS through the NAT gateway"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = var.endpoints
  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${data.aws_region.here.id}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]
  policy              = var.endpoint_policies[each.key]
  tags                = { Name = "${var.name}-${each.key}" }
}
