"""Lianxi (联席): the system a town's agencies run their programme against pyramid selling on."""

__version__ = "0.1.0"
