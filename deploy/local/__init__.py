"""The whole town on one machine without containers: what is missing is fetched, started, asked for readiness and stopped."""
