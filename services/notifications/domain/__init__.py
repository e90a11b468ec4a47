"""What the notifications desk decides: notices in trays, and messages to the outside."""

from services.notifications.domain.notices import Notice, Occasion, acknowledge, announced_at, as_view, deliver, see

__all__ = ["Notice", "Occasion", "acknowledge", "announced_at", "as_view", "deliver", "see"]
