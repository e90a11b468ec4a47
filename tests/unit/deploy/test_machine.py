"""What the machine must offer: free ports, settings that somebody reads, a Python that is new enough."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import bootstrap, floors, install, preflight
from deploy.local.assembly import shift_to_today
from deploy.local.database import plain_environment
from deploy.local.places import Places
from deploy.local.ports import LOOPBACK, PortBook, is_free, next_free
from deploy.local.trouble import TownError, last_lines


@pytest.fixture(params=[LOOPBACK, ""])
def taken_port(request: pytest.FixtureRequest) -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind((request.param, 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_port_of_somebody_else_is_left_alone(taken_port: int) -> None:
    assert not is_free(taken_port)
    assert next_free(taken_port) > taken_port


def test_a_port_is_promised_once() -> None:
    book = PortBook(offset=3_000)
    assert len({book.take(9701) for _ in range(6)}) == 6


def test_all_problems_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "NEEDED_DISK_BYTES", 10**18)
    with pytest.raises(TownError) as told:
        preflight.check(Places(tmp_path / "town"), {"LIANXI_MONGOURL": "x", "LANG": "C"})
    assert "Nobody reads LIANXI_MONGOURL" in told.value.what
    assert "MB of disk are free" in told.value.what


def test_too_little_memory_is_told(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 2000000 kB\nMemAvailable: 100000 kB\n")
    assert preflight.too_little_memory(meminfo) == "Only 102 MB of memory are available; 900 MB are needed."
    meminfo.write_text("MemTotal: 2000000 kB\nMemAvailable: 1900000 kB\n")
    assert preflight.too_little_memory(meminfo) is None


def test_settings_of_the_caller_do_not_leak_into_programs() -> None:
    given = {"LIANXI_MONGO_URL": "x", "PYTHONPATH": "y", "RABBITMQ_NODENAME": "z", "PATH": "p"}
    assert plain_environment(given) == {"PATH": "p"}


def test_the_demo_programme_is_rolled_by_whole_weeks() -> None:
    shift = shift_to_today()
    assert shift % 7 == 0
    assert shift > 365 * 8


def test_a_newer_python_is_looked_for_when_this_one_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = bootstrap.needed_python()
    # Never the environment's own: what is made anew cannot make itself.
    assert mine is not None
    assert Path(mine).samefile(sys.executable)
    assert bootstrap.ENVIRONMENT not in Path(mine).parents
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    monkeypatch.setattr(shutil, "which", lambda name: f"/opt/{name}" if name == "python3.12" else None)
    assert bootstrap.needed_python() == "/opt/python3.12"
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert bootstrap.needed_python() is None


def test_an_environment_for_tests_also_runs_the_town() -> None:
    assert bootstrap.at_least("run") == ["run", "test"]
    assert bootstrap.at_least("test") == ["test"]


def test_the_environment_is_made_anew_when_a_requirement_changes(tmp_path: Path) -> None:
    file = tmp_path / "runtime.txt"
    file.write_text("a==1\n")
    first = bootstrap.fingerprint("python3", [file])
    file.write_text("a==2\n")
    assert bootstrap.fingerprint("python3", [file]) != first
    assert bootstrap.fingerprint("python3.12", [file]) != bootstrap.fingerprint("python3", [file])


def test_an_unpacked_erlang_names_its_own_home(tmp_path: Path) -> None:
    home = tmp_path / "with space" / "erlang"
    (home / "bin").mkdir(parents=True)
    script = home / "bin" / "erl"
    script.write_text('if x\nthen\n    ROOTDIR=/usr/lib/erlang\nfi\nBINDIR="$ROOTDIR/erts/bin"\n')
    install.point_erlang_at(home, home)
    assert f"ROOTDIR='{home}'" in script.read_text()
    assert "=/usr/lib/erlang" not in script.read_text()


def test_a_floor_without_tests_is_not_good(tmp_path: Path) -> None:
    report = tmp_path / "unit.xml"
    report.write_text('<testsuites><testsuite tests="0" failures="0" errors="0" skipped="0"/></testsuites>')
    empty = floors.read_report("unit", report, 5, 1.0)
    assert not empty.is_good
    report.write_text('<testsuites><testsuite tests="3" failures="1" errors="0" skipped="1"/></testsuites>')
    failed = floors.read_report("unit", report, 1, 1.0)
    assert (failed.passed, failed.failed, failed.skipped, failed.is_good) == (1, 1, 1, False)
    report.write_text('<testsuites><testsuite tests="3" failures="0" errors="0" skipped="0"/></testsuites>')
    assert floors.read_report("unit", report, 0, 1.0).is_good
    assert not floors.read_report("unit", report, 3, 1.0).is_good
    assert not floors.read_report("unit", tmp_path / "none.xml", 0, 1.0).is_good


def test_a_floor_says_at_the_end_which_tests_failed_and_how(tmp_path: Path) -> None:
    report = tmp_path / "e2e.xml"
    report.write_text(
        '<testsuites><testsuite tests="3" failures="1" errors="1" skipped="0">'
        '<testcase classname="tests.e2e.test_story" name="test_good"/>'
        '<testcase classname="tests.e2e.test_story" name="bad"><failure message="assert 3 &lt;= 2"/></testcase>'
        '<testcase classname="tests.e2e.test_story" name="test_down"><error message="no town"/></testcase>'
        "</testsuite></testsuites>"
    )
    assert floors.read_report("e2e", report, 1, 1.0).troubles == (
        floors.Trouble("tests/e2e/test_story.py::bad", "assert 3 <= 2"),
        floors.Trouble("tests/e2e/test_story.py::test_down", "no town"),
    )
    assert floors.pytest_name("tests.unit.test_a.TestOne", "test_b[x]") == "tests/unit/test_a.py::TestOne::test_b[x]"


def test_the_table_names_what_is_wrong() -> None:
    results = [
        floors.Result("unit", 5, 0, 0, 1.0),
        floors.Result("e2e", 0, 2, 0, 2.0),
        floors.Result("chaos", 0, 0, 0, 0),
    ]
    text = floors.table(results)
    assert "FAILED" in next(line for line in text.splitlines() if line.startswith("e2e"))
    assert "NO TEST RAN" in next(line for line in text.splitlines() if line.startswith("chaos"))
    assert text.splitlines()[-1].split() == ["all", "5", "2", "0", "3.0"]


def test_the_end_of_a_log_skips_empty_lines(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("a\n\nb\n\n")
    assert last_lines(log) == ["a", "b"]
    assert last_lines(tmp_path / "none.log") == []


def test_the_end_of_a_log_is_told_in_words_and_without_a_traceback(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text(
        '{"event": "start_refused", "level": "error", "timestamp": "t", "missing": "key", "exception": "Tr\\nE: no"}\n'
        'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    import y\nImportError: y\n'
    )
    assert last_lines(log) == ["error start_refused missing=key E: no", "ImportError: y"]
