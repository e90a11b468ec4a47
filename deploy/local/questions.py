"""Readiness questions: a process is ready when it answers, not when its port opens."""

from __future__ import annotations

import http.client
import socket
import struct
from typing import Any, Final

import bson
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.local.ports import LOOPBACK

PATIENCE_SECONDS: Final = 2.0
PROTOCOL_HEADER: Final = b"AMQP\x00\x00\x09\x01"
METHOD_FRAME: Final = b"\x01"
OP_MSG: Final = 2013


def amqp_answers(port: int, host: str = LOOPBACK) -> bool:
    """Say hello to a message broker and see whether it opens a conversation."""
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as connection:
            connection.settimeout(PATIENCE_SECONDS)
            connection.sendall(PROTOCOL_HEADER)
            return connection.recv(1) == METHOD_FRAME
    except OSError:
        return False


def database_answers(port: int) -> bool:
    """Send a database one ping in its own wire protocol; no client library, so no threads in the supervisor."""
    body = struct.pack("<IB", 0, 0) + bson.encode({"ping": 1, "$db": "admin"})
    try:
        with socket.create_connection((LOOPBACK, port), timeout=PATIENCE_SECONDS) as connection:
            connection.settimeout(PATIENCE_SECONDS)
            connection.sendall(struct.pack("<iiii", 16 + len(body), 1, 0, OP_MSG) + body)
            return len(connection.recv(16)) == 16
    except OSError:
        return False


def http_says_ready(port: int, path: str = "/readyz") -> bool:
    """Ask a process of the town on its own port; 200 is yes, everything else is not yet."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def database_version(url: str, seconds: float = PATIENCE_SECONDS) -> str | None:
    """The version a database names when asked, or None when it does not answer in time."""
    client: MongoClient[dict[str, Any]] = MongoClient(url, serverSelectionTimeoutMS=int(seconds * 1000))
    try:
        client.admin.command("ping")
        return str(client.server_info().get("version", "unknown"))
    except PyMongoError:
        return None
    finally:
        client.close()
