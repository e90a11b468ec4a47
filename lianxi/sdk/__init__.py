"""What an agency's own system imports to speak to the gateway."""
