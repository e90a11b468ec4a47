"""Each package in its one role, and the import directions of `.importlinter`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deploy.local.places import CHECKOUT
from tests.architecture.source import PACKAGES, modules

ROOMS_OF = {
    "nameko": ["lianxi/greenroom/"],
    "eventlet": ["lianxi/greenroom/"],
    "greenlet": ["lianxi/greenroom/"],
    "kombu": ["lianxi/greenroom/", "lianxi/bus/topology.py"],
    "amqp": ["lianxi/greenroom/"],
    "pika": ["lianxi/bus/"],
    "fastapi": ["gateway/"],
    "starlette": ["gateway/"],
    "uvicorn": ["gateway/"],
    "mongoengine": ["lianxi/store/", "services/*/documents.py", "services/*/store.py", "services/*/views.py"],
    "prometheus_client": ["lianxi/runtime/metrics.py"],
    "pydantic": ["lianxi/contracts/codec.py", "lianxi/runtime/settings.py", "gateway/", "deploy/local/generate.py"],
    "pydantic_settings": ["lianxi/runtime/settings.py", "gateway/", "deploy/local/generate.py"],
    "cattrs": ["lianxi/store/mapping.py"],
    "structlog": ["lianxi/runtime/logs.py", "lianxi/greenroom/", "gateway/"],
    "httpx2": ["lianxi/sdk/", "lianxi/cli/", "deploy/local/"],
    "typer": ["lianxi/cli/"],
    "rich": ["lianxi/cli/", "deploy/local/"],
    "secantus": [],
}
"""Third-party package → the only places that may import it."""


def is_allowed(place: str, rooms: list[str]) -> bool:
    from pathlib import PurePosixPath

    return any(place.startswith(room) if room.endswith("/") else PurePosixPath(place).match(room) for room in rooms)


@pytest.mark.parametrize("package", ROOMS_OF)
def test_a_package_stays_in_its_room(package: str) -> None:
    strangers = [
        module.place
        for module in modules(*PACKAGES)
        if package in {name.partition(".")[0] for name in module.imported()}
        and not is_allowed(module.place, ROOMS_OF[package])
    ]

    assert strangers == []


def test_import_directions_are_kept() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout[run.stdout.find("Contracts") :] + run.stderr


def test_all_nine_contracts_are_there() -> None:
    text = (CHECKOUT / ".importlinter").read_text(encoding="utf-8")

    assert text.count("[importlinter:contract:") == 9


def test_a_new_part_of_the_kit_comes_under_the_contracts() -> None:
    text = (CHECKOUT / ".importlinter").read_text(encoding="utf-8")
    parts = {path.parent.name for path in (CHECKOUT / "lianxi").glob("*/__init__.py")}
    greenroom = text.split("[importlinter:contract:greenroom]")[1].split("[importlinter")[0]
    diet = text.split("[importlinter:contract:diet]")[1].split("[importlinter")[0]

    assert {part for part in parts - {"greenroom"} if f"    lianxi.{part}\n" not in greenroom} == set()
    assert {part for part in parts & {"sdk", "cli"} if f"    lianxi.{part}\n" not in diet} == set()
