"""When things happen: the heartbeat opens and advances rounds, the outbox delivers. Rows decide."""
