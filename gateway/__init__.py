"""The one door for agencies, the public and operators: HTTP in front, the bus behind. Nothing happens at import."""
