"""People at the door: their accounts, how they sign in, and the sessions that they work in."""
