"""`lianxi policy export`, `schema`, `diff`, `simulate`: versions of the policy, before one is put in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lianxi.cli.options import AsJson, Directory, Language, Programme, print_json, shipped, spoken
from lianxi.policy.export import as_files, as_json, as_toml, calendar_files, schemas
from lianxi.policy.load import DEFAULT_PROGRAMME, read_policy
from lianxi.policy.simulate import read_items
from lianxi.policy.simulate import simulate as replay
from lianxi.policy.versions import Difference, differences

CHANGES: Mapping[str, tuple[str, str]] = {
    "added": ("added", "新增"),
    "removed": ("removed", "删除"),
    "changed": ("changed", "修改"),
}
TOLD: Mapping[str, tuple[str, str]] = {
    "same": ("The two versions say the same.", "两个版本没有差别。"),
    "written": ("{number} files written to {folder}.", "已写出 {number} 个文件到 {folder}。"),
    "replayed": (
        "{items} items replayed: {routes} would go elsewhere, {deadlines} would be due at another time.",
        "重放 {items} 件:{routes} 件去向改变,{deadlines} 件时限改变。",
    ),
}


def export(
    folder: Annotated[Path, typer.Argument(help="Where to write it; made if it is not there.")],
    directory: Directory = None,
    programme: Programme = DEFAULT_PROGRAMME,
    as_json_too: Annotated[bool, typer.Option("--json", help="Write JSON instead of TOML.")] = False,
    lang: Language = "en",
) -> None:
    """Write the whole policy in its one canonical form, which can be read again and stays the same."""
    policy = read_policy(directory or shipped(), programme)
    ending, written = ("json", as_json) if as_json_too else ("toml", as_toml)
    pages = {f"{programme}/{name}.{ending}": written(content) for name, content in as_files(policy).items()}
    pages |= {f"calendar/{name}.{ending}": written(content) for name, content in calendar_files(policy).items()}
    _write(folder, pages, lang)


def schema(
    folder: Annotated[Path, typer.Argument(help="Where to write them; made if it is not there.")],
    lang: Language = "en",
) -> None:
    """Write the JSON Schema of every policy file, the pages docs/policy/*.schema.json."""
    _write(folder, {f"{name}.schema.json": as_json(content) for name, content in schemas().items()}, lang)


def diff(
    old: Annotated[Path, typer.Argument(help="Policy folder of the one version.")],
    new: Annotated[Path, typer.Argument(help="Policy folder of the other.")],
    programme: Programme = DEFAULT_PROGRAMME,
    lang: Language = "en",
    as_json_too: AsJson = False,
) -> None:
    """Compare two versions rule by rule: what is new, what is gone, what reads otherwise."""
    found = differences(read_policy(old, programme), read_policy(new, programme))
    if as_json_too:
        print_json([asdict(each) for each in found])
        return
    language = spoken(lang)
    for each in found:
        tell(each, language)
    if not found:
        typer.echo(_say("same", language))


def simulate(
    draft: Annotated[Path, typer.Argument(help="Policy folder of the draft.")],
    tips: Annotated[Path, typer.Option(help="Past items: JSON Lines of category, kind, received_at.")],
    directory: Directory = None,
    programme: Programme = DEFAULT_PROGRAMME,
    lang: Language = "en",
    as_json_too: AsJson = False,
) -> None:
    """Replay past tips against a draft: which would have gone elsewhere, which would have been due at another time."""
    with tips.open(encoding="utf-8") as lines:
        found = replay(read_policy(directory or shipped(), programme), read_policy(draft, programme), read_items(lines))
    if as_json_too:
        print_json(asdict(found))
        return
    for (category, kind, before, after), number in _counted(
        (route.item.category, route.item.kind, route.old_lead, route.new_lead) for route in found.routes
    ):
        typer.echo(f"{category} ({kind}): {before} → {after}: {number}")
    for (clock, kind), number in _counted((each.clock, each.item.kind) for each in found.deadlines):
        typer.echo(f"{clock} ({kind}): {number}")
    told = _say("replayed", spoken(lang))
    typer.echo(told.format(items=found.items, routes=len(found.routes), deadlines=len(found.deadlines)))


def _write(folder: Path, pages: Mapping[str, str], lang: str) -> None:
    for name, page in pages.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(page, encoding="utf-8")
    typer.echo(_say("written", spoken(lang)).format(number=len(pages), folder=folder))


def tell(each: Difference, language: str) -> None:
    """Print one difference: what became of the rule, the rule in words, and each value that changed."""
    mark = CHANGES[each.change][1 if language == "zh" else 0]
    place = f" [{each.clause}]" if each.clause else ""
    typer.echo(f"{mark} {each.file}.{each.table} {each.name}{place}")
    typer.echo(f"  {each.sentence_zh if language == 'zh' else each.sentence_en}")
    for key, (before, after) in each.values.items():
        typer.echo(f"  {key}: {before} → {after}")


def _counted(keys: Iterable[tuple[str, ...]]) -> list[tuple[Any, int]]:
    return Counter(keys).most_common()


def _say(word: str, language: str) -> str:
    english, chinese = TOLD[word]
    return chinese if language == "zh" else english
