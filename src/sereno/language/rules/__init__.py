"""Rules between the fields of one document, on its data as written, so that they hold beside type errors."""
