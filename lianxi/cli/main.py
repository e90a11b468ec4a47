"""The command line's front door: which commands there are."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lianxi import __version__
from lianxi.cli.audit import app as audit_app
from lianxi.cli.bundle import app as bundle_app
from lianxi.cli.ops import app as ops_app
from lianxi.cli.policy import app as policy_app
from lianxi.cli.receipt import app as receipt_app
from lianxi.kernel.errors import LianxiError

app = typer.Typer(
    help="Lianxi (联席): the system a town's agencies run their programme against pyramid selling on.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(policy_app, name="policy")
app.add_typer(receipt_app, name="receipt")
app.add_typer(bundle_app, name="bundle")
app.add_typer(ops_app, name="ops")
app.add_typer(audit_app, name="audit")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lianxi {__version__}")
        raise typer.Exit


@app.callback()
def front(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Lianxi (联席): the system a town's agencies run their programme against pyramid selling on."""


def main() -> None:
    """Run the command; what is wrong with its input is one line on standard error and exit code 2."""
    try:
        app()
    except LianxiError as trouble:
        typer.echo(f"lianxi: {trouble}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
