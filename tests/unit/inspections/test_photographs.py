"""Photographs at the inspections desk: kept once, joined whenever their visit comes, never lost, gone with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from lianxi.contracts.photographs import GetPhotograph, SettlePhotograph
from lianxi.contracts.sealing import VISIT_PICTURE, Opener
from lianxi.greenroom.entries import Accepted
from lianxi.kernel.errors import Conflict, Forbidden, NotFound
from services.inspections.domain import photographs as rules
from tests.unit.inspections.album import MOST, PhotographsInMemory, taking
from tests.unit.inspections.desk import NOW, TENANCY, InspectionsInMemory, caller, cause_of, visiting


@pytest.fixture
def album(town: InspectionsInMemory) -> PhotographsInMemory:
    town.register()
    return PhotographsInMemory(town)


def come(town: InspectionsInMemory, album: PhotographsInMemory, visit_id: str = "visit_1") -> None:
    """Let a visit come, received at this moment."""
    sent = replace(visiting(visit_id), received_at=town.clock.now())
    town.visit(sent)
    album.desk.join_those_of([Accepted(sent, cause_of(sent))])


@pytest.mark.criterion("6.2")
def test_the_same_photograph_again_is_known_and_its_second_drawing_is_deleted(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    come(town, album)
    first = album.take()
    drawn_again = replace(taking().picture, file="file_drawn_again")
    again = album.take(picture=drawn_again, received_at=NOW + timedelta(hours=1))

    assert (first.is_new, again.is_new) == (True, False)
    assert replace(again, is_new=True) == first
    assert len(album.kept.all()) == 1
    assert album.files.forgotten == ["file_drawn_again"]


@pytest.mark.criterion("6.2")
def test_the_same_id_with_another_picture_keeps_both_and_a_person_is_shown_the_second(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    come(town, album)
    album.take()
    other = replace(taking().picture, file="file_other")
    for _ in range(2):
        with pytest.raises(Conflict, match=r"photograph\.other_content"):
            album.take(picture=other, sent_sha256="ef" * 32)

    first, second = album.kept.all()
    assert (first.file, first.needs_attention) == ("file_photo_0001", None)
    assert (second.file, second.needs_attention) == ("file_other", rules.OTHER_CONTENT)
    assert second.joined_at is not None
    assert album.files.forgotten == []


@pytest.mark.criterion("6.5")
def test_a_photograph_before_its_visit_waits_and_is_joined_and_marked(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    assert album.take().is_waiting
    town.clock.advance(timedelta(hours=3))
    come(town, album)

    found = album.one()
    assert (found.is_waiting, found.came_early, found.needs_attention) == (False, True, None)
    assert found.village == "village/lotus-bay"


@pytest.mark.criterion("6.5")
def test_a_photograph_whose_visit_never_comes_is_shown_after_24_hours_and_still_joins(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    album.take()
    town.clock.advance(timedelta(hours=23, minutes=59))
    album.desk.look_after()
    assert album.one().needs_attention is None

    town.clock.advance(timedelta(minutes=1))
    album.desk.look_after()
    assert (album.one().needs_attention, album.one().is_waiting) == (rules.VISIT_MISSING, False)

    town.clock.advance(timedelta(days=9))
    come(town, album)
    found = album.one()
    assert (found.needs_attention, found.came_early, album.files.forgotten) == (None, True, [])


@pytest.mark.criterion("6.5")
def test_whatever_the_order_a_visit_and_its_photographs_come_to_the_same(town: InspectionsInMemory) -> None:
    ends = set()
    for order in permutations(("visit", "photo_0001", "photo_0002")):
        fresh = InspectionsInMemory()
        fresh.register()
        album = PhotographsInMemory(fresh)
        for each in order:
            if each == "visit":
                come(fresh, album)
            else:
                album.take(each)
        ends.add(tuple((each.visit_id, each.is_waiting, each.village) for each in album.kept.all()))
    assert ends == {(("visit_1", False, "village/lotus-bay"),) * 2}


def test_a_crash_between_a_visit_and_its_photographs_is_mended_by_the_sweep(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    album.take()
    town.visit(visiting("visit_1"))
    assert album.one().joined_at is None

    album.desk.look_after()

    assert album.one().joined_at is not None


def test_more_photographs_than_a_visit_has_are_kept_and_shown_to_a_person(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    come(town, album)
    for number in range(MOST + 1):
        album.take(f"photo_{number:04}", taken_at=NOW + timedelta(seconds=number))

    assert [each.needs_attention for each in album.kept.all()] == [None] * MOST + [rules.TOO_MANY]


def test_a_photograph_from_a_foreign_area_is_kept_and_shown_to_a_person(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    come(town, album)
    bound = replace(TENANCY, rows=("own_area",), areas=("village/banyan",))
    album.desk.record_photograph(taking(), bound)

    assert album.one().needs_attention == rules.FOREIGN_AREA
    asked = GetPhotograph(visit_id="visit_1", photo_id="photo_0001", answer_key=Opener.for_one_answer().public_key)
    with pytest.raises(NotFound, match=r"photograph\.not_found"):
        album.desk.get_photograph(asked, bound)


@pytest.mark.criterion("6.6")
def test_only_who_reads_the_register_gets_the_key_sealed_to_themselves(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    come(town, album)
    album.take()
    mine = Opener.for_one_answer()
    asked = GetPhotograph(visit_id="visit_1", photo_id="photo_0001", answer_key=mine.public_key)

    told = album.desk.get_photograph(asked, caller("police"))

    assert mine.open(told.sealed, VISIT_PICTURE)["place"] == "22.4681,113.2858"
    with pytest.raises(NotFound, match=r"photograph\.not_found"):
        album.desk.get_photograph(asked, caller("market"))
    with pytest.raises(NotFound, match=r"photograph\.not_found"):
        album.desk.get_photograph(replace(asked, visit_id="visit_2"), TENANCY)


@pytest.mark.criterion("24")
def test_photographs_go_with_their_visit_and_one_without_a_visit_goes_as_late(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    come(town, album)
    album.take()
    album.take("photo_lost", "visit_lost")
    town.wait(2)
    album.desk.look_after()
    album.desk.forget_those_of(town.visits.get("visit_1").state)
    assert album.files.forgotten == ["file_photo_0001"]

    town.wait(735)
    album.desk.look_after()

    assert album.files.forgotten == ["file_photo_0001", "file_photo_lost"]
    for each in album.kept.all():
        assert (each.file, each.sealed, each.submitted_by, each.sent_sha256) == ("", "", "", "")


@pytest.mark.criterion("6.5")
def test_a_lost_photograph_that_somebody_has_looked_at_asks_no_more_stays_and_still_joins(
    town: InspectionsInMemory, album: PhotographsInMemory
) -> None:
    album.take()
    town.wait(2)
    album.desk.look_after()
    with pytest.raises(Forbidden, match=r"rental\.not_your_register"):
        album.desk.settle_photograph(SettlePhotograph(photo_id="photo_0001"), caller("social"))

    told = album.desk.settle_photograph(SettlePhotograph(photo_id="photo_0001"), TENANCY)

    assert (told.needs_attention, album.one().looked_at_by) == (None, TENANCY.actor)
    assert album.files.forgotten == []
    come(town, album)
    assert (album.one().village, album.one().lost_since) == ("village/lotus-bay", None)
