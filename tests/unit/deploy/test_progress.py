"""What is printed where nobody watches a terminal, and on one."""

from __future__ import annotations

import io
from pathlib import Path
from string import Formatter

import pytest

from deploy.local import progress as progress_module
from deploy.local.children import start_time
from deploy.local.commands import run_logged
from deploy.local.progress import WORDS, Progress, speaks_english, width
from deploy.local.supervisor import Interrupted
from deploy.local.trouble import TownError


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "english"),
    [
        ({}, False),
        ({"LANG": "zh_CN.UTF-8"}, False),
        ({"LANG": "en_GB.UTF-8"}, True),
        ({"LANG": "en"}, True),
        ({"LANG": "C.UTF-8"}, True),
        ({"LC_ALL": "POSIX", "LANG": "zh_CN.UTF-8"}, True),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, False),
    ],
)
def test_the_reader_s_locale_chooses_the_language(environment: dict[str, str], english: bool) -> None:
    assert speaks_english(environment) is english


def fields_of(text: str) -> set[str | None]:
    return {field for _, field, _, _ in Formatter().parse(text)}


def test_every_sentence_takes_the_same_facts_in_both_languages() -> None:
    for key, (both, english) in WORDS.items():
        assert fields_of(both) == fields_of(english), key
        assert english.isascii(), key


def test_plain_lines_have_no_colour_and_end_with_the_time() -> None:
    out = io.StringIO()
    told = Progress(6, out, {"LANG": "en"})
    told.begin("broker", "127.0.0.1:5673")
    told.done("broker")
    first, last = out.getvalue().splitlines()
    assert first.startswith(" 1/6 broker  127.0.0.1:5673")
    assert last.endswith("s")
    assert "\x1b" not in out.getvalue()


def test_a_heartbeat_is_printed_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "HEARTBEAT_SECONDS", 0.0)
    out = io.StringIO()
    told = Progress(6, out, {"LANG": "en"})
    told.begin("desks")
    told.note("desks", "3/6")
    told.beat()
    assert "still working: relay and desks 3/6" in out.getvalue()


def test_a_terminal_gets_a_bar_that_is_wiped() -> None:
    out = Terminal()
    told = Progress(6, out, {"LANG": "en", "TERM": "xterm"})
    told.begin("desks")
    told.done("desks", "6/6")
    assert "\r\x1b[K" in out.getvalue()
    assert "█" in out.getvalue() or "░" in out.getvalue()
    assert "\x1b[32m✔\x1b[0m" in out.getvalue()


def test_no_colour_is_honoured() -> None:
    out = Terminal()
    told = Progress(6, out, {"LANG": "en", "TERM": "xterm", "NO_COLOR": "1"})
    told.begin("desks")
    told.done("desks")
    assert "\x1b[32m" not in out.getvalue()


def test_a_failure_is_two_sentences_the_end_of_the_log_and_its_path(tmp_path: Path) -> None:
    log = tmp_path / "broker.log"
    log.write_text("".join(f"line {number}\n" for number in range(20)))
    out = io.StringIO()
    Progress(6, out, {"LANG": "en"}).fail(TownError("The broker ended.", "Start again.", log))
    lines = out.getvalue().splitlines()
    assert lines[0].endswith("The broker ended.")
    assert lines[1].strip() == "What to do: Start again."
    assert [line.strip() for line in lines[2:7]] == [f"| line {number}" for number in range(15, 20)]
    assert lines[7].strip() == f"Log: {log}"


def test_chinese_signs_take_two_cells() -> None:
    assert width("网关 gateway") == 12


def test_a_closed_terminal_does_not_stop_the_stop() -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    told = Progress(6, Closed(), {"LANG": "en"})
    told.begin("gateway")
    told.done("gateway")
    told.say("all_stopped")
    assert told.word("all_stopped") == "everything stopped, nothing left running"


def test_a_program_ends_with_the_wish_to_stop(tmp_path: Path) -> None:
    told = Progress(stream=io.StringIO(), environment={"LANG": "en"})

    def stop() -> None:
        raise Interrupted

    told.before_beat = stop
    with pytest.raises(Interrupted):
        run_logged(["sh", "-c", "echo $$; exec sleep 600"], tmp_path / "log", beat=told.beat)
    pid = int((tmp_path / "log").read_text().split()[-1])
    assert start_time(pid) is None
