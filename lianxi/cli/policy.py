"""`lianxi policy`: check, cover and show the policy files, without a gateway and without a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Annotated, Any

import typer

from lianxi.cli import drafts, publishing
from lianxi.cli.options import AsJson, Directory, Language, Programme, print_json, print_table, shipped, spoken
from lianxi.kernel.clock import SystemClock, local_date
from lianxi.policy.coverage import STATUS_EN, STATUS_ZH, coverage, totals
from lianxi.policy.forms import FORMS
from lianxi.policy.index import clause_index
from lianxi.policy.load import DEFAULT_PROGRAMME, read_policy
from lianxi.policy.policy import Policy

app = typer.Typer(
    help="The plan and the law as data: check it, and see which sentence is kept by what.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SENTENCE_WIDTH = 36

WORDS: Mapping[str, tuple[str, str]] = {
    "sound": ("{errors} errors, {warnings} warnings.", "{errors} 处错误,{warnings} 处提示。"),
    "error": ("ERROR", "错误"),
    "warning": ("warning", "提示"),
    "clause": ("sentence", "条款"),
    "written": ("written", "原文"),
    "lead": ("lead", "主责"),
    "obligation": ("obligation", "职责条目"),
    "due": ("due next", "下次期限"),
    "feature": ("kept by", "对应功能"),
    "status": ("status", "状态"),
    "total": ("{number} sentences", "共 {number} 句"),
    "horizon": (
        "Working days are known up to {horizon}; limits that end later may still move.",
        "工作日历确定至 {horizon};此后到期的时限仍可能调整。",
    ),
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
    findings = publishing.findings_in(directory or shipped(), programme)
    errors = [found for found in findings if found.severity == "error"]
    if as_json:
        print_json({"findings": [asdict(found) for found in findings], "errors": len(errors)})
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
    today = local_date(SystemClock().now())
    rows = coverage(read_policy(directory or shipped(), programme), today)
    counted = totals(rows)
    if as_json:
        print_json({"sentences": [asdict(row) for row in rows], "totals": counted})
        return
    language = spoken(lang)
    status = STATUS_ZH if language == "zh" else STATUS_EN
    print_table(
        [_say(word, language) for word in ("clause", "written", "lead", "obligation", "due", "feature", "status")],
        [
            (
                row.clause,
                _short(row.sentence),
                ", ".join(row.lead),
                ", ".join(row.obligations),
                str(row.next_due_on or ""),
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
    part: Annotated[str, typer.Argument(help="A part as a table, or a file in sentences; without it, all of it.")] = "",
    directory: Directory = None,
    programme: Programme = DEFAULT_PROGRAMME,
    lang: Language = "en",
) -> None:
    """Show every rule as a sentence, or one part of the policy as a table."""
    policy = read_policy(directory or shipped(), programme)
    language = spoken(lang)
    if part in PARTS:
        columns, rows = PARTS[part]
        print_table(columns, rows(policy, language))
        return
    if part and part not in FORMS:
        parts = ", ".join(dict.fromkeys((*PARTS, *FORMS)))
        raise typer.BadParameter(_say("unknown", language).format(part=part, parts=parts))
    for file, said in groupby(policy.sentences(language), key=lambda sentence: sentence.file):
        if part in {"", file}:
            typer.echo(f"\n{file}.toml")
            for sentence in said:
                typer.echo(f"  {sentence.text} [{sentence.clause}]" if sentence.clause else f"  {sentence.text}")


@app.command()
def horizon(directory: Directory = None, programme: Programme = DEFAULT_PROGRAMME, lang: Language = "en") -> None:
    """Say up to which day working days are known for certain; a limit that ends later may still move."""
    calendar = read_policy(directory or shipped(), programme).calendar
    typer.echo(_say("horizon", spoken(lang)).format(horizon=calendar.horizon or "–"))


@app.command()
def index(directory: Directory = None, programme: Programme = DEFAULT_PROGRAMME) -> None:
    """Print the index of the plan's sentences, the page docs/source/clauses.md."""
    typer.echo(clause_index(read_policy(directory or shipped(), programme)), nl=False)


Rows = list[tuple[str, ...]]
RowsOf = Callable[[Policy, str], Rows]


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


app.command("export")(drafts.export)
app.command("schema")(drafts.schema)
app.command("diff")(drafts.diff)
app.command("simulate")(drafts.simulate)
app.command("publish")(publishing.publish)
app.command("versions")(publishing.versions)

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
