"""What the three functions share to be watched: metrics, logs and traces. Imports nothing by itself."""
