# The pipeline: API -> topic -> queue -> subscriber -> database, and a canary that walks all of it.

module "network" {
  source             = "./modules/network"
  name               = local.prefix
  cidr               = var.vpc_cidr
  nat                = var.nat
  database_port      = local.pipeline.database.port
  cache_port         = var.cache ? local.pipeline.cache.port : null
  endpoints          = ["sns", "sqs"] # the API publishes, the subscriber changes visibility
  endpoint_policies  = local.endpoint_policies
  kms_key_arn        = aws_kms_key.data.arn
  log_retention_days = local.functions.api.log_retention_days
  boundary           = local.boundary
}

module "database" {
  source                       = "./modules/database"
  name                         = local.pipeline.database.cluster
  engine_version               = local.pipeline.database.engine_version
  database                     = local.pipeline.database.name
  port                         = local.pipeline.database.port
  capacity                     = { min = local.pipeline.database.min_capacity_acu, max = local.pipeline.database.max_capacity_acu }
  max_connections              = local.pipeline.database.max_connections
  idle_session_timeout_seconds = local.pipeline.database.idle_session_timeout_seconds
  backup_days                  = local.pipeline.database.backup_retention_days
  replicas                     = var.replicas
  proxy                        = var.proxy
  users                        = toset(values(local.proxied_users))
  protect                      = var.protect
  subnet_ids                   = module.network.private_subnet_ids
  security_group_id            = module.network.database_security_group_id
  kms_key_arn                  = aws_kms_key.data.arn
  log_retention_days           = local.functions.api.log_retention_days
  boundary                     = local.boundary
}

module "cache" {
  source            = "./modules/cache"
  count             = var.cache ? 1 : 0
  name              = local.pipeline.cache.name
  engine            = local.pipeline.cache.engine
  major_version     = local.pipeline.cache.major_version
  users             = local.pipeline.cache.users
  most              = { gigabytes = local.pipeline.cache.most_gigabytes, units_per_second = local.pipeline.cache.most_units_per_second }
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.network.cache_security_group_id
  kms_key_arn       = aws_kms_key.data.arn
}

module "messaging" {
  source             = "./modules/messaging"
  topic              = local.pipeline.topic.name
  queue              = local.pipeline.queue
  publisher_role_arn = module.api.role_arn
  kms_key_arn        = aws_kms_key.data.arn
}

module "gateway" {
  source             = "./modules/gateway"
  api                = local.pipeline.api
  function           = { name = module.api.name, alias = module.api.alias_name, invoke_arn = module.api.alias_invoke_arn }
  kms_key_arn        = aws_kms_key.data.arn
  log_retention_days = local.functions.api.log_retention_days
}

module "receivers" {
  source       = "./modules/receivers"
  name         = local.prefix
  receivers    = var.receivers
  data_key_arn = aws_kms_key.data.arn
  protect      = var.protect
  boundary     = local.boundary
}

module "stream" {
  source             = "./modules/stream"
  count              = var.datadog_site == null ? 0 : 1
  name               = local.prefix
  site               = var.datadog_site
  namespaces         = ["AWS/ApiGateway", "AWS/Lambda", "AWS/RDS", "AWS/SNS", "AWS/SQS", "Sereno/${var.environment}"]
  kms_key_arn        = aws_kms_key.data.arn
  log_retention_days = local.functions.api.log_retention_days
  protect            = var.protect
  boundary           = local.boundary
}
