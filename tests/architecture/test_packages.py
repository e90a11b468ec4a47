"""Each package in its one role, and the import directions of `.importlinter`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from deploy.local.places import CHECKOUT
from tests.architecture.source import PACKAGES, modules

ROOMS_OF = {
    "nameko": ["lianxi/greenroom/", "bench/peers/"],
    "eventlet": ["lianxi/greenroom/", "bench/peers/"],
    "greenlet": ["lianxi/greenroom/"],
    "kombu": ["lianxi/greenroom/", "lianxi/bus/topology.py"],
    "amqp": ["lianxi/greenroom/"],
    "pika": ["lianxi/bus/", "bench/limits.py"],
    "fastapi": ["gateway/", "bench/peers/"],
    "starlette": ["gateway/", "bench/bare.py", "bench/peers/"],
    "uvicorn": ["gateway/", "bench/bare.py", "bench/peers/"],
    "mongoengine": [
        "lianxi/store/",
        "services/*/documents.py",
        "services/*/documents/*.py",
        "services/*/store.py",
        "services/*/views.py",
        "bench/peers/",
        "bench/stores.py",
    ],
    "prometheus_client": ["lianxi/runtime/metrics.py"],
    "pydantic": [
        "lianxi/contracts/codec.py",
        "lianxi/runtime/settings.py",
        "gateway/",
        "deploy/local/generate.py",
        "bench/bare.py",
        "bench/peers/",
    ],
    "pydantic_settings": ["lianxi/runtime/settings.py", "gateway/", "deploy/local/generate.py"],
    "cattrs": ["lianxi/store/mapping.py"],
    "structlog": ["lianxi/runtime/logs.py", "lianxi/greenroom/", "gateway/"],
    "httpx2": [
        "lianxi/sdk/",
        "gateway/processes.py",
        "lianxi/cli/",
        "deploy/local/",
        "bench/ground.py",
        "bench/town.py",
    ],
    "typer": ["lianxi/cli/"],
    "rich": ["lianxi/cli/", "deploy/local/"],
    "PIL": ["gateway/pictures.py"],
    "jinja2": ["gateway/console/", "gateway/folders.py"],
    "openpyxl": ["gateway/sheets.py"],
    "opencc": ["lianxi/policy/addresses.py"],
    "docx": ["lianxi/runtime/papers.py"],
    "celery": ["bench/peers/"],
    "django": ["bench/peers/"],
    "faststream": ["bench/peers/"],
    "flask": ["bench/peers/"],
    "psycopg": ["bench/rivals.py"],
    "secantus": [],
}
"""Third-party package → the only places that may import it."""


def is_allowed(place: str, rooms: list[str]) -> bool:
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


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_import_directions_are_kept() -> None:
    run = lint_imports(CHECKOUT)

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


PROBES = {
    "Services never import one another": ("services/cases/handlers/cases.py", "import services.tips.domain"),
    "Rooms inside a service": ("services/tips/domain/tip.py", "import services.tips.store"),
    "Layers of the shared package": ("lianxi/kernel/ids.py", "import lianxi.bus.topology"),
    "Doors above services above kit": ("lianxi/bus/client.py", "import services.tips.policy"),
    "Domain and policy are plain Python": ("services/notifications/domain/notices.py", "import mongoengine"),
    "Only the greenroom speaks nameko": ("services/tips/service/tips.py", "import nameko.rpc"),
    "Gateway, sdk and cli never reach eventlet or mongoengine": ("gateway/app.py", "import lianxi.store.unit"),
    "Only store and views open documents": ("services/tips/handlers/tips.py", "import services.tips.documents"),
    "No cycles": ("lianxi/policy/model.py", "import lianxi.policy.load"),
}
"""Contract → a file and a line that must break it."""


@pytest.fixture(scope="module")
def copied_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(CHECKOUT / package, house / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / ".importlinter", house)
    return house


@pytest.mark.parametrize("contract", PROBES)
def test_each_contract_bites(contract: str, copied_house: Path) -> None:
    place, line = PROBES[contract]
    probed = copied_house / place
    before = probed.read_text(encoding="utf-8")
    probed.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        said = lint_imports(copied_house).stdout
    finally:
        probed.write_text(before, encoding="utf-8")

    assert f"{contract} BROKEN" in said, said
