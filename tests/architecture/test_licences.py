"""What the product is distributed with may be combined with Apache-2.0."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Iterator

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.local.places import CHECKOUT

ALLOWED = (
    re.compile(r"\bMIT\b|\bMIT-0\b|\bExpat\b"),
    re.compile(r"\bBSD\b|BSD-[23]-Clause|\b0BSD\b"),
    re.compile(r"Apache|\bISC\b|\bPSF\b|Python Software Foundation|PSF-2\.0|\bZPL\b"),
    re.compile(r"Mozilla Public License 2\.0|MPL-2\.0"),
)
COPYLEFT = re.compile(r"\bA?GPL|General Public License", re.IGNORECASE)


def locked(group: str) -> list[str]:
    text = (CHECKOUT / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z0-9._-]+)==", text, flags=re.MULTILINE)


def licence_of(name: str) -> str:
    metadata = importlib.metadata.metadata(name)
    said = [metadata[field].splitlines()[0] for field in ("License-Expression", "License") if metadata[field]]
    classifiers = [each for each in metadata.get_all("Classifier") or [] if each.startswith("License ::")]
    return " | ".join([*said, *classifiers])


def closure(names: list[str]) -> Iterator[str]:
    """Follow what is installed, from the project's own dependencies."""
    waiting, seen = [canonicalize_name(name) for name in names], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        for text in importlib.metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))


def declared() -> list[str]:
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        return [Requirement(text).name for text in tomllib.load(file)["project"]["dependencies"]]


def test_everything_the_product_needs_has_an_allowed_licence() -> None:
    licences = {name: licence_of(name) for name in locked("runtime")}

    assert {name: said for name, said in licences.items() if not any(each.search(said) for each in ALLOWED)} == {}


def test_nothing_the_product_needs_is_copyleft() -> None:
    licences = {name: licence_of(name) for name in closure(declared())}

    assert {name: said for name, said in licences.items() if COPYLEFT.search(said)} == {}


def test_the_lock_holds_all_that_is_needed() -> None:
    assert set(closure(declared())) <= {canonicalize_name(name) for name in locked("runtime")}


def test_the_embedded_database_is_kept_apart() -> None:
    runtime = {canonicalize_name(name) for name in locked("runtime")}
    notice = (CHECKOUT / "NOTICE").read_text(encoding="utf-8")

    assert "secantusdb" not in runtime
    assert "secantusdb" in {canonicalize_name(name) for name in locked("demo")}
    assert "SecantusDB" in notice
    assert "GPL-2.0" in notice
