"""`python -m gateway`: one process of the gateway under uvicorn."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from socket import socket
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.app import create_app
from gateway.settings import GatewaySettings
from lianxi.runtime.logs import set_up_logs
from lianxi.runtime.settings import read_settings

SLACK_BYTES = 8 * 1024


def bounded_protocol(header_bytes: int) -> type[HttpToolsProtocol]:
    """Make a protocol that stops reading a request whose address and headers do not end."""

    class Bounded(HttpToolsProtocol):
        """Counts what comes before the body; uvicorn itself does not."""

        head_bytes = 0

        def on_message_begin(self) -> None:
            self.head_bytes = 0
            super().on_message_begin()

        def on_url(self, url: bytes) -> None:
            self._count(url)
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self._count(name, value)
            super().on_header(name, value)

        def _count(self, *parts: bytes) -> None:
            self.head_bytes += sum(map(len, parts))
            if self.head_bytes > header_bytes:
                raise ValueError("headers too long")  # the parser answers 400 and closes the connection

    return Bounded


class Opened(uvicorn.Server):
    """A server that says when it has opened, with all that the app opens first."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_open = asyncio.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Open."""
        await super().startup(sockets)
        self.is_open.set()


def serve(settings: GatewaySettings) -> None:
    """Serve until told to stop; requests under way are finished."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn takes the signal, finishes, and raises it once more: by then there is nothing left to end.
        signal.signal(number, lambda *_: None)
    app = create_app(settings)
    # Policy, routes and contracts stay for good: looking through them for garbage held requests up.
    gc.collect()
    gc.freeze()
    if settings.gateway_secure_host is None:
        here = {"host": settings.gateway_host, "port": settings.gateway_port}
        uvicorn.run(app, loop="uvloop", lifespan="on", **_manners(settings, **here))
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve_both(app, settings))


async def _serve_both(app: FastAPI, settings: GatewaySettings) -> None:
    """Serve one app at two addresses, at the second over HTTPS; whichever is told to stop tells the other."""
    here = {"host": settings.gateway_host, "port": settings.gateway_port}
    there: dict[str, Any] = {
        "host": settings.gateway_secure_host,
        "port": settings.gateway_secure_port,
        "ssl_certfile": settings.gateway_certificate_file,
        "ssl_keyfile": settings.gateway_certificate_key_file,
    }
    plain = Opened(uvicorn.Config(app, lifespan="on", **_manners(settings, **here)))
    secure = uvicorn.Server(uvicorn.Config(app, lifespan="off", **_manners(settings, **there)))
    async with asyncio.TaskGroup() as serving:
        serving.create_task(plain.serve())
        await plain.is_open.wait()
        if not plain.should_exit:
            serving.create_task(secure.serve())


def _manners(settings: GatewaySettings, **where: Any) -> dict[str, Any]:
    trusted = settings.gateway_trusted_proxies
    return where | {
        # A little more than the app's own limit, which answers with a problem document.
        "http": bounded_protocol(settings.gateway_header_bytes + SLACK_BYTES),
        "ws": "none",
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "proxy_headers": bool(trusted),
        "forwarded_allow_ips": trusted or None,
        "limit_concurrency": settings.gateway_requests_at_once,
        "timeout_keep_alive": settings.gateway_keep_alive_seconds,
        "timeout_graceful_shutdown": int(settings.shutdown_seconds),
    }


def main() -> None:
    """Read the environment and serve."""
    settings = read_settings(GatewaySettings)
    set_up_logs("gateway", level=settings.log_level, log_format=settings.log_format)
    # Seven lines for each try while the broker is away; the link's own line says it once.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    serve(settings)


if __name__ == "__main__":
    main()
