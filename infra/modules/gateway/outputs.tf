output "api_id" {
  value = aws_apigatewayv2_api.this.id
}

output "stage" {
  value = aws_apigatewayv2_stage.this.name
}

output "url" {
  description = "Where the routes begin"
  value       = trimsuffix(aws_apigatewayv2_stage.this.invoke_url, "/")
}

output "execution_arn" {
  description = "What execute-api:Invoke names: API and stage"
  value       = "${aws_apigatewayv2_api.this.execution_arn}/${aws_apigatewayv2_stage.this.name}"
}
