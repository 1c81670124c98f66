"""The HTTP API: GET /users, GET /users/{id}, POST /users."""
