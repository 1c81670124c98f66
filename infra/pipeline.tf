# pipeline.yaml, its two words put in. The local stack reads the same file.

locals {
  prefix = "sereno-${var.environment}"
  pipeline = yamldecode(replace(
    replace(file("${path.module}/pipeline.yaml"), "$${prefix}", local.prefix),
    "$${environment}", var.environment,
  ))

  functions = local.pipeline.functions

  # Function -> what the module `function` wants as its package.
  packages = {
    for name in keys(local.functions) : name => (
      var.package == "image"
      ? { kind = "image", image = var.images[name], zip = null }
      : { kind = "zip", image = null, zip = "${var.zips}/${name}.zip" }
    )
  }

  # What only the deployment knows, by the names pipeline.yaml uses under `environment_from`.
  known = {
    "topic.arn"     = module.messaging.topic_arn
    "queue.url"     = module.messaging.queue_url
    "database.port" = tostring(module.database.port)
    "database.name" = local.pipeline.database.name
    "cache.host"    = var.cache ? module.cache[0].host : "" # by which the functions know that there is none
    "cache.port"    = var.cache ? tostring(module.cache[0].port) : ""
  }

  # Traces are recorded where a collector is named; the rest of OpenTelemetry's variables keep their defaults.
  tracing = var.otlp_endpoint == null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint }

  database_users = {
    for name, function in local.functions : name => function.environment.DB_USER
    if contains(keys(function.environment), "DB_USER")
  }

  # Behind RDS Proxy a function is another user (migrations/0003_proxied.sql), so that the versions before, which sign in
  # to the cluster itself, can still be gone back to.
  proxied_users = { for name, user in local.database_users : name => "${user}_proxied" if var.proxy }
  as_user       = { for name in keys(local.database_users) : name => var.proxy ? { DB_USER = local.proxied_users[name] } : {} }
}
