"""The only room that knows nameko and eventlet. See README.md in this folder for its rules."""
