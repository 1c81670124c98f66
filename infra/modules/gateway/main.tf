# The HTTP API: IAM on every route, throttled, every request logged without its body, metrics per route.

resource "aws_apigatewayv2_api" "this" {
  name          = var.api.name
  description   = "Users: read them, add one"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "function" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = var.function.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = var.api.integration_timeout_ms
}

resource "aws_apigatewayv2_route" "this" {
  for_each           = toset([for route in var.api.routes : route.route])
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  authorization_type = var.api.authorization
  target             = "integrations/${aws_apigatewayv2_integration.function.id}"
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/sereno/${var.api.name}/access"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = var.api.stage
  auto_deploy = true

  default_route_settings {
    detailed_metrics_enabled = true # the availability SLIs read 5xx and Count per route
    throttling_rate_limit    = var.api.throttling.rate_per_second
    throttling_burst_limit   = var.api.throttling.burst
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      request_id           = "$context.requestId"
      trace_id             = "$context.xrayTraceId"
      time                 = "$context.requestTimeEpoch"
      route                = "$context.routeKey" # the template, never the path: an id is nobody's business
      status               = "$context.status"
      latency_ms           = "$context.responseLatency"
      integration_ms       = "$context.integrationLatency"
      integration_status   = "$context.integrationStatus"
      integration_error    = "$context.integrationErrorMessage"
      authorizer_error     = "$context.authorizer.error"
      error                = "$context.error.message"
      caller               = "$context.identity.userArn"
      request_id_of_lambda = "$context.integration.requestId"
    })
  }
}

resource "aws_lambda_permission" "gateway" {
  statement_id  = "AllowThisApi"
  action        = "lambda:InvokeFunction"
  function_name = var.function.name
  qualifier     = var.function.alias
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/${var.api.stage}/*"
}
