"""`lianxi audit`: fetch the audit's chains and their heads, and check them without a gateway and without a network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from lianxi.cli.ops import Access, choose
from lianxi.cli.options import AsJson, Language, print_json, spoken
from lianxi.cli.receipt import public_keys
from lianxi.contracts import audit
from lianxi.kernel.errors import Malformed

AUDITOR = "auditor"
app = typer.Typer(help="The audit's chains: export them, and check them offline.", no_args_is_help=True)
app.callback()(choose)
Said = Annotated[str, typer.Option("--service", help="Whose chain: a desk, or gateway.")]
Into = Annotated[Path, typer.Option("--into", help="The file to write.")]


@app.command("export")
def export_chain(context: typer.Context, service: Said, into: Into) -> None:
    """Write one service's whole chain to a file, one entry in a line."""
    count = 0
    with ExitStack() as opened:
        client = opened.enter_context(_auditor(context.obj).opened())
        file = opened.enter_context(into.open("w", encoding="utf-8", newline="\n"))
        after: int | None = 0
        while after is not None:
            page = client.get("/v1/audit/entries", service=service, after=after)
            file.writelines(f"{line}\n" for line in page["lines"])
            count, after = count + len(page["lines"]), page["next_after"]
    typer.echo(f"{count} entries of {service} in {into}")


@app.command("heads")
def export_heads(context: typer.Context, into: Into) -> None:
    """Write the signed heads of all chains to a file, as the gateway has kept them."""
    with _auditor(context.obj).opened() as client:
        items = client.get("/v1/audit/heads")["items"]
    into.write_bytes(b"".join(audit.line_of(head) + b"\n" for head in items))
    typer.echo(f"{len(items)} heads in {into}")


@app.command("verify")
def verify_chain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported chain.")],
    key: Annotated[list[Path], typer.Option("--key", help="Public keys that you trust, one in a line.")],
    heads: Annotated[
        list[Path] | None, typer.Option("--heads", help="Signed heads, from the town's own file or another service.")
    ] = None,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Say whether a chain is as it was written, and if not, where it breaks first (exits 1)."""
    trusted = [each for path in key for each in public_keys(path)]
    promised = [head for path in heads or () for head in _heads(path)]
    checked = audit.check_chain(_lines(file, quiet=as_json), promised, trusted)
    broken = checked.broken
    if as_json:
        position = None if broken is None else broken.position
        print_json({"entries": checked.entries, "heads": checked.heads, "broken_at": position,
                    "why": None if broken is None else broken.why})  # fmt: skip
    else:
        typer.echo(_said(checked, chinese=spoken(lang) == "zh"))
    raise typer.Exit(0 if broken is None else 1)


def _auditor(access: Access) -> Access:
    return access if access.client_id else Access(access.gateway, AUDITOR, access.client_secret, access.folder)


def _said(checked: audit.Checked, *, chinese: bool) -> str:
    entries, heads, broken = checked.entries, checked.heads, checked.broken
    if broken is None:
        return f"完整:{entries} 条,核对 {heads} 个签名链头" if chinese else f"whole: {entries} entries, {heads} heads"
    if chinese:
        return f"第 {broken.position} 条起不可信:{broken.why}(之前 {entries} 条完整)"
    return f"broken at entry {broken.position}: {broken.why} ({entries} entries hold before it)"


def _lines(file: Path, *, quiet: bool) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            total = sum(1 for _ in opened)
            opened.seek(0)
            if quiet or not sys.stderr.isatty():
                yield from opened
                return
            with typer.progressbar(opened, length=total, label="checking", file=sys.stderr) as bar:
                yield from bar
    except OSError as trouble:
        raise Malformed("file.unreadable", file=str(file), why=trouble.strerror) from trouble


def _heads(file: Path) -> Sequence[Mapping[str, Any]]:
    try:
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as trouble:
        raise Malformed("file.unreadable", file=str(file), why=type(trouble).__name__) from trouble
