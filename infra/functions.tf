# The three functions: what each is given, and what each may do.

module "api" {
  source               = "./modules/function"
  name                 = local.functions.api.name
  description          = "GET and POST of users"
  handler              = local.functions.api.handler
  package              = local.packages.api
  runtime              = local.pipeline.runtime
  architecture         = local.pipeline.architecture
  memory_mb            = local.functions.api.memory_mb
  timeout_seconds      = local.functions.api.timeout_seconds
  reserved_concurrency = var.reserve_concurrency ? local.functions.api.reserved_concurrency : -1
  snap_start           = var.snap_start
  kms_key_arn          = aws_kms_key.data.arn
  layers               = var.layers
  log_retention_days   = local.functions.api.log_retention_days
  policy               = data.aws_iam_policy_document.api.json
  boundary             = local.boundary
  vpc                  = local.functions_vpc
  environment = merge(local.functions.api.environment, local.as_user.api, local.tracing, {
    for variable, source in local.functions.api.environment_from :
    variable => source == "database.host" ? module.database.reader : local.known[source]
  })
}

module "subscriber" {
  source               = "./modules/function"
  name                 = local.functions.subscriber.name
  description          = "Batches of the queue into rows"
  handler              = local.functions.subscriber.handler
  package              = local.packages.subscriber
  runtime              = local.pipeline.runtime
  architecture         = local.pipeline.architecture
  memory_mb            = local.functions.subscriber.memory_mb
  timeout_seconds      = local.functions.subscriber.timeout_seconds
  reserved_concurrency = var.reserve_concurrency ? local.functions.subscriber.reserved_concurrency : -1
  snap_start           = var.snap_start
  kms_key_arn          = aws_kms_key.data.arn
  layers               = var.layers
  log_retention_days   = local.functions.subscriber.log_retention_days
  policy               = data.aws_iam_policy_document.subscriber.json
  boundary             = local.boundary
  vpc                  = local.functions_vpc
  environment = merge(local.functions.subscriber.environment, local.as_user.subscriber, local.tracing, {
    for variable, source in local.functions.subscriber.environment_from :
    variable => source == "database.host" ? module.database.writer : local.known[source]
  })
}

module "canary" {
  source               = "./modules/function"
  name                 = local.functions.canary.name
  description          = "Adds a user through the API and looks for it, every minute"
  handler              = local.functions.canary.handler
  package              = local.packages.canary
  runtime              = local.pipeline.runtime
  architecture         = local.pipeline.architecture
  memory_mb            = local.functions.canary.memory_mb
  timeout_seconds      = local.functions.canary.timeout_seconds
  reserved_concurrency = var.reserve_concurrency ? local.functions.canary.reserved_concurrency : -1
  snap_start           = false # it starts once and stays warm
  kms_key_arn          = aws_kms_key.data.arn
  layers               = var.layers
  log_retention_days   = local.functions.canary.log_retention_days
  policy               = data.aws_iam_policy_document.canary.json
  boundary             = local.boundary
  environment = merge(local.functions.canary.environment, local.tracing, {
    for variable, source in local.functions.canary.environment_from :
    variable => { "api.url" = module.gateway.url }[source]
  })
}

locals {
  functions_vpc = {
    subnet_ids         = module.network.private_subnet_ids
    security_group_ids = [module.network.functions_security_group_id]
  }
  source = local.functions.subscriber.event_source
}

resource "aws_lambda_event_source_mapping" "subscriber" {
  event_source_arn                   = module.messaging.queue_arn
  function_name                      = module.subscriber.alias_arn
  batch_size                         = local.source.batch_size
  maximum_batching_window_in_seconds = local.source.batching_window_seconds
  function_response_types            = local.source.report_batch_item_failures ? ["ReportBatchItemFailures"] : []

  scaling_config {
    maximum_concurrency = local.source.maximum_concurrency
  }
}

module "schedule" {
  source        = "./modules/schedule"
  name          = module.canary.name
  expression    = local.functions.canary.schedule
  function_name = module.canary.name
  alias         = module.canary.alias_name
  function_arn  = module.canary.alias_arn
  kms_key_arn   = aws_kms_key.data.arn
  boundary      = local.boundary
}
