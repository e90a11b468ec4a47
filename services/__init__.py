"""The five desks. They share contracts and the kit in `lianxi`, and nothing else: no desk imports another."""
