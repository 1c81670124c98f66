"""What more than one function needs besides telemetry: the database, signatures, credentials."""
