"""`lianxi bundle`: check a case's bundle against the keys one trusts, without a gateway and without a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from lianxi.cli.options import AsJson, Language, print_json, spoken
from lianxi.cli.receipt import EXITS, Keys, public_keys, read_file
from lianxi.contracts.bundles import verify_bundle
from lianxi.contracts.receipts import Verdict

app = typer.Typer(
    help="Bundles of cases: check one offline.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)
WORDS: Final[Mapping[Verdict, tuple[str, str]]] = {
    Verdict.VALID: ("valid: case {number}, {count} members", "有效:案件 {number},共 {count} 个文件"),
    Verdict.ALTERED: ("altered", "已被改动"),
    Verdict.UNKNOWN_KEY: ("unknown key", "签名密钥未知"),
}
MEMBER_WORDS: Final = ("altered: {name}", "已被改动:{name}")


@app.callback()
def front() -> None:
    """Bundles of cases: check one offline."""


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bundle, as it was handed over.")],
    key: Keys,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Say whether a bundle is as exported, member for member: valid (exits 0), altered (1), by an unknown key (2)."""
    report = verify_bundle(read_file(file), [each for path in key for each in public_keys(path)])
    if as_json:
        print_json({"verdict": report.verdict.value, "altered": list(report.altered), "case": report.case_number})
    else:
        language = int(spoken(lang) == "zh")
        said = [MEMBER_WORDS[language].format(name=name) for name in report.altered]
        whole = WORDS[report.verdict][language].format(number=report.case_number, count=report.members)
        typer.echo("\n".join(said or [whole]))
    raise typer.Exit(EXITS[report.verdict])
