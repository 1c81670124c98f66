variable "topic" {
  description = "The topic's name"
  type        = string
}

variable "queue" {
  description = "The queue, as pipeline.yaml has it"
  type = object({
    name                       = string
    raw_message_delivery       = bool
    visibility_timeout_seconds = number
    message_retention_seconds  = number
    receive_wait_seconds       = number
    dead_letter = object({
      name                      = string
      message_retention_seconds = number
      max_receive_count         = number
    })
  })

  validation {
    # A moved message keeps its age: with an equal retention it would expire as it arrives.
    condition     = var.queue.dead_letter.message_retention_seconds > var.queue.message_retention_seconds
    error_message = "The dead-letter queue must keep messages longer than the queue does."
  }
}

variable "kms_key_arn" {
  description = "The key that encrypts topic and queues"
  type        = string
}

variable "publisher_role_arn" {
  description = "The only role that may publish"
  type        = string
}
