"""A caller of the API that never sleeps: it lists users, posts one, and waits for its row."""
