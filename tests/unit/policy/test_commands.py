from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lianxi import __version__
from lianxi.cli.main import app
from lianxi.cli.options import spoken
from lianxi.cli.policy import PARTS
from lianxi.policy.forms import FORMS

RUNNER = CliRunner(env={"LANG": "C.UTF-8"})
SHIPPED = str(Path(__file__).resolve().parents[3] / "deploy" / "policy")
HERE = ["--policy-dir", SHIPPED]
REMARKS = [f"X-{number:02d}" for number in range(1, 26)]


PROBE = f"""
import sys
from lianxi.cli.main import app
try:
    app(["policy", "check", "--policy-dir", {SHIPPED!r}])
except SystemExit as done:
    assert done.code == 0
loaded = {{name.partition(".")[0] for name in sys.modules}}
print(sorted(loaded & {{"rich", "eventlet", "nameko", "mongoengine", "pymongo", "pika", "kombu"}}))
"""


def run(*words: str) -> tuple[int, str]:
    result = RUNNER.invoke(app, words)
    return result.exit_code, result.output


@pytest.mark.criterion("12.1")
def test_check_tells_all_remarks_and_exits_zero() -> None:
    code, said = run("policy", "check", *HERE)

    assert code == 0
    for finding in REMARKS:
        assert f"warning {finding}" in said
    assert said.endswith("0 errors, 25 warnings.\n")


def test_check_in_chinese_is_chinese() -> None:
    code, said = run("policy", "check", "--lang", "zh", *HERE)

    assert code == 0
    assert "星期四" in said
    assert said.endswith("0 处错误,25 处提示。\n")
    assert [spoken(lang) for lang in ("zh_CN.UTF-8", "zh", "ZH", "en_GB.UTF-8", "C", "")] == ["zh"] * 3 + ["en"] * 3


def test_check_as_json_is_for_programs() -> None:
    code, said = run("policy", "check", "--json", *HERE)
    told = json.loads(said)

    assert code == 0
    assert told["errors"] == 0
    assert [found["id"] for found in told["findings"]] == REMARKS


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [("police/criminal", "police/nobody", "route.desk_unknown"), ("[[route]]", "[[route", "policy.file_unreadable")],
)
def test_check_exits_one_on_an_error(copied: Path, written: str, instead: str, told: str) -> None:
    path = copied / "dayong-2015" / "routing.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(written, instead), encoding="utf-8")

    code, said = run("policy", "check", "--policy-dir", str(copied))

    assert code == 1
    assert f"ERROR {told}" in said


def test_coverage_lists_every_sentence_and_the_totals_of_each_status() -> None:
    code, said = run("policy", "coverage", *HERE)

    assert code == 0
    for clause in ("L1.1", "L45.1", "L88.2", "L90.2"):
        assert clause in said
    assert "107 sentences: runs " in said


def test_coverage_as_json_has_107_sentences() -> None:
    code, said = run("policy", "coverage", "--json", *HERE)
    told = json.loads(said)

    assert code == 0
    assert len(told["sentences"]) == sum(told["totals"].values()) == 107


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_part_can_be_shown(part: str, lang: str) -> None:
    code, said = run("policy", "show", part, "--lang", lang, *HERE)

    assert code == 0
    assert len(said.splitlines()) > 4


def test_show_tells_every_rule_and_refuses_a_part_that_there_is_not() -> None:
    code, said = run("policy", "show", *HERE)

    assert code == 0
    assert all(f"{name}.toml" in said for name in FORMS if name not in {"clauses", "calendar"})
    assert "within 15 working days" in said
    assert run("policy", "show", "weather", *HERE)[0] == 2


@pytest.mark.parametrize("file", ["ladders", "rewards", "permissions"])
def test_one_file_is_shown_in_sentences(file: str) -> None:
    code, said = run("policy", "show", file, "--lang", "zh", *HERE)

    assert code == 0
    assert said.strip().startswith(f"{file}.toml")
    assert said.count(".toml") == 1


def test_the_calendars_horizon_is_told() -> None:
    assert run("policy", "horizon", *HERE) == (
        0,
        "Working days are known up to 2026-12-31; limits that end later may still move.\n",
    )


def test_the_version_is_told() -> None:
    assert run("--version") == (0, f"lianxi {__version__}\n")


def test_checking_loads_no_table_maker_no_database_and_no_bus(tmp_path: Path) -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            PROBE,
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[3],
    )

    assert told.stdout.splitlines()[-1] == "[]"


def test_a_policy_that_is_not_there_is_one_line_and_exit_code_two(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "lianxi.cli.main", "policy", "coverage", "--policy-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[3],
    )

    assert told.returncode == 2
    assert told.stderr.startswith("lianxi: policy.file_missing")
    assert len(told.stderr.splitlines()) == 1
