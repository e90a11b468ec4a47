"""Everything that puts the town on a machine: the local supervisor, containers, policy data and configuration."""
