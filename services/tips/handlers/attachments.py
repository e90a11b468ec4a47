"""Giving the key of a picture to whoever may see it, under their own seal, and forgetting pictures for good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from lianxi.contracts.attachments import GetAttachment
from lianxi.contracts.envelope import Caller
from lianxi.contracts.sealing import PICTURE, Opener, Sealer
from lianxi.store.unit import Aggregates
from services.tips.domain.attachments import attachment
from services.tips.domain.tip import Attachment, Tip, check_readable


class Files(Protocol):
    """Where pictures lie, encrypted."""

    def forget(self, kept: Iterable[str]) -> int:
        """Delete pictures for good; how many there were."""
        ...


@dataclass(frozen=True)
class AttachmentHandlers:
    """The use cases of pictures."""

    tips: Aggregates[Tip]
    opener: Opener
    files: Files

    def get_attachment(self, request: GetAttachment, caller: Caller) -> tuple[Tip, Attachment, str]:
        """Find a picture of a tip, and seal its key to whoever asked.

        Raises:
            NotFound: tip.not_found, attachment.not_found.
            ContractBroken: seal.key_unusable.
        """
        to_asker = Sealer(request.answer_key)
        tip = self.tips.get(request.tip_id).state
        check_readable(tip, caller)
        found = attachment(tip, request.number)
        key = self.opener.open(found.sealed, PICTURE)
        return tip, found, to_asker.seal(key, PICTURE)

    def forget(self, tip: Tip) -> int:
        """Delete all pictures of a tip for good, before the tip itself goes; how many there were."""
        return self.files.forget(each.file for each in tip.attachments)
