"""`lianxi receipt`: check a signed receipt against the keys one trusts, without a gateway and without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lianxi.cli.options import AsJson, Language, print_json, spoken
from lianxi.contracts.filings import is_content_of
from lianxi.contracts.receipts import Verdict, altered_papers, key_id_of, public_key_of, verify_receipt_file
from lianxi.kernel.errors import Malformed

app = typer.Typer(
    help="Signed receipts, proofs of filing and certificates of deletion: check one, or show the public key for it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
EXITS: Final[Mapping[Verdict, int]] = {Verdict.VALID: 0, Verdict.ALTERED: 1, Verdict.UNKNOWN_KEY: 2}
WORDS: Final[Mapping[Verdict, tuple[str, str]]] = {
    Verdict.VALID: ("valid", "有效"),
    Verdict.ALTERED: ("altered", "已被改动"),
    Verdict.UNKNOWN_KEY: ("unknown key", "签名密钥未知"),
}
PAPER_WORDS: Final = ("altered: {name}", "已被改动:{name}")
_KEY: Final = re.compile(r"[0-9a-f]{64}")

Keys = Annotated[
    list[Path],
    typer.Option(
        "--key", metavar="FILE", help="Public keys that you trust, one in a line, hexadecimal; # begins a remark."
    ),
]
CONTENT: Final = "content"
Content = Annotated[
    Path | None,
    typer.Option("--content", metavar="FILE", help="What was told, as JSON, to check a proof of filing against."),
]
Opening = Annotated[
    str, typer.Option("--opening", metavar="HEX", help="The opening that stands beside the proof on the slip.")
]
Papers = Annotated[
    list[str] | None,
    typer.Option("--paper", metavar="NAME=FILE", help="A paper of the dossier to check too; may be repeated."),
]


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The receipt or certificate, as it was handed over.")],
    key: Keys,
    paper: Papers = None,
    content: Content = None,
    opening: Opening = "",
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Say whether a receipt, proof or certificate is as signed: valid (exits 0), altered (1), by an unknown key (2)."""
    body = read_file(file)
    files = {name: read_file(path) for name, path in map(_named, paper or ())}
    told = None if content is None else _told(content)
    verdict = verify_receipt_file(body, [each for path in key for each in public_keys(path)])
    changed = changed_papers(body, files) if verdict is Verdict.VALID else ()
    if verdict is Verdict.VALID and told is not None and not is_content_of(json.loads(body), told, opening):
        changed = (*changed, CONTENT)
    if changed:
        verdict = Verdict.ALTERED
    if as_json:
        print_json({"verdict": verdict.value, "papers": list(changed)})
    else:
        language = int(spoken(lang) == "zh")
        said = [PAPER_WORDS[language].format(name=name) for name in changed]
        typer.echo("\n".join(said or [WORDS[verdict][language]]))
    raise typer.Exit(EXITS[verdict])


@app.command("public-key")
def show_public_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The private key that signs, hexadecimal.")],
) -> None:
    """Print the public key that belongs to a signing key, with its id, as `verify --key` reads it."""
    private = _text(file).strip()
    if _KEY.fullmatch(private) is None:
        raise Malformed("key.unreadable", file=str(file))
    public = public_key_of(private)
    typer.echo(f"{public}  # {key_id_of(public)}")


def public_keys(file: Path) -> Sequence[str]:
    """Read public keys.

    Raises:
        Malformed: key.unreadable.
    """
    lines = (line.partition("#")[0].strip() for line in _text(file).splitlines())
    keys = [line for line in lines if line]
    for number, each in enumerate(keys, 1):
        if _KEY.fullmatch(each) is None:
            raise Malformed("key.unreadable", file=str(file), number=number)
    return keys


def changed_papers(body: bytes, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Name the given papers that are not those of a valid receipt."""
    receipt = json.loads(body)
    if "dossier" not in receipt:
        return tuple(files)  # a certificate has no papers
    attached = {each["name"] for each in receipt["dossier"] if each["sha256"] is not None}
    changed = {*altered_papers(receipt, files), *(set(files) - attached)}
    return tuple(name for name in files if name in changed)


def _named(paper: str) -> tuple[str, Path]:
    name, _, path = paper.partition("=")
    if not name or not path:
        raise Malformed("paper.unreadable", given=paper, wanted="NAME=FILE")
    return name, Path(path)


def _told(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(read_file(path))
    except ValueError as trouble:
        raise Malformed("content.unreadable", file=str(path), why=str(trouble)) from trouble
    if not isinstance(told, dict):
        raise Malformed("content.unreadable", file=str(path), wanted="{...}")
    return told


def read_file(path: Path) -> bytes:
    """Read a file.

    Raises:
        Malformed: file.unreadable.
    """
    try:
        return path.read_bytes()
    except OSError as trouble:
        raise Malformed("file.unreadable", file=str(path), why=trouble.strerror) from trouble


def _text(path: Path) -> str:
    try:
        return read_file(path).decode("ascii")
    except UnicodeDecodeError as trouble:
        raise Malformed("key.unreadable", file=str(path)) from trouble
