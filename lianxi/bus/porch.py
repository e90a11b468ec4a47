"""Health and metrics of a process that serves no other HTTP: three paths, read-only, nothing else answered."""

from __future__ import annotations

import asyncio
import json

from lianxi.runtime import metrics
from lianxi.runtime.health import Health

_LONGEST_LINE = 4_096


async def serve_health(host: str, port: int, health: Health) -> asyncio.Server:
    """Answer ``/healthz``, ``/readyz`` and ``/metrics``."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(5):
                line = (await reader.readline()).decode("latin-1")
                while (await reader.readline()).strip():
                    pass
                writer.write(_response(line, health))
                await writer.drain()
        except (TimeoutError, ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(answer, host, port, limit=_LONGEST_LINE)


def _response(line: str, health: Health) -> bytes:
    path = [*line.split(" "), "", ""][1]
    status, kind, body = "404 Not Found", "application/json", b"{}"
    if path == "/metrics":
        status, kind, body = "200 OK", metrics.CONTENT_TYPE, metrics.exposition()
    elif path in ("/healthz", "/readyz"):
        failing = health.liveness() if path == "/healthz" else health.readiness()
        status = "503 Service Unavailable" if failing else "200 OK"
        body = json.dumps({"failing": failing}, ensure_ascii=False).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
