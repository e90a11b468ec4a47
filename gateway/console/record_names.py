"""What pages call what they point at: an item by its kind and the end of its id, an event by what has happened."""

from __future__ import annotations

from typing import Final

from gateway.console.desk_view import Telling

LETTERS: Final = 6
"""How much of an id is enough to tell one item from another."""


def item_name(telling: Telling, about: str | None) -> str:
    """Call an item by its kind and the end of its id; what is of no known kind stays as it was written."""
    noun, _, item_id = str(about or "").partition("/")
    kind = telling.said_or(f"record.{noun}", telling.said_or(f"kind.{noun}", ""))
    return f"{kind} {item_id[-LETTERS:]}" if kind and item_id else str(about or "")


def event_name(telling: Telling, code: str) -> str:
    """Say what an event tells; behind a stroke stands which duty, or which kind of thing, it was about."""
    event, _, more = code.partition("/")
    name = telling.said_or(f"event.{event}", event)
    if not more:
        return name
    about = (f"{kind}.{more}" for kind in ("meeting_kind", "bulletin_kind", "record"))
    named = telling.duty(more) or next((said for key in about if (said := telling.said_or(key, ""))), more)
    return f"{name} · {named}"
