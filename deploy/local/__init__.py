"""The whole town on one machine without containers: what is missing is fetched, the rest started, asked and stopped."""
