"""What a rental and a visit are, and when the next visit is due: no time, no ids, no I/O."""
