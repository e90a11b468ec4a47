"""What the commands share: their options, how they find the policy, and how they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[
    Path | None, typer.Option("--policy-dir", envvar="LIANXI_POLICY_DIR", help="Folder of policy files.")
]
Programme = Annotated[str, typer.Option(envvar="LIANXI_PROGRAMME", help="Which programme in it.")]
Language = Annotated[str, typer.Option("--lang", envvar="LANG", help="zh for Chinese, anything else for English.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

SHIPPED = Path("deploy/policy")
PIPE_WIDTH = 200


def shipped() -> Path:
    """Find the policy folder of this checkout: below where one stands, or beside the package."""
    return SHIPPED if SHIPPED.is_dir() else Path(__file__).resolve().parents[2] / SHIPPED


def spoken(lang: str) -> str:
    """Read a language from `--lang` or from a locale such as `zh_CN.UTF-8`."""
    return "zh" if lang.lower().startswith("zh") else "en"


def print_json(value: object) -> None:
    """Print plain data for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table. rich is loaded only here: checking and JSON do not wait for it."""
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, show_lines=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    console.print(table)
