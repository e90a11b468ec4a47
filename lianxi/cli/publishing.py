"""`lianxi policy publish`, `versions`: puts a draft in force as the next version, and lists what was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from lianxi.cli.drafts import tell
from lianxi.cli.options import AsJson, Directory, Language, Programme, print_json, print_table, shipped, spoken
from lianxi.contracts.registry import EVENTS
from lianxi.kernel.clock import SystemClock
from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.findings import Finding, error
from lianxi.policy.lint import lint
from lianxi.policy.load import DEFAULT_PROGRAMME, read_policy
from lianxi.policy.policy import Policy
from lianxi.policy.published import Shelf
from lianxi.policy.simulate import CLOCKS, PastItem, read_items, simulate
from lianxi.policy.versions import differences

VersionsDirectory = Annotated[
    Path,
    typer.Option("--versions-dir", envvar="LIANXI_POLICY_VERSIONS_DIR", help="Folder of published versions."),
]
TOLD: Mapping[str, tuple[str, str]] = {
    "refused": ("{errors} errors: not published.", "{errors} 处错误,不予发布。"),
    "replayed": (
        "Of {items} {what}, {routes} go elsewhere and {deadlines} are due at another time.",
        "{items} 件{what}中,{routes} 件去向改变,{deadlines} 件时限改变。",
    ),
    "past": ("past items", "既往事项"),
    "each": ("items, one of each category and kind,", "事项(每类每种一件)"),
    "published": (
        "Version {version} is in force. Running items finish under theirs; `lianxi ops policy-migrate` moves them.",
        "第 {version} 版已生效。在办事项按原版本办结,或用 lianxi ops policy-migrate 迁移。",
    ),
    "shipped": ("Nothing has been published: the shipped files are version 1.", "尚未发布:随附文件即第 1 版。"),
}


def findings_in(directory: Path, programme: str) -> tuple[Finding, ...]:
    """Say what a careful reader would say about a programme's files, also when they cannot be read."""
    try:
        policy = read_policy(directory, programme)
    except PolicyBroken as broken:
        return (error(broken.code, f"Cannot be read: {broken}", f"无法读取:{broken}"),)
    return lint(policy, EVENTS)


def publish(
    draft: Annotated[Path, typer.Argument(help="Policy folder of the draft.")],
    versions_dir: VersionsDirectory,
    by: Annotated[str, typer.Option(help="Who puts it in force.")],
    note: Annotated[str, typer.Option(help="Why; it is kept with the version.")],
    tips: Annotated[
        Path | None, typer.Option(help="Past items to try it on: JSON Lines of category, kind, received_at.")
    ] = None,
    directory: Directory = None,
    programme: Programme = DEFAULT_PROGRAMME,
    lang: Language = "en",
) -> None:
    """Put a draft in force as the next version, and say what it changes. Exits 1 when no town could run on it."""
    language = spoken(lang)
    errors = [found for found in findings_in(draft, programme) if found.severity == "error"]
    if errors:
        for found in errors:
            typer.echo(f"{found.id}: {found.in_language(language)}", err=True)
        typer.echo(_say("refused", language).format(errors=len(errors)), err=True)
        raise typer.Exit(1)
    shelf = Shelf(directory or shipped(), versions_dir, programme)
    old, new, now = shelf.read(shelf.current()), read_policy(draft, programme), SystemClock().now()
    for each in differences(old, new):
        tell(each, language)
    _replay(old, new, tips, now, language)
    manifest = shelf.publish(new, by=by, note=note, now=now)
    typer.echo(_say("published", language).format(version=manifest.version))


def versions(
    versions_dir: VersionsDirectory,
    directory: Directory = None,
    programme: Programme = DEFAULT_PROGRAMME,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """List the published versions, the one in force marked with a star."""
    shelf = Shelf(directory or shipped(), versions_dir, programme)
    current, manifests = shelf.current(), shelf.manifests()
    if as_json:
        print_json({"current": current, "versions": [asdict(each) for each in manifests]})
        return
    if not manifests:
        typer.echo(_say("shipped", spoken(lang)))
        return
    print_table(
        ("version", "previous", "published", "by", "note", "sha256"),
        [
            (
                f"{each.version}{' *' if each.version == current else ''}",
                str(each.previous or "–"),
                each.published_at.isoformat(timespec="seconds"),
                each.published_by,
                each.note,
                each.sha256[:12],
            )
            for each in manifests
        ],
    )


def _replay(old: Policy, new: Policy, tips: Path | None, now: datetime, language: str) -> None:
    if tips is None:
        found = simulate(old, new, _one_of_each(old, new, now))
    else:
        with tips.open(encoding="utf-8") as lines:
            found = simulate(old, new, read_items(lines))
    what = _say("each" if tips is None else "past", language)
    told = _say("replayed", language)
    typer.echo(told.format(items=found.items, what=what, routes=len(found.routes), deadlines=len(found.deadlines)))


def _one_of_each(old: Policy, new: Policy, now: datetime) -> Iterator[PastItem]:
    for category in dict.fromkeys((*old.categories, *new.categories)):
        for kind in CLOCKS:
            yield PastItem(category=category, kind=kind, received_at=now)


def _say(word: str, language: str) -> str:
    english, chinese = TOLD[word]
    return chinese if language == "zh" else english
