from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from lianxi.cli.main import app
from lianxi.policy.export import as_files, as_json, as_toml, calendar_files, schemas
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "deploy" / "policy"
PROGRAMME = "dayong-2015"


def exported(source: Path, folder: Path) -> dict[str, bytes]:
    ran = CliRunner().invoke(app, ["policy", "export", str(folder), "--policy-dir", str(source)])
    assert ran.exit_code == 0, ran.output
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.toml"))}


def dates_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: dates_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [dates_as_text(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def shipped_files() -> list[tuple[str, Path]]:
    years = [("calendar-year", path) for path in sorted((SHIPPED / "calendar").glob("*.toml"))]
    return [(path.stem, path) for path in sorted((SHIPPED / PROGRAMME).glob("*.toml"))] + years


@pytest.mark.criterion("7.1")
def test_what_is_exported_and_read_again_is_the_same_policy_to_the_byte(policy: Policy, tmp_path: Path) -> None:
    first = exported(SHIPPED, tmp_path / "first")
    second = exported(tmp_path / "first", tmp_path / "second")

    assert first == second
    assert read_policy(tmp_path / "first") == policy
    assert f"{PROGRAMME}/permissions.toml" in first
    assert "calendar/2026.toml" in first


@pytest.mark.criterion("7.1")
def test_a_town_without_local_days_off_writes_no_file_for_them_and_one_with_them_does(
    policy: Policy, copied: Path, tmp_path: Path
) -> None:
    (copied / PROGRAMME / "calendar.toml").write_text(
        '[[change]]\non = 2026-11-20\nis_working = false\nreason_zh = "台风"\nreason_en = "Typhoon"\n', encoding="utf-8"
    )

    assert f"{PROGRAMME}/calendar.toml" not in exported(SHIPPED, tmp_path / "without")
    assert f"{PROGRAMME}/calendar.toml" in exported(copied, tmp_path / "with")
    assert read_policy(tmp_path / "with") == read_policy(copied) != policy


@pytest.mark.criterion("7.1")
def test_json_holds_what_toml_holds(policy: Policy, tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["policy", "export", str(tmp_path), "--json", "--policy-dir", str(SHIPPED)])

    assert ran.exit_code == 0
    for name, content in as_files(policy).items():
        read = json.loads((tmp_path / PROGRAMME / f"{name}.json").read_text(encoding="utf-8"))
        assert read == dates_as_text(tomllib.loads(as_toml(content)))


@pytest.mark.criterion("7.1")
def test_the_published_schemas_are_fresh() -> None:
    folder = ROOT / "docs" / "policy"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.schema.json")}

    assert written == {f"{name}.schema.json": as_json(content) for name, content in schemas().items()}, (
        "run: lianxi policy schema docs/policy"
    )


@pytest.mark.criterion("7.1")
@pytest.mark.parametrize(("name", "path"), shipped_files(), ids=lambda each: str(getattr(each, "stem", each)))
def test_the_shipped_files_satisfy_their_schemas(name: str, path: Path) -> None:
    schema = schemas()[name]
    Draft202012Validator.check_schema(dict(schema))
    checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)

    assert list(checker.iter_errors(dates_as_text(tomllib.loads(path.read_text(encoding="utf-8"))))) == []


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("routing", ("route", 0, "lane"), "fast"),
        ("routing", ("route", 0, "leed"), "police/station"),
        ("clocks", ("clock", 0, "amount"), "seven"),
        ("returns", ("return", 0, "due_on"), "Friday"),
        ("permissions", ("grant", 0, "rows"), "everything"),
        ("permissions", ("grant", 0, "actions"), ["delete"]),
    ],
)
def test_what_the_loader_would_refuse_the_schema_refuses(
    policy: Policy, name: str, path: tuple[Any, ...], value: Any
) -> None:
    content = dates_as_text(json.loads(as_json(as_files(policy)[name])))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    checker = Draft202012Validator(schemas()[name], format_checker=Draft202012Validator.FORMAT_CHECKER)

    assert len(list(checker.iter_errors(content))) == 1


def test_text_of_any_kind_survives(policy: Policy) -> None:
    text = 'quotes " and \\ and\nlines\tand “引号” and \x7f'
    odd = replace(policy, programme=replace(policy.programme, note=text))

    assert tomllib.loads(as_toml(as_files(odd)["programme"]))["programme"]["note"] == text


def test_the_calendar_is_written_by_year(policy: Policy) -> None:
    years = calendar_files(policy)

    assert set(years) == {"2015", "2024", "2025", "2026", "2027"}
    assert years["2026"]["calendar"]["holidays"] == sorted(policy.calendar.years[2026].holidays)
