"""Committed pages agree with the code, and nothing in the repository belongs to one machine."""

from __future__ import annotations

import re

import pytest

from deploy.local.generate import setting_names, setting_words, settings_kinds, stale, starters_names
from deploy.local.places import CHECKOUT
from lianxi.kernel.terms import SECTIONS
from tests.architecture.source import tracked_files

ADR = CHECKOUT / "docs" / "adr"
ADR_NAME = re.compile(r"^(?P<number>\d{4})-[a-z0-9-]+\.md$")
ADR_SECTIONS = ["Status", "Context", "Decision", "Consequences"]
STATUS = re.compile(r"^(Accepted|Superseded by \[\d{4}\]\([^)]+\)), \d{4}-\d{2}-\d{2}\.$")
MACHINES = re.compile(
    "|".join([
        r"(?<![\w.])/wor" + "k/",
        r"(?<![\w.])/tm" + r"p/w\b",
        r"(?<![\w.])/roo" + "t/",
        r"(?<![\w.])/hom" + r"e/\w",
        r"/Use" + r"rs/\w",
    ])
)  # fmt: skip
REGISTRIES = re.compile(
    "|".join([
        r"index-" + "url",
        r"pypi\.or" + "g/simple",
        r"//[^/\s]*(artifactory|nexus|devpi|mirror)",
        r"(docker|ghcr|quay|gcr)\.i" + "o/",
        r"trusted-" + "host",
    ])
)  # fmt: skip
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".json",
    ".yml",
    ".yaml",
    ".cfg",
    ".ini",
    ".example",
    ".svg",
    ".html",
    ".css",
    ".js",
    "",
}
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")


def text_files() -> list[tuple[str, str]]:
    return [
        (path.relative_to(CHECKOUT).as_posix(), path.read_text(encoding="utf-8"))
        for path in tracked_files()
        if path.suffix in TEXT
    ]


def test_generated_pages_are_fresh() -> None:
    assert stale() == [], "make docs"


def test_every_setting_is_explained_and_nothing_else_is() -> None:
    known = {name for _, kind in settings_kinds() for name in setting_names(kind)} | starters_names()

    assert set(setting_words()) == known


def test_terms_are_said_once() -> None:
    said = [term.zh for _, terms in SECTIONS for term in terms]

    assert sorted(said) == sorted(set(said))
    assert all(term.meaning for _, terms in SECTIONS for term in terms)


def test_nothing_belongs_to_one_machine() -> None:
    assert [path for path, text in text_files() if MACHINES.search(text)] == []


def test_no_registry_is_named() -> None:
    assert [path for path, text in text_files() if REGISTRIES.search(text)] == []


def test_every_requirement_is_pinned_by_its_hash() -> None:
    for path in sorted((CHECKOUT / "requirements").glob("*.txt")):
        lines = [
            line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.lstrip().startswith("#")
        ]
        pinned = [line for line in lines if not line.startswith(" ")]

        assert all(re.match(r"^[A-Za-z0-9._-]+==[^ ]+( ;.*)? \\$", line) for line in pinned), path.name
        assert sum("--hash=sha256:" in line for line in lines) >= len(pinned), path.name


def records() -> list[str]:
    return sorted(path.name for path in ADR.glob("*.md"))


def test_records_are_numbered_without_gaps() -> None:
    numbers = [int(ADR_NAME.match(name)["number"]) for name in records()]  # type: ignore[index]

    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", records())
def test_a_record_has_the_form_of_all_records(name: str) -> None:
    text = (ADR / name).read_text(encoding="utf-8")
    heading, *rest = text.splitlines()
    status = text.split("## Status\n\n", 1)[1].splitlines()[0]

    assert re.match(rf"^# {int(name[:4])}\. [A-Z].+[^.]$", heading)
    assert [line.removeprefix("## ") for line in rest if line.startswith("## ")] == ADR_SECTIONS
    assert STATUS.match(status)
    assert all(len(part.strip().split()) >= 3 for part in text.split("\n## ")[1:])


def test_pages_link_to_files_that_exist() -> None:
    missing = [
        f"{path.relative_to(CHECKOUT)}: {link[1]}"
        for path in tracked_files()
        if path.suffix == ".md"
        for link in LINK.finditer(path.read_text(encoding="utf-8"))
        if not (path.parent / link[1]).exists()
    ]

    assert missing == []


PLACE = re.compile(r"`((?:lianxi|services|gateway|deploy|tests)/[\w/.-]+)`((?:(?: ·|,)\s+`\w+`)*)")


def test_the_tour_names_what_exists() -> None:
    tour = (CHECKOUT / "docs" / "tour.md").read_text(encoding="utf-8")
    named = [(path, re.findall(r"`(\w+)`", names)) for path, names in PLACE.findall(tour)]
    missing = [path for path, _ in named if not (CHECKOUT / path).exists()]
    missing += [
        f"{path}: {name}"
        for path, names in named
        for name in names
        if not re.search(rf"\b(def|class) {name}\b", (CHECKOUT / path).read_text(encoding="utf-8"))
    ]

    assert len(named) > 30
    assert missing == []
