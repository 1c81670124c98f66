"""From the queue to the table: a batch of messages, one statement."""
