"""What everything stands on: time, identifiers, errors, terms. Standard library only."""
