from __future__ import annotations

from pathlib import Path

from deploy.local.criteria import Criterion, Outcome, Results, read_criteria, summary, table, verdict

PASSED = Outcome("passed", "2026-11-23T08:00:00+00:00", "smoke")
FAILED = Outcome("failed", "2026-11-23T09:00:00+00:00", "smoke")
FULL = Outcome("passed", "2026-11-22T09:00:00+00:00", "full")


def test_the_list_holds_every_criterion_once() -> None:
    numbers = [each.number for each in read_criteria()]

    assert len(numbers) == len(set(numbers)) == 105
    assert {"1.1", "2.9", "18.4", "19.4", "20.3", "21", "25"} <= set(numbers)


def test_the_worst_of_its_tests_decides_a_criterion() -> None:
    assert verdict([], {}) == "no test yet"
    assert verdict(["a"], {}) == "not run yet"
    assert verdict(["a", "b"], {"a": PASSED}) == "not run yet"
    assert verdict(["a", "b"], {"a": PASSED, "b": FAILED}) == "failed"
    assert verdict(["a"], {"a": PASSED, "gone": FAILED}) == "passed"


def test_a_later_run_replaces_what_ran_again_and_keeps_the_last_full_one(tmp_path: Path) -> None:
    file = tmp_path / "criteria.json"
    Results.read(file).with_run({"4.2": {"a": FULL, "b": PASSED}}).write(file)
    Results.read(file).with_run({"4.2": {"a": FAILED}}).write(file)

    results = Results.read(file)

    assert results.last["4.2"] == {"a": FAILED, "b": PASSED}
    assert results.full["4.2"] == {"a": FULL}


def test_the_table_names_tests_and_their_last_run() -> None:
    criteria = [Criterion("4.2", "Once"), Criterion("9.9", "Never")]
    results = Results({}, {}).with_run({"4.2": {"tests/a.py::test": FULL}})

    lines = "\n".join(table(criteria, {"4.2": ["tests/a.py::test"]}, results))

    assert "  4.2  passed       Once  (2026-11-22T09:00:00+00:00)" in lines
    assert "tests/a.py::test" in lines
    assert "full size: passed" in lines
    assert "  9.9  no test yet  Never" in lines
    assert summary(criteria, {"4.2": ["tests/a.py::test"]}, results) == "2 criteria: 1 no test yet, 1 passed"
