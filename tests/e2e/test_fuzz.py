"""A fuzzer reads our own OpenAPI description and tries every door, seed fixed: no 5xx, answers as described."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.sizes import FULL, size
from tests.support.town import RunningTown, running_town

SEED = "20151019"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.fixture(scope="module")
def own_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTown]:
    """A town of its own: the fuzzer files reports and grades rentals, and nobody should stand on what it leaves."""
    with running_town(tmp_path_factory.mktemp("fuzzed")) as running:
        yield running


@pytest.mark.criterion("14.5")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("client", ["police", "operator", None] if FULL else ["police", None])
def test_no_door_breaks(own_town: RunningTown, client: str | None, tmp_path: Path) -> None:
    # The borders of every door are walked in the full run; every run throws dice.
    phases = "examples,coverage,fuzzing" if FULL else "examples,fuzzing"
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{own_town.gateway_url}/openapi.json"),
        *("--checks", CHECKS, "--phases", phases, "--mode", "all"),
        *("--max-examples", str(size(2, 100)), "--seed", SEED, "--generation-deterministic", "--no-shrink"),
        *("--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--no-color"),
        *("--request-timeout", "20"),
    ]
    if client is not None:
        command += ["--header", f"Authorization: Bearer {own_town.token(client)}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-1_000:]
    assert "API operations" in done.stdout or "Operations" in done.stdout, done.stdout[-2_000:]
