"""Keys and secrets: fresh, private, kept, and no more told to the gateway than it needs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from deploy.local.credentials import (
    AGENCIES,
    AGENCY_SCOPES,
    AUDITOR,
    CUSTODIAN,
    OPERATOR,
    OPERATOR_SCOPES,
    Keys,
    make_clients,
)
from deploy.local.places import Places, read_json


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places(tmp_path / "town")
    made.make()
    return made


def test_keys_are_real_and_belong_together(places: Places) -> None:
    keys = Keys(places.keys)
    keys.make_missing()
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(keys.tips_seal.read_text().strip()))
    assert private.public_key().public_bytes_raw().hex() == keys.tips_seal_public.read_text().strip()
    signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(keys.cases_signing.read_text().strip()))
    assert len(signing.sign(b"receipt")) == 64
    assert all(len(bytes.fromhex(file.read_text().strip())) == 32 for file in (keys.receipt, keys.token))


def test_keys_and_secrets_survive_a_second_start(places: Places) -> None:
    keys = Keys(places.keys)
    keys.make_missing()
    first = {file.name: file.read_text() for file in places.keys.iterdir()}
    secrets = make_clients(places, keys)
    keys.make_missing()
    assert make_clients(places, keys) == secrets
    assert {name: (places.keys / name).read_text() for name in first} == first


def test_two_towns_share_no_secret(tmp_path: Path) -> None:
    seen: list[str] = []
    for name in ("one", "two"):
        places = Places(tmp_path / name)
        places.make()
        keys = Keys(places.keys)
        keys.make_missing()
        seen += [row["client_secret"] for row in make_clients(places, keys)]
        own = (keys.tips_seal, keys.tips_vault, keys.cases_signing, keys.audit_signing, keys.receipt, keys.token)
        seen += [file.read_text() for file in own]
    assert len(seen) == len(set(seen)) == 2 * (16 + 6)


def test_all_private_files_are_closed_to_others(places: Places) -> None:
    keys = Keys(places.keys)
    keys.make_missing()
    make_clients(places, keys)
    files = [places.credentials_file, *places.keys.iterdir()]
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
    assert oct(places.root.stat().st_mode & 0o777) == "0o700"


def test_every_agency_has_its_scopes_and_the_operator_only_the_operators(places: Places) -> None:
    rows = {row["client_id"]: row for row in make_clients(places, Keys(places.keys))}
    assert set(rows) == {*AGENCIES, OPERATOR, AUDITOR, CUSTODIAN}
    assert len(AGENCIES) == 13
    assert all(tuple(rows[name]["scopes"]) == AGENCY_SCOPES and rows[name]["agency"] == name for name in AGENCIES)
    assert tuple(rows[OPERATOR]["scopes"]) == OPERATOR_SCOPES


def test_the_gateway_learns_digests_only(places: Places) -> None:
    keys = Keys(places.keys)
    rows = {row["client_id"]: row for row in make_clients(places, keys)}
    told = read_json(keys.clients)
    assert all(set(row) == {"client_id", "secret_sha256", "agency", "scopes", "roles"} for row in told)
    for row in told:
        secret = rows[row["client_id"]]["client_secret"]
        assert row["secret_sha256"] == hashlib.sha256(secret.encode()).hexdigest()
        assert secret not in json.dumps(told)
