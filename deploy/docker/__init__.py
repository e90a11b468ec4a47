"""The town in containers: what it is built from, and what a machine must be given before its first start."""
