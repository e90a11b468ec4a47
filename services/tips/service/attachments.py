"""The door for pictures. It says what comes in and who deals with it; nothing is decided here."""

from __future__ import annotations

from lianxi.contracts.attachments import AttachmentKey, GetAttachment
from lianxi.contracts.envelope import Caller
from lianxi.greenroom.entries import Desk, shows
from services.tips.handlers.attachments import AttachmentHandlers
from services.tips.views.attachments import show_key


class AttachmentDoors(Desk):
    """What is asked about pictures of tips."""

    pictures: AttachmentHandlers

    @shows("tip")
    def get_attachment(self, request: GetAttachment, caller: Caller) -> AttachmentKey:
        """Give the key of a picture to whoever may see it."""
        return show_key(*self.pictures.get_attachment(request, caller))
