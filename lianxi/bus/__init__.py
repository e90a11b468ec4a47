"""The messaging kit: topology, relay, the gateway's client, parked letters."""
