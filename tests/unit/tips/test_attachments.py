"""Pictures of a tip at its desk: numbered, told of by the hour, their keys given only to who may know of the tip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from lianxi.contracts.attachments import AttachedPicture, GetAttachment
from lianxi.contracts.sealing import PICTURE, Opener
from lianxi.contracts.tips import Channel, PostInformantMessage
from lianxi.kernel.clock import level_to_hour
from lianxi.kernel.errors import ContractBroken, NotFound, RuleBroken
from services.tips.domain.attachments import PICTURES, attached
from services.tips.domain.tip import Author
from services.tips.handlers.attachments import AttachmentHandlers
from services.tips.views.attachments import show_key
from tests.unit.tips.desk import NOW, TIP_ID, TipDesk, caller, everything_said, keys, sealed, submission

KEY = {"key": "0b" * 32, "sha256": "0c" * 32}


@dataclass
class MemoryFiles:
    gone: list[str] = field(default_factory=list)

    def forget(self, kept: Iterable[str]) -> int:
        self.gone += kept
        return len(self.gone)


def picture(number: int = 1) -> AttachedPicture:
    return AttachedPicture(
        file=f"picture_{number}.0123456789abcdef", media_type="image/jpeg", size=7, sealed=keys()[0].seal(KEY, PICTURE)
    )


def handlers(desk: TipDesk, files: MemoryFiles | None = None) -> AttachmentHandlers:
    return AttachmentHandlers(tips=desk.tips, opener=keys()[1], files=files or MemoryFiles())


@pytest.mark.criterion("2.7")
def test_a_picture_is_listed_by_its_number_and_told_of_by_the_hour() -> None:
    desk = TipDesk()
    tip = desk.submit(submission(attachments=(picture(1), picture(2))))

    shown = desk.views.show(desk.tips.get(tip.id)).attachments

    assert [each.number for each in shown] == [1, 2]
    assert {(each.author, each.attached_at) for each in shown} == {("informant", level_to_hour(NOW))}
    said = everything_said(desk.tips.announced, desk.views.show(desk.tips.get(tip.id)))
    for each in tip.attachments:
        assert each.file not in said
        assert each.sealed not in said


def test_the_key_of_a_picture_is_given_under_the_seal_of_who_asked_and_to_nobody_else() -> None:
    desk, mine = TipDesk(), Opener.for_one_answer()
    tip = desk.submit(submission(attachments=(picture(),)))
    asked = GetAttachment(tip_id=TIP_ID, number=1, answer_key=mine.public_key)

    given = show_key(*handlers(desk).get_attachment(asked, caller(tip.lead.partition("/")[0])))

    assert mine.open(given.sealed, PICTURE) == KEY
    assert (given.file, given.tip_number, given.lead) == (picture().file, tip.number, tip.lead)
    with pytest.raises(ContractBroken):
        Opener.for_one_answer().open(given.sealed, PICTURE)


@pytest.mark.parametrize(
    ("agency", "number", "code"),
    [("education", 1, "tip.not_found"), ("office", 2, "attachment.not_found")],
)
def test_a_picture_of_others_is_not_there(agency: str, number: int, code: str) -> None:
    desk = TipDesk()
    desk.submit(submission(attachments=(picture(),)))
    asked = GetAttachment(tip_id=TIP_ID, number=number, answer_key=Opener.for_one_answer().public_key)

    with pytest.raises(NotFound) as refused:
        handlers(desk).get_attachment(asked, caller(agency))

    assert refused.value.code == code


def test_pictures_that_an_officer_took_down_are_the_desk_s_and_one_that_comes_twice_is_one() -> None:
    desk = TipDesk()
    tip = desk.submit(submission(channel=Channel.PHONE, submitted_by="police", attachments=(picture(),)))

    again = attached(tip, (picture(), picture(2)), Author.INFORMANT, NOW)

    assert [(each.number, each.author) for each in again.attachments] == [(1, Author.DESK), (2, Author.INFORMANT)]
    with pytest.raises(RuleBroken) as refused:
        attached(again, [picture(each) for each in range(3, PICTURES + 2)], Author.DESK, NOW)
    assert refused.value.code == "attachment.too_many"


def test_an_informant_brings_a_picture_later() -> None:
    desk = TipDesk()
    desk.submit(submission(attachments=(picture(1),)))
    asked = PostInformantMessage(receipt_verifier="verifier-1", content=sealed("补一张"), attachments=(picture(2),))

    desk.handlers.post_informant_message(asked, caller("public", "m1"))
    desk.handlers.post_informant_message(asked, caller("public", "m1"))

    assert [(each.number, each.author) for each in desk.tip().attachments] == [(1, "informant"), (2, "informant")]


def test_a_tip_that_is_purged_takes_its_pictures_with_it() -> None:
    desk, files = TipDesk(), MemoryFiles()
    tip = desk.submit(submission(attachments=(picture(1), picture(2))))

    assert handlers(desk, files).forget(tip) == 2
    assert files.gone == [each.file for each in tip.attachments]
