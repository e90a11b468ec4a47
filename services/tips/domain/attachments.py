"""Pictures of a tip: numbered as they come, and kept under the desk's seal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from lianxi.contracts.attachments import AttachedPicture
from lianxi.kernel.errors import NotFound, RuleBroken
from services.tips.domain.tip import Attachment, Author, Tip

PICTURES = 40


def attached(tip: Tip, pictures: Sequence[AttachedPicture], author: Author, now: datetime) -> Tip:
    """Add pictures to a tip; one that is there already is not added again.

    Clause: none (criterion 2.7).
    Raises:
        RuleBroken: attachment.too_many.
    """
    known = {each.file for each in tip.attachments}
    new = [each for each in pictures if each.file not in known]
    if len(known) + len(new) > PICTURES:
        raise RuleBroken("attachment.too_many", most=PICTURES)
    first = len(tip.attachments) + 1
    added = (
        Attachment(
            number=number,
            author=author,
            file=each.file,
            media_type=each.media_type,
            size=each.size,
            sealed=each.sealed,
            attached_at=now,
        )
        for number, each in enumerate(new, first)
    )
    return replace(tip, attachments=(*tip.attachments, *added))


def attachment(tip: Tip, number: int) -> Attachment:
    """Find a picture by its number.

    Clause: none.
    Raises:
        NotFound: attachment.not_found.
    """
    found = next((each for each in tip.attachments if each.number == number), None)
    if found is None:
        raise NotFound("attachment.not_found")
    return found
