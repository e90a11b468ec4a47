"""What a tip is and what may be decided about it: plain Python, no time, no ids of its own, no database."""
