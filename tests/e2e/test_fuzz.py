"""A fuzzer reads our own OpenAPI description and tries every door with a fixed seed: no 5xx."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.sizes import size
from tests.support.town import RunningTown

SEED = "20151019"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("client", ["police", "operator", None])
def test_no_door_breaks(town: RunningTown, client: str | None, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{town.gateway_url}/openapi.json"),
        *("--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing", "--mode", "all"),
        *("--max-examples", str(size(8, 100)), "--seed", SEED, "--generation-deterministic", "--no-shrink"),
        *("--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--no-color"),
        *("--request-timeout", "20"),
    ]
    if client is not None:
        command += ["--header", f"Authorization: Bearer {town.token(client)}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-1_000:]
    assert "API operations" in done.stdout or "Operations" in done.stdout, done.stdout[-2_000:]
