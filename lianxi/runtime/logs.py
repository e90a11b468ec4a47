"""Structured logs that cannot hold what a person told us.

The event is a past-tense name (`tip_received`), everything else a key. Keys that could carry personal data are
replaced before anything is written, whatever a caller passes.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

REDACTED_KEYS = frozenset({
    "address", "authorization", "body", "code", "contact", "content", "data", "id_number", "message", "name",
    "password", "phone", "place", "receipt", "receipt_code", "receipt_verifier", "secret", "text", "token", "url",
})  # fmt: skip


def redact(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every key that could carry personal data or a secret."""
    for key in entry:
        if key.lower() in REDACTED_KEYS:
            entry[key] = "[redacted]"
    return entry


def set_up_logs(process: str, *, level: str = "INFO", log_format: str = "json") -> None:
    """Send all logs, ours and those of libraries, to standard error in one form.

    Args:
        process: constant on every line; a processor adds it, because bound context is not inherited by green workers.
        level: the least level that is written.
        log_format: ``json`` for machines, ``console`` for people.
    """

    def name_process(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry["process"] = process
        return entry

    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        name_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if log_format == "console":
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        )
    )
    logging.basicConfig(
        handlers=[handler], level=max(logging.WARNING, logging.getLevelNamesMapping()[level]), force=True
    )


def frames(error: BaseException, most: int = 12) -> list[str]:
    """Say where an error came from without its message, which may hold what nobody should read in a log."""
    found = traceback.extract_tb(error.__traceback__)[-most:]
    return [f"{each.filename.rpartition('/')[2]}:{each.lineno} {each.name}" for each in found]


def get_log() -> Any:
    """Hand out the logger."""
    return structlog.get_logger()
