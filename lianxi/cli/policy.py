"""`lianxi policy`: check, cover and show the policy files, without a gateway and without a network."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lianxi.contracts.registry import EVENTS
from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.coverage import STATUS_EN, STATUS_ZH, coverage, totals
from lianxi.policy.findings import Finding, error
from lianxi.policy.index import clause_index
from lianxi.policy.lint import lint
from lianxi.policy.load import DEFAULT_PROGRAMME, read_policy
from lianxi.policy.policy import Policy

app = typer.Typer(
    help="The plan and the law as data: check it, and see which sentence is kept by what.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Directory = Annotated[
    Path | None, typer.Option("--policy-dir", envvar="LIANXI_POLICY_DIR", help="Folder of policy files.")
]
Programme = Annotated[str, typer.Option(envvar="LIANXI_PROGRAMME", help="Which programme in it.")]
Language = Annotated[str, typer.Option("--lang", envvar="LANG", help="zh for Chinese, anything else for English.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

SHIPPED = Path("deploy/policy")
SENTENCE_WIDTH = 36
PIPE_WIDTH = 200

WORDS: Mapping[str, tuple[str, str]] = {
    "sound": ("{errors} errors, {warnings} warnings.", "{errors} 处错误,{warnings} 处提示。"),
    "error": ("ERROR", "错误"),
    "warning": ("warning", "提示"),
    "clause": ("sentence", "条款"),
    "written": ("written", "原文"),
    "lead": ("lead", "主责"),
    "obligation": ("obligation", "职责条目"),
    "feature": ("kept by", "对应功能"),
    "status": ("status", "状态"),
    "total": ("{number} sentences", "共 {number} 句"),
    "unknown": ("There is no part {part!r}; there are: {parts}.", "没有“{part}”这一部分;可选:{parts}。"),
}


@app.command()
def check(
    directory: Directory = None,
    programme: Programme = DEFAULT_PROGRAMME,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Say what a careful reader would say about the policy. Exits 1 when a town could not run on it."""
    findings = _findings(directory or shipped(), programme)
    errors = [found for found in findings if found.severity == "error"]
    if as_json:
        _print_json({"findings": [asdict(found) for found in findings], "errors": len(errors)})
    else:
        language = spoken(lang)
        for found in findings:
            mark = _say("error" if found.severity == "error" else "warning", language)
            place = f" [{found.clause}]" if found.clause else ""
            typer.echo(f"{mark} {found.id}{place}: {found.in_language(language)}")
        typer.echo(_say("sound", language).format(errors=len(errors), warnings=len(findings) - len(errors)))
    raise typer.Exit(1 if errors else 0)


