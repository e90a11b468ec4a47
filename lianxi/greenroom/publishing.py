"""Publishing from the greenroom: one way to put a letter on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONFIRM_SECONDS = 10


def publish(
    channel: Any,
    body: bytes,
    *,
    exchange: str,
    key: str,
    properties: Mapping[str, Any],
    headers: Mapping[str, Any] | None = None,
) -> None:
    """Publish a letter; on a connection with `confirm_publish` it returns when the broker has confirmed.

    Raises:
        The errors of `lianxi.greenroom.consumer.AWAY`: it is not known to be kept.
    """
    rest = dict(properties)
    message = channel.prepare_message(
        body,
        content_type=rest.pop("content_type", None),
        content_encoding=rest.pop("content_encoding", None),
        headers=dict(headers or {}),
        properties=rest,
    )
    channel.basic_publish(message, exchange=exchange, routing_key=key, timeout=CONFIRM_SECONDS)
