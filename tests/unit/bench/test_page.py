"""What the page says of results: plainly, whatever they are."""

from __future__ import annotations

from typing import Any

import pytest

from bench import aims, page
from tests.unit.bench import made_up


def row_of(text: str, code: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| {code} |"))


def test_what_was_not_measured_is_said_so() -> None:
    text = page.page(made_up.whole())

    assert all(page.NOT_MEASURED in row_of(text, f"M{number}") for number in range(1, 15))


def test_a_missed_floor_is_called_missed() -> None:
    text = page.page(made_up.whole(side_by_side=made_up.side_by_side()))

    assert "**floor missed**" in row_of(text, "M3")
    assert "÷ D: 1.2, at the same work 6" in row_of(text, "M3")
    assert "same work: floor kept" in row_of(text, "M3")
    assert "moonshot" in row_of(text, "M1")


def test_what_stands_in_the_way_stands_beside_each_aim() -> None:
    text = page.page(made_up.whole())

    assert [aim.code for aim in aims.aims()] == [f"M{number}" for number in range(1, 15)]
    assert all(aim.way in row_of(text, aim.code) for aim in aims.aims())


def test_peers_tuned_by_hand_and_peers_that_are_not_here_are_told_apart() -> None:
    text = page.page(made_up.whole(side_by_side=made_up.side_by_side()))

    assert "not here" in row_of(text, "F2")
    assert "two writes" in row_of(text, "D")
    assert "the same work" in row_of(text, "D=")


def test_a_contender_that_lost_items_has_no_rate() -> None:
    found = made_up.side_by_side()
    found["runs"]["D"] = [{"lost": "D: 1 of 100"}]

    assert "**failed**: D: 1 of 100" in row_of(page.page(made_up.whole(side_by_side=found)), "D")


@pytest.mark.parametrize(("load", "said"), [(0.1, "was quiet"), (6.0, "**Others were at work")])
def test_a_busy_machine_is_said_to_be_one(load: float, said: str) -> None:
    whole: dict[str, Any] = {**made_up.whole(), "taken": {"rest": made_up.taken(load)}}

    assert said in page.page(whole)
    assert f"{load} / 2.0" in row_of(page.page(whole), "`rest`")


def test_sizes_that_were_mixed_are_told_apart() -> None:
    taken = {"rest": made_up.taken(), "start": made_up.taken(is_short=False)}

    assert "full and short sizes" in page.page({**made_up.whole(), "taken": taken})
    assert page.sizes_of({"taken": {"start": taken["start"]}}) == "full size"


def test_less_is_better_for_some_aims() -> None:
    aim = next(each for each in aims.aims() if each.code == "M9")

    assert page.verdict_of(aim, 0.4) == "moonshot"
    assert page.verdict_of(aim, 1.0) == "floor kept"
    assert page.verdict_of(aim, 3.0) == "**floor missed**"
    assert aim.share(1.0) == 0.5


def test_growth_is_written_with_its_exponent() -> None:
    sizes = [{"rentals": size, "list_ms": 1.0, "month_ms": size / 10, "scan_ms": size / 100} for size in (100, 1000)]
    text = "\n".join(page.growth_rows({"plan": {"sizes": sizes}}))

    assert "| 0.00 |" in text
    assert "| 1.00 |" in text


def test_everything_that_was_measured_is_on_the_page() -> None:
    written = page.files(made_up.everything())
    text = written[page.PAGE]

    assert f"| {page.NOT_MEASURED} |" not in text
    assert set(written) == {page.PAGE, page.INTAKE_PLOT, page.GROWTH_PLOT}
    for said in ("Argon2id 36,000 µs", "200 ordinary tips waiting", "220 MiB in all", "lost 0, doubled 0", "100/s: "):
        assert said in text


def test_a_size_that_was_not_stored_is_not_held_against_the_list() -> None:
    found = aims.reached(made_up.everything()["steps"], "M11")

    assert found is not None
    assert found.value == 100
    assert "10,000 rentals" in found.note


def test_a_step_that_failed_is_said_to_have() -> None:
    failed = {"failed": "Lost: 1 of 10 records"}
    text = page.page(made_up.whole(kills=failed, side_by_side=failed))

    assert "| each process killed in turn under load | **failed**: Lost: 1 of 10 records |" in text
    assert "**Failed**: Lost" in text
    assert page.NOT_MEASURED in row_of(text, "M10")


def test_a_figure_does_not_count_when_its_condition_is_broken() -> None:
    found = made_up.everything()
    found["steps"]["likeness"]["sizes"][-1]["ours"] = [{"first": 0.5, "at_2": 0.9, "at_1": 0.8}]
    found["steps"]["likeness"]["sizes"][-1]["scan_ms"] = 70_000.0

    assert "**floor missed**: recall@1 whatever the alarms is worse: L0 0.50 < 1.00" in row_of(page.page(found), "M13")


def test_how_many_floors_were_missed_is_said_first() -> None:
    assert "Of fourteen aims: not measured 14." in page.page(made_up.whole())
    assert "floor missed" in page.summary(made_up.everything()["steps"])


def test_a_figure_that_is_far_enough_is_no_moonshot_while_its_condition_is_wanting() -> None:
    found = made_up.everything()
    size = found["steps"]["likeness"]["sizes"][-1]
    size["scan_ms"] = 1_000 * size["ours_ms"]
    size["ours"] = [{"first": 1.0, "at_2": 1.0, "at_1": 0.9}]

    row = row_of(page.page(found), "M13")
    assert "floor kept: recall@1 at 1 % false alarms 0.90 < 0.95 on L2" in row
    assert "moonshot" not in row
