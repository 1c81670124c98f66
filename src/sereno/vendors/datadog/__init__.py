"""Datadog: a System as SLOs, monitors and dashboards. Pure; `client.py` does the I/O."""
