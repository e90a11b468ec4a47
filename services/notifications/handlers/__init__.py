"""What the notifications desk does when it is told or asked something."""

from services.notifications.handlers.notices import NoticeDesk

__all__ = ["NoticeDesk"]
