"""What a process loads, seen from inside a fresh one: the static rules of `.importlinter` cannot see everything."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GREEN = {"eventlet", "nameko", "mongoengine", "secantus"}
FRAMEWORKS = {
    *GREEN,
    "pymongo",
    "bson",
    "pydantic",
    "fastapi",
    "starlette",
    "pika",
    "kombu",
    "prometheus_client",
    "structlog",
}


def loaded_by(statement: str) -> set[str]:
    program = (
        f"import json, sys\n{statement}\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", ["gateway.app", "gateway.__main__", "lianxi.sdk.client", "lianxi.cli.ops"])
def test_whatever_speaks_http_never_loads_what_is_green(module: str) -> None:
    assert loaded_by(f"import {module}") & GREEN == set()


@pytest.mark.parametrize("desk", ["tips", "inspections", "cases", "reporting", "notifications"])
def test_a_desks_rules_load_no_framework(desk: str) -> None:
    assert loaded_by(f"import services.{desk}.domain") & FRAMEWORKS == set()


def test_the_policy_loads_no_framework() -> None:
    assert loaded_by("import lianxi.policy.load") & FRAMEWORKS == set()


def test_importing_the_gateway_makes_nothing() -> None:
    program = (
        "import threading, gateway.app\nassert threading.active_count() == 1\nassert not hasattr(gateway.app, 'app')"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, cwd=ROOT, timeout=60)
