"""sereno."""
