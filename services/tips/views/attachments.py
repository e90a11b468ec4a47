"""How pictures of a tip are named in answers: by number, with levelled times, never by a name that somebody gave."""

from __future__ import annotations

from lianxi.contracts.attachments import AttachmentKey, AttachmentView
from services.tips.domain.tip import Attachment, Tip


def show_attachments(tip: Tip) -> tuple[AttachmentView, ...]:
    """List the pictures of a tip."""
    return tuple(
        AttachmentView(
            number=each.number,
            author=each.author.value,
            media_type=each.media_type,
            size=each.size,
            attached_at=tip.shown(each.attached_at),
        )
        for each in tip.attachments
    )


def show_key(tip: Tip, found: Attachment, sealed: str) -> AttachmentKey:
    """Say where a picture lies, with its key under the seal of whoever asked."""
    return AttachmentKey(
        tip_id=tip.id,
        tip_number=tip.number,
        number=found.number,
        media_type=found.media_type,
        file=found.file,
        sealed=sealed,
        village=tip.village,
        lead=tip.lead,
        copies=tip.dispatch.copies,
        next_owner=tip.next_owner,
    )