@app.command("coverage")
def show_coverage(
    directory: Directory = None,
    programme: Programme = DEFAULT_PROGRAMME,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """List every sentence of the plan with who leads, what keeps it, and whether that runs in this release."""
    rows = coverage(read_policy(directory or shipped(), programme))
    counted = totals(rows)
    if as_json:
        _print_json({"sentences": [asdict(row) for row in rows], "totals": counted})
        return
    language = spoken(lang)
    status = STATUS_ZH if language == "zh" else STATUS_EN
    _table(
        [_say(word, language) for word in ("clause", "written", "lead", "obligation", "feature", "status")],
        [
            (
                row.clause,
                _short(row.sentence),
                ", ".join(row.lead),
                ", ".join(row.obligations),
                "; ".join(row.features),
                status[row.status],
            )
            for row in rows
        ],
    )
    told = ", ".join(f"{status[name]} {number}" for name, number in counted.items())
    typer.echo(f"{_say('total', language).format(number=len(rows))}: {told}")


@app.command()
def show(
    part: Annotated[str, typer.Argument(help="What to show; without it, what there is.")] = "",
    directory: Directory = None,
    programme: Programme = DEFAULT_PROGRAMME,
    lang: Language = "en",
) -> None:
    """Show one part of the policy as a table: agencies, routes, clocks, grades, returns, notices."""
    policy = read_policy(directory or shipped(), programme)
    language = spoken(lang)
    if not part:
        _table(["part", "rows"], [(name, str(len(rows(policy, language)))) for name, (_, rows) in PARTS.items()])
        return
    if part not in PARTS:
        raise typer.BadParameter(_say("unknown", language).format(part=part, parts=", ".join(PARTS)))
    columns, rows = PARTS[part]
    _table(columns, rows(policy, language))


@app.command()
def index(directory: Directory = None, programme: Programme = DEFAULT_PROGRAMME) -> None:
    """Print the index of the plan's sentences, the page docs/source/clauses.md."""
    typer.echo(clause_index(read_policy(directory or shipped(), programme)), nl=False)


def shipped() -> Path:
    """Find the policy folder of this checkout: below where one stands, or beside the package."""
    return SHIPPED if SHIPPED.is_dir() else Path(__file__).resolve().parents[2] / SHIPPED


def spoken(lang: str) -> str:
    """Read a language from `--lang` or from a locale such as `zh_CN.UTF-8`."""
    return "zh" if lang.lower().startswith("zh") else "en"


Rows = list[tuple[str, ...]]
RowsOf = Callable[[Policy, str], Rows]


def _findings(directory: Path, programme: str) -> tuple[Finding, ...]:
    try:
        policy = read_policy(directory, programme)
    except PolicyBroken as broken:
        return (error(broken.code, f"Cannot be read: {broken}", f"无法读取:{broken}"),)
    return lint(policy, EVENTS)


def _named(row: Any, language: str) -> str:
    return str(row.name_zh if language == "zh" else row.name_en)


def _agencies(policy: Policy, language: str) -> Rows:
    return [
        (agency.code, _named(agency, language), agency.clause, ", ".join(desk.code for desk in agency.desks))
        for agency in policy.agencies.values()
    ]


def _parties(policy: Policy, language: str) -> Rows:
    return [(party.code, party.kind, _named(party, language), party.clause) for party in policy.parties.values()]


def _routes(policy: Policy, language: str) -> Rows:
    return [
        (route.category, _named(route, language), route.lead, ", ".join(route.copies), route.lane, route.clause)
        for route in policy.routes
    ]


def _grades(policy: Policy, language: str) -> Rows:
    return [
        (row.code, _named(row, language), row.cadence, row.window_mode, row.clause) for row in policy.grades.values()
    ]


def _returns(policy: Policy, language: str) -> Rows:
    return [
        (row.code, f"{row.due_on} {row.due_on:%A}", row.label, ", ".join(row.owed_by), row.to)
        for row in (*policy.returns, policy.summary)
    ]


def _clocks(policy: Policy, language: str) -> Rows:
    return [
        (
            row.id,
            row.clock,
            f"{row.amount} {row.unit}",
            _named(row, language),
            f"{row.effective_from} – {row.effective_to or ''}",
            row.basis,
        )
        for row in policy.clocks
    ]


def _notices(policy: Policy, language: str) -> Rows:
    return [
        (row.event, ", ".join(row.receivers), str(row.within or ""), row.text_zh if language == "zh" else row.text_en)
        for row in policy.notices
    ]


def _phases(policy: Policy, language: str) -> Rows:
    return [
        (
            phase.code,
            phase.title_zh if language == "zh" else phase.title_en,
            f"{phase.starts_on} – {phase.ends_on}",
            phase.clause,
        )
        for phase in policy.programme.phases
    ]


def _calendar(policy: Policy, language: str) -> Rows:
    return [
        (
            str(year.year),
            "published" if year.is_published else "not published",
            str(len(year.holidays)),
            ", ".join(str(day) for day in sorted(year.make_up_workdays)),
        )
        for year in policy.calendar.years.values()
    ]


PARTS: Mapping[str, tuple[Sequence[str], RowsOf]] = {
    "agencies": (("code", "name", "seat", "desks"), _agencies),
    "parties": (("code", "kind", "name", "named in"), _parties),
    "phases": (("code", "name", "dates", "sentence"), _phases),
    "routes": (("category", "name", "lead", "copies", "lane", "sentence"), _routes),
    "grades": (("code", "name", "cadence", "window", "sentence"), _grades),
    "returns": (("code", "due", "label", "owed by", "to"), _returns),
    "clocks": (("id", "clock", "limit", "name", "in force", "basis"), _clocks),
    "notices": (("event", "receivers", "acknowledge within", "text"), _notices),
    "calendar": (("year", "announced", "days off", "make-up workdays"), _calendar),
}


def _say(word: str, language: str) -> str:
    english, chinese = WORDS[word]
    return chinese if language == "zh" else english


def _short(text: str) -> str:
    return text if len(text) <= SENTENCE_WIDTH else text[: SENTENCE_WIDTH - 1] + "…"


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table. rich is loaded only here: checking and JSON do not wait for it."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, show_lines=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    console.print(table)
