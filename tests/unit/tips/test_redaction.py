"""What a desk never gets to read."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tips.policy import redact

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FULL_WIDTH = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")
IN_WORDS = str.maketrans("0123456789", "零一二三四五六七八九")
# Words that hold no digit, no marker of a name and no letter of the Latin alphabet.
AROUND = st.text(alphabet="那栋楼晚上有很多外地口音的年轻人上课。,!\n他们住在一起不出门", max_size=30)
SPACING = st.sampled_from(["", " ", "-", "  ", "·", ".", "\u3000", "\u200b"])


def id_card(first_seventeen: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(first_seventeen, WEIGHTS, strict=True))
    return first_seventeen + "10X98765432"[total % 11]


digits = st.text(alphabet="0123456789", min_size=9, max_size=9)
mobiles = st.builds(lambda second, rest: f"1{second}{rest}", st.sampled_from("3456789"), digits)
id_cards = st.builds(
    lambda area, year, month, day, order: id_card(f"{area}{year}{month:02}{day:02}{order:03}"),
    st.integers(110000, 659999),
    st.integers(1940, 2020),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 999),
)
bank_cards = st.from_regex(r"62[0-9]{14,17}", fullmatch=True)
landlines = st.builds(
    lambda area, between, local: f"{area}{between}{local}",
    st.sampled_from(["010", "020", "0760", "0755"]),
    st.sampled_from(["", "-", " "]),
    st.integers(20_000_000, 89_999_999),
)
spellings = st.sampled_from([lambda text: text, lambda text: text.translate(FULL_WIDTH)])


def only_digits(text: str) -> str:
    plain = text.translate({ord(full): chr(ord(full) - 0xFEE0) for full in "０１２３４５６７８９Ｘｘ"})
    return re.sub(r"[^0-9Xx]", "", plain)


@given(AROUND, st.one_of(mobiles, id_cards, bank_cards), SPACING, spellings, AROUND)
def test_numbers_go_however_they_are_spaced_and_written(
    before: str, number: str, spacing: str, spelling: Callable[[str], str], after: str
) -> None:
    text = f"{before}电话{spelling(spacing.join(number))}。{after}"

    read = redact(text)

    assert number.upper() not in only_digits(read).upper()
    assert not only_digits(read)
    assert "[已隐去" in read


@given(AROUND, mobiles, AROUND)
def test_numbers_in_words_go(before: str, number: str, after: str) -> None:
    read = redact(f"{before}:{number.translate(IN_WORDS)}。{after}")

    assert number.translate(IN_WORDS) not in read


@given(AROUND, landlines, AROUND)
def test_landlines_go(before: str, number: str, after: str) -> None:
    assert number not in redact(f"{before}座机{number}。{after}")


@given(AROUND, id_cards, st.sampled_from("xX"))
def test_an_identity_card_that_ends_in_x_goes_whole(before: str, number: str, last: str) -> None:
    read = redact(f"{before}证号{number[:17]}{last}。")

    assert "证件号" in read
    assert last not in read


@given(AROUND, st.from_regex(r"[a-z][a-z0-9_.]{2,12}@[a-z0-9]{2,10}\.(com|cn|com\.cn)", fullmatch=True), AROUND)
def test_mail_addresses_go(before: str, address: str, after: str) -> None:
    assert address not in redact(f"{before}邮箱 {address} {after}")


@given(
    st.sampled_from(["微信", "微信号:", "加微信", "WeChat: ", "VX", "QQ", "qq号是", "扣扣:", "薇信号 "]),
    st.from_regex(r"[a-z][a-z0-9_-]{5,19}|[1-9][0-9]{5,10}", fullmatch=True),
)
def test_accounts_after_their_marker_go(marker: str, account: str) -> None:
    read = redact(f"有人拉我进群,{marker}{account},快去看")

    assert account not in read
    assert "[已隐去" in read


@given(
    st.sampled_from("粤京沪湘桂"),
    st.sampled_from("ABCDEFGHJK"),
    st.text(alphabet="ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=5, max_size=6),
    st.sampled_from(["", " ", "·"]),
)
def test_plates_go(province: str, city: str, rest: str, between: str) -> None:
    read = redact(f"门口停着{province}{city}{between}{rest},天天来")

    assert rest not in read
    assert "[已隐去" in read


@given(
    st.sampled_from(["我叫", "我是", "姓名:", "姓名:", "联系人:", "联系人", "举报人 ", "本人", "我名叫"]),
    st.sampled_from("王李张刘陈欧冼麦"),
    st.text(alphabet="伟芳秀英敏静丽强磊军洋艳勇杰娟涛", min_size=1, max_size=2),
)
def test_names_that_say_they_are_names_go(marker: str, family: str, given_name: str) -> None:
    read = redact(f"{marker}{family}{given_name},住在对面。")

    assert f"{family}{given_name}" not in read
    assert "[已隐去姓名]" in read


@pytest.mark.parametrize(
    "text",
    [
        "2015-10-19 20:30 三楼501室有三十人听课",
        "2015年10月19日晚上,12-3-1203 住了二十人,每人交了2900元",
        "501、502、503、504房都是他们的",
        "交了1234567元,说是入门费",
        "我是住在对面的租客,举报人希望匿名",
        "每周二、四、六讲课,一共来了三五十人",
    ],
)
def test_what_the_desks_need_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=200))
def test_any_text_at_all_can_be_redacted_and_stays_so(text: str) -> None:
    once = redact(text)

    assert redact(once) == once


@given(AROUND)
def test_a_text_with_nothing_to_hide_is_left_alone(text: str) -> None:
    assert redact(text) == text
