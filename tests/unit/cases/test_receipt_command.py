"""`lianxi receipt verify` tells a receipt as it was signed from any other, on files alone."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from lianxi.cli.main import app
from lianxi.contracts.cases import Paper, PaperStatus
from lianxi.contracts.receipts import (
    ReceiptContent,
    key_id_of,
    paper_sha256,
    public_key_of,
    receipt_bytes,
    sign_receipt,
)
from tests.unit.cases.desk import NOW

KEY = Ed25519PrivateKey.generate().private_bytes_raw().hex()
PUBLIC = public_key_of(KEY)
OTHER = public_key_of(Ed25519PrivateKey.generate().private_bytes_raw().hex())
LETTER = "移送书 No. 12".encode()
RECEIPT = sign_receipt(
    ReceiptContent(
        number="police/2026/000001",
        referral_id="referral_1",
        case_number="DYAJ-2026-0000-0012",
        sender="market/desk",
        receiver="police/economic",
        papers=(
            Paper(name="transfer_letter", status=PaperStatus.ATTACHED, sha256=paper_sha256(LETTER)),
            Paper(name="other", status=PaperStatus.NONE, reason="没有其他材料"),
        ),
        received_at=NOW,
        signed_by="police:officer-7",
    ),
    KEY,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "receipt.json").write_bytes(receipt_bytes(RECEIPT))
    (tmp_path / "keys.txt").write_text(f"# the cases desk, 2025\n{OTHER}\n\n{PUBLIC}  # 2026\n", encoding="ascii")
    (tmp_path / "others.txt").write_text(f"{OTHER}\n", encoding="ascii")
    (tmp_path / "letter.pdf").write_bytes(LETTER)
    return tmp_path


def verify(folder: Path, *more: str, keys: str = "keys.txt") -> tuple[int, str]:
    arguments = ["receipt", "verify", str(folder / "receipt.json"), "--key", str(folder / keys), *more]
    result = CliRunner(env={"LANG": "C.UTF-8"}).invoke(app, arguments)
    return result.exit_code, result.stdout.strip()


@pytest.mark.criterion("1.4")
def test_a_receipt_is_valid_altered_or_by_an_unknown_key(folder: Path) -> None:
    assert verify(folder) == (0, "valid")
    assert verify(folder, "--lang", "zh") == (0, "有效")
    assert verify(folder, keys="others.txt") == (2, "unknown key")
    altered = receipt_bytes({**RECEIPT, "sender": "tenancy/desk"})
    (folder / "receipt.json").write_bytes(altered)
    assert verify(folder) == (1, "altered")
    assert verify(folder, "--lang", "zh_CN.UTF-8") == (1, "已被改动")


@pytest.mark.criterion("1.4")
def test_a_flipped_bit_anywhere_in_the_file_is_found(folder: Path) -> None:
    chance, body, found = random.Random(14), receipt_bytes(RECEIPT), 0
    for _ in range(40):
        flipped = bytearray(body)
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        (folder / "receipt.json").write_bytes(flipped)
        found += verify(folder)[0] != 0

    assert found == 40


@pytest.mark.criterion("1.4")
def test_a_paper_is_checked_with_its_receipt(folder: Path) -> None:
    letter = folder / "letter.pdf"
    assert verify(folder, "--paper", f"transfer_letter={letter}") == (0, "valid")
    assert verify(folder, "--paper", f"other={letter}") == (1, "altered: other")
    letter.write_bytes(LETTER + b" ")
    assert verify(folder, "--paper", f"transfer_letter={letter}") == (1, "altered: transfer_letter")
    code, said = verify(folder, "--paper", f"transfer_letter={letter}", "--json")
    assert (code, json.loads(said)) == (1, {"verdict": "altered", "papers": ["transfer_letter"]})


def test_the_public_key_is_printed_as_verify_reads_it(folder: Path) -> None:
    (folder / "private.key").write_text(KEY + "\n", encoding="ascii")
    result = CliRunner().invoke(app, ["receipt", "public-key", str(folder / "private.key")])
    (folder / "printed.txt").write_text(result.stdout, encoding="ascii")

    assert result.stdout == f"{PUBLIC}  # {key_id_of(PUBLIC)}\n"
    assert KEY not in result.stdout
    assert verify(folder, keys="printed.txt") == (0, "valid")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["verify", "nothing.json", "--key", "keys.txt"], "file.unreadable"),
        (["verify", "receipt.json", "--key", "receipt.json"], "key.unreadable"),
        (["verify", "receipt.json", "--key", "keys.txt", "--paper", "letter.pdf"], "paper.unreadable"),
        (["public-key", "keys.txt"], "key.unreadable"),
        (["public-key", "letter.pdf"], "key.unreadable"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(folder: Path, arguments: list[str], code: str) -> None:
    called = [sys.executable, "-m", "lianxi.cli.main", "receipt", *arguments]
    done = subprocess.run(
        called, cwd=folder, env={"PYTHONPATH": str(Path(__file__).parents[3])}, capture_output=True, check=False
    )

    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().startswith(f"lianxi: {code}")
    assert len(done.stderr.splitlines()) == 1
