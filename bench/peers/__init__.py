"""The peers: what people would pick instead, written as each one's documentation shows it, one small module each.

All of them keep the same promise: a request is answered when the tip is durably kept (by the broker's confirm or by the
database), persistent messages on durable queues, acknowledged only after the write, ids that make a write idempotent.
Each keeps the tip and, in a second service told by an event, a notification. Asked for the same work as Lianxi's, each
also writes as many documents of like size as Lianxi was seen to write for one tip (`bench.peers.work`).
"""
