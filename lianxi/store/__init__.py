"""The MongoDB kit: a decision is one write that holds the new state, its events, and the mark that it was made."""
