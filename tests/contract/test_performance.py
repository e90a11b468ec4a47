"""The page about performance is what the generator writes from the results that are kept beside it."""

from __future__ import annotations

import re

from bench import page, results
from deploy.local.places import CHECKOUT


def test_the_page_and_its_plots_are_those_of_the_kept_results() -> None:
    written = page.files(results.read())

    stale = [place for place, text in written.items() if (CHECKOUT / place).read_text(encoding="utf-8") != text]
    assert stale == [], "python -m bench.page"


def test_the_results_are_kept_as_they_are_written() -> None:
    assert results.written(results.read()) == results.FILE.read_text(encoding="utf-8")


def test_no_aim_is_left_without_its_row() -> None:
    text = (CHECKOUT / page.PAGE).read_text(encoding="utf-8")

    assert re.findall(r"^\| (M\d+) \|", text, flags=re.MULTILINE) == [f"M{number}" for number in range(1, 15)]
