"""One address in any hand is one address, and two buildings are never one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxi.policy.addresses import building_of, normalised, same_place

CHINESE = "零一二三四五六七八九"
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
BUILDING = ("{}号楼", "{}栋", "{}幢", "{}座", "{}號樓", "{}棟", "{}#楼", "{}#", " {} 号 楼")


def chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    if tens == 0:
        return CHINESE[ones]
    return ("" if tens == 1 else CHINESE[tens]) + "十" + (CHINESE[ones] if ones else "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("幸福里3号楼501室", "幸福裡三幢五〇一房"),
        ("幸福里3号楼501室", "幸福里 ３栋，501"),
        ("南文村十二巷7号", "南文村12巷七號"),
        ("岚田社区A座2楼", "嵐田社區 a座 二层"),
        ("旗山路一百零五号", "旗山路105号"),
        ("大涌镇05栋", "大涌镇5栋"),
    ],
)
def test_ways_of_writing_are_one(one: str, other: str) -> None:
    assert same_place(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("幸福里3栋", "幸福里13栋"),
        ("幸福里3栋", "幸福里3层"),
        ("五一路3号", "51路3号"),
        ("三乡镇", "3乡镇"),
        ("幸福里3栋501", "幸福里3栋601"),
    ],
)
def test_other_places_stay_others(one: str, other: str) -> None:
    assert not same_place(one, other)


def test_a_building_is_told_without_its_room() -> None:
    assert building_of("幸福里三号楼五楼501房") == "幸福里3栋"
    assert building_of("村口大榕树旁") is None


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 99), st.sampled_from(BUILDING), st.sampled_from(BUILDING), st.integers(101, 999))
def test_a_building_in_any_two_hands_is_one(number: int, one: str, other: str, room: int) -> None:
    left = "幸福里" + one.format(number) + f"{room}室"
    right = "幸福裏".replace("裏", "里") + other.format(chinese(number)) + str(room).translate(WIDE)

    assert normalised(left) == normalised(right)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 99), st.integers(1, 99), st.sampled_from(BUILDING), st.sampled_from(BUILDING))
def test_two_numbers_are_two_buildings(first: int, second: int, one: str, other: str) -> None:
    is_same = same_place("幸福里" + one.format(first), "幸福里" + other.format(chinese(second)))

    assert is_same is (first == second)


@settings(max_examples=150, deadline=None)
@given(st.text("0123三十二百〇号楼栋幢座#单元层室房巷路里裡村 -,。AbＡ３幸福", max_size=25))
def test_what_is_made_alike_stays_as_it_is(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)
