"""`lianxi ops …`: what operators do, over HTTP to the gateway and in no other way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from lianxi.kernel.errors import Refused
from lianxi.sdk.client import Client

OPERATOR = "operator"
TOWN = Path(".lianxi")
app = typer.Typer(help="What operators do: parked letters and the delivery ledger.", no_args_is_help=True)
parked = typer.Typer(help="Letters that stopped and wait for a person.", no_args_is_help=True)
app.add_typer(parked, name="parked")


@dataclass(frozen=True)
class Access:
    """Where the gateway is and who asks; what is not given is read from the town's own folder."""

    gateway: str | None
    client_id: str | None
    client_secret: str | None
    folder: Path

    @contextmanager
    def opened(self) -> Iterator[Client]:
        """Speak to the gateway."""
        client_id = self.client_id or OPERATOR
        with Client(self._gateway(), client_id=client_id, client_secret=self._secret(client_id)) as client:
            yield client

    def _gateway(self) -> str:
        return self.gateway or str(_read(self.folder / "town.json")["gateway"])

    def _secret(self, client_id: str) -> str:
        if self.client_secret is not None:
            return self.client_secret
        rows = _read(self.folder / "credentials.json")["clients"]
        for row in rows:
            if row["client_id"] == client_id:
                return str(row["client_secret"])
        raise Refused("client.unknown", client_id=client_id)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        read: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused("town.not_running", missing=str(path), hint="type `make run`, or give --gateway") from None
    except ValueError:
        raise Refused("town.unreadable", file=str(path)) from None
    return read


@app.callback()
def choose(
    context: typer.Context,
    gateway: Annotated[str | None, typer.Option(envvar="LIANXI_GATEWAY", help="The gateway's address.")] = None,
    client_id: Annotated[str | None, typer.Option(envvar="LIANXI_CLIENT_ID", help="Who asks.")] = None,
    client_secret: Annotated[
        str | None, typer.Option(envvar="LIANXI_CLIENT_SECRET", help="The client's secret; better in the environment.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="The running town's own folder.")] = TOWN,
) -> None:
    """Say where the gateway is and who asks."""
    context.obj = Access(gateway, client_id, client_secret, folder)


AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Desk = Annotated[str | None, typer.Option("--desk", help="One desk, such as tips; else all.")]
Limit = Annotated[int, typer.Option(min=1, max=200)]


@parked.command("list")
def list_parked(context: typer.Context, desk: Desk = None, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List the letters that stopped, oldest first."""
    with context.obj.opened() as client:
        told = client.get("/v1/ops/parked", service=desk, limit=limit)
    if as_json:
        return _print_json(told)
    _print_table(("parked_id", "state", "event_type", "queue", "attempts", "parked_at", "error"), told["items"])
    typer.echo(f"{len(told['items'])} of {told['total']}")
    return _mention_unreachable(told)


@parked.command("show")
def show_parked(context: typer.Context, parked_id: str) -> None:
    """Show one parked letter with its headers and error."""
    with context.obj.opened() as client:
        _print_json(client.get(f"/v1/ops/parked/{parked_id}"))


@parked.command("replay")
def replay_parked(context: typer.Context, parked_ids: list[str]) -> None:
    """Send parked letters to their queues again; effects stay single."""
    with context.obj.opened() as client:
        for parked_id in parked_ids:
            told = client.post(f"/v1/ops/parked/{parked_id}/replay")
            typer.echo(f"{told['parked_id']}  {told['state']}")


@parked.command("bury")
def bury_parked(
    context: typer.Context,
    parked_id: str,
    reason: Annotated[str, typer.Option(help="Why it is given up; it is kept.")],
) -> None:
    """Give a parked letter up."""
    with context.obj.opened() as client:
        told = client.post(f"/v1/ops/parked/{parked_id}/bury", {"reason": reason})
    typer.echo(f"{told['parked_id']}  {told['state']}")


@app.command("deliveries")
def list_deliveries(
    context: typer.Context,
    desk: Desk = None,
    subject: Annotated[str | None, typer.Option(help="One item, such as tip/tip_…")] = None,
    state: Annotated[str | None, typer.Option(help="sent, delivered or parked")] = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List where letters are: one row for each letter and queue, newest first."""
    with context.obj.opened() as client:
        told = client.get("/v1/deliveries", service=desk, subject=subject, state=state, limit=limit)
    if as_json:
        return _print_json(told)
    _print_table(("state", "event_type", "subject", "queue", "created_at", "settled_at"), told["items"])
    return _mention_unreachable(told)


@app.command("policy-migrate")
def migrate_policy(
    context: typer.Context,
    from_version: Annotated[int, typer.Option("--from", min=1, help="The version that items run under now.")],
    to_version: Annotated[int, typer.Option("--to", min=1, help="The version that they are to run under.")],
    move: Annotated[bool, typer.Option("--move", help="Move them; without it they are only counted.")] = False,
) -> None:
    """Move what still runs from one version of the policy to another, or count what would move."""
    body = {"from_version": from_version, "to_version": to_version, "dry_run": not move}
    moved = 0
    with context.obj.opened() as client:
        told = client.post("/v1/plan/policy/migrations", body)
        _print_table(("kind", "state", "items"), told["found"])
        while told["moved"]:
            moved += told["moved"]
            told = client.post("/v1/plan/policy/migrations", body)
    typer.echo(f"{moved} moved, {told['left']} left" if move else f"{told['left']} would move")


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def _print_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    cells = [[str(row.get(name) if row.get(name) is not None else "–") for name in columns] for row in rows]
    widths = [max(len(line[place]) for line in (list(columns), *cells)) for place in range(len(columns))]
    for line in (columns, *cells):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _mention_unreachable(told: Mapping[str, Any]) -> None:
    if told["unreachable"]:
        typer.echo(f"not asked, because away: {', '.join(told['unreachable'])}", err=True)
