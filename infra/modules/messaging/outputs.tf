output "topic_arn" {
  value = aws_sns_topic.users.arn
}

output "queue_arn" {
  value = aws_sqs_queue.users.arn
}

output "queue_url" {
  value = aws_sqs_queue.users.id
}

output "queue_name" {
  value = aws_sqs_queue.users.name
}

output "topic_name" {
  value = aws_sns_topic.users.name
}

output "dead_letter_queue_name" {
  value = aws_sqs_queue.dead.name
}

output "dead_letter_queue_url" {
  value = aws_sqs_queue.dead.id
}
