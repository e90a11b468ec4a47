"""Giving the key of a picture to whoever may see it, under their own seal, and forgetting pictures for good."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from lianxi.contracts.attachments import GetAttachment, GetSentAttachment
from lianxi.contracts.envelope import Caller
from lianxi.contracts.sealing import PICTURE, Opener, Sealer
from lianxi.contracts.tips import FindTipByReceipt
from lianxi.store.unit import Aggregates, Stored
from services.tips.domain.attachments import attachment, sent_attachment
from services.tips.domain.tip import Attachment, Tip, check_readable


class Files(Protocol):
    """Where pictures lie, encrypted."""

    def forget(self, kept: Iterable[str]) -> int:
        """Delete pictures for good; how many there were."""
        ...


@dataclass(frozen=True)
class AttachmentHandlers:
    """The use cases of pictures. `find_tip` looks a tip up for whoever holds its receipt code."""

    tips: Aggregates[Tip]
    opener: Opener
    files: Files
    find_tip: Callable[[FindTipByReceipt], Stored[Tip]]

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

    def get_sent_attachment(self, request: GetSentAttachment) -> tuple[Tip, Attachment, str]:
        """Find a picture that the desk has sent, for whoever holds the receipt code, and seal its key to the question.

        Raises:
            NotFound: receipt.unknown, attachment.not_found.
            Conflict: receipt.must_change.
            ContractBroken: seal.key_unusable.
        """
        to_asker = Sealer(request.answer_key)
        tip = self.find_tip(FindTipByReceipt(receipt_verifier=request.receipt_verifier)).state
        found = sent_attachment(tip, request.number)
        return tip, found, to_asker.seal(self.opener.open(found.sealed, PICTURE), PICTURE)

    def forget(self, tip: Tip) -> int:
        """Delete all pictures of a tip for good, before the tip itself goes; how many there were."""
        return self.files.forget(each.file for each in tip.attachments)
