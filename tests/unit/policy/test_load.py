from __future__ import annotations

from pathlib import Path

import pytest

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.load import load_policy, read_policy

PROGRAMME = "dayong-2015"

# What is spoiled: file, what stands there, what is put instead, the code of the trouble and the key it names.
SPOILED = [
    (
        "programme.toml",
        "issued_on = 2015-10-19",
        'issued_on = "2015-10-19"',
        "policy.value_wrong",
        "programme.issued_on",
    ),
    (
        "programme.toml",
        "issued_on = 2015-10-19",
        "issued_on = 2015-10-19T08:00:00",
        "policy.value_wrong",
        "programme.issued_on",
    ),
    ("programme.toml", "[programme]", "[plan]", "policy.key_unknown", "plan"),
    ("agencies.toml", "is_main_force = true", "is_main_force = 1", "policy.value_wrong", "agency[1].is_main_force"),
    (
        "agencies.toml",
        'code = "police/station"',
        'kode = "police/station"',
        "policy.key_unknown",
        "agency[1].desk[6].kode",
    ),
    ("agencies.toml", 'kind = "village"', 'kind = "hamlet"', "policy.value_wrong", "party[0].kind"),
    ("routing.toml", 'lane = "rescue"', 'lane = "fast"', "policy.value_wrong", "route[1].lane"),
    (
        "routing.toml",
        'copies = ["tenancy/desk", "office/desk"]',
        'copies = "tenancy/desk"',
        "policy.value_wrong",
        "route[0].copies",
    ),
    ("routing.toml", 'lead = "police/station"\n', "", "policy.key_missing", "route[0].lead"),
    ("grades.toml", "days = 3", "days = true", "policy.value_wrong", "brought_forward.days"),
    ("grades.toml", "[brought_forward]", "[later]", "policy.key_unknown", "later"),
    ("clocks.toml", 'unit = "wd"', 'unit = "days"', "policy.value_wrong", "clock[0].unit"),
    ("clocks.toml", "amount = 7\n", "amount = 7.5\n", "policy.value_wrong", "clock[0].amount"),
    ("clauses.toml", "45 = 1", "forty-five = 1", "policy.value_wrong", "sentences.forty-five"),
    ("clauses.toml", "[sentences]", "[sentence]", "policy.key_unknown", "sentence"),
    ("obligations.toml", 'status = "partly"', 'status = "soon"', "policy.value_wrong", "obligation[0].status"),
    ("returns.toml", "due_on = 2015-10-15", "due_on = [2015-10-15]", "policy.value_wrong", "return[0].due_on"),
]


@pytest.mark.parametrize(("file", "written", "instead", "code", "key"), SPOILED)
def test_wrong_data_is_told_by_file_and_key(
    copied: Path, file: str, written: str, instead: str, code: str, key: str
) -> None:
    path = copied / PROGRAMME / file
    text = path.read_text(encoding="utf-8")
    assert written in text
    path.write_text(text.replace(written, instead, 1), encoding="utf-8")

    with pytest.raises(PolicyBroken) as broken:
        read_policy(copied)

    assert broken.value.code == code
    assert broken.value.facts["file"] == f"{PROGRAMME}/{file}"
    assert broken.value.facts["key"] == key


@pytest.mark.parametrize("content", [b"[[route]\n", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_a_file_that_is_no_toml_is_told_by_its_name(copied: Path, content: bytes) -> None:
    (copied / PROGRAMME / "routing.toml").write_bytes(content)

    with pytest.raises(PolicyBroken) as broken:
        read_policy(copied)

    assert broken.value.code == "policy.file_unreadable"
    assert broken.value.facts["file"] == f"{PROGRAMME}/routing.toml"


def test_a_missing_file_or_programme_is_told(copied: Path) -> None:
    (copied / PROGRAMME / "clocks.toml").unlink()

    with pytest.raises(PolicyBroken, match=r"policy\.file_missing.*clocks\.toml"):
        read_policy(copied)
    with pytest.raises(PolicyBroken, match=r"policy\.file_missing"):
        read_policy(copied, "elsewhere-2030")


def test_a_wrong_calendar_is_told_by_its_year(copied: Path) -> None:
    (copied / "calendar" / "2028.toml").write_text("[calendar]\nyear = 2028\n", encoding="utf-8")

    with pytest.raises(PolicyBroken) as broken:
        read_policy(copied)

    assert broken.value.facts == {"file": "calendar/2028.toml", "key": "calendar.is_published"}


def test_a_town_does_not_start_on_a_policy_that_does_not_hang_together(copied: Path) -> None:
    path = copied / PROGRAMME / "routing.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("police/criminal", "police/nobody"), encoding="utf-8")

    read_policy(copied)
    with pytest.raises(PolicyBroken) as broken:
        load_policy(copied)

    assert broken.value.code == "policy.unsound"
    assert any("police/nobody" in found for found in broken.value.facts["findings"])
