"""Floors run side by side: each with ports of its own, all of them told, and what measures time alone."""

from __future__ import annotations

import fcntl
import io
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.local import floors
from deploy.local.progress import Progress
from tests.support.town import own_ports
from tests.support.turns import turn
from tests.support.waiting import wait_until


def silent() -> Progress:
    return Progress(stream=io.StringIO(), environment={"LANG": "C"})


def stands_at_the_door(folder: Path) -> bool:
    with (folder / "door").open("w") as door:
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_every_floor_has_its_row_in_the_order_asked_for_and_a_missing_one_has_failed() -> None:
    asked = ["no-such-floor", "nor-this", "nor-that"]
    results = floors.run_side_by_side(asked, silent())
    assert [each.floor for each in results] == asked
    assert not any(each.is_good for each in results)


def test_a_line_says_whose_it_is_and_the_run_knows_its_lane() -> None:
    out = io.StringIO()
    command = [sys.executable, "-c", f"import os, sys; print(os.environ['{floors.LANE}']); sys.exit(3)"]
    assert floors.run_in_lane(command, "e2e", 1, Progress(stream=out, environment={"LANG": "C"})) == 3
    assert out.getvalue().split() == ["e2e", "|", "1"]


@pytest.mark.parametrize(
    ("passes", "most", "expected"), [(True, 3, (7, 0, 1)), (False, 3, (6, 1, 0)), (True, 0, (6, 1, 0))]
)
def test_what_failed_in_company_is_run_once_more_alone_and_is_told_as_unsteady(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, passes: bool, most: int, expected: tuple[int, int, int]
) -> None:
    test = tmp_path / "test_again.py"
    test.write_text(f"def test_it():\n    assert {passes}\n")
    monkeypatch.setattr(floors, "REPORTS", tmp_path)
    monkeypatch.setattr(floors, "MOST_AGAIN", most)
    trouble = floors.Trouble(f"{test}::test_it", "it was slow")
    seen = floors.look_again(floors.Result("e2e", 6, 1, 0, 1.0, (trouble,)), silent())
    assert (seen.passed, seen.failed, seen.unsteady) == expected
    assert seen.troubles == (trouble,), "it is told either way"
    assert ("1 unsteady" in floors.table([seen])) is (expected[2] == 1)


def test_a_floor_that_broke_off_is_not_looked_at_again() -> None:
    broken = floors.Result("e2e", 0, 1, 0, 1.0)
    assert floors.look_again(broken, silent()) is broken


def test_two_lanes_never_ask_for_the_same_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, set[int]] = {}
    for lane in map(str, range(floors.LANES)):
        monkeypatch.setenv(floors.LANE, lane)
        asked[lane] = {own_ports()._offset % 100 for _ in range(50)}
    assert all(len(each) == 1 for each in asked.values())
    assert len(set.union(*asked.values())) == floors.LANES


def test_who_measures_time_is_alone_and_waits_for_nobody_who_came_later(tmp_path: Path) -> None:
    inside: list[str] = []
    let_go = {name: threading.Event() for name in ("first", "second", "alone", "later")}

    def visit(name: str) -> None:
        with turn(tmp_path, is_alone=name == "alone"):
            inside.append(name)
            let_go[name].wait(30)
            inside.remove(name)

    def let_all_go() -> None:
        for each in let_go.values():
            each.set()

    with ExitStack() as stack:
        started = {name: threading.Thread(target=visit, args=(name,)) for name in let_go}
        stack.callback(let_all_go)
        for name in ("first", "second"):
            started[name].start()
        wait_until(lambda: sorted(inside) == ["first", "second"], what="both to be inside")
        started["alone"].start()
        wait_until(lambda: stands_at_the_door(tmp_path), what="the one who wants to be alone")
        started["later"].start()
        let_go["first"].set()
        wait_until(lambda: inside == ["second"], what="the first to be gone")
        let_go["second"].set()
        wait_until(lambda: inside == ["alone"], what="the one who wants to be alone")
        let_go["alone"].set()
        wait_until(lambda: inside == ["later"], what="the one who came later")
        let_go["later"].set()
        for each in started.values():
            each.join(30)
    assert inside == []
