"""Publishing makes the next version and touches none before it; what is not what was published is not used."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lianxi.cli.main import app
from lianxi.kernel.errors import PolicyBroken, RuleBroken
from lianxi.policy.book import PolicyBook
from lianxi.policy.load import read_policy
from lianxi.policy.policy import Policy
from lianxi.policy.published import Shelf, digest_of
from lianxi.runtime.versions import VersionWatch
from tests.unit.policy.conftest import SHIPPED

PROGRAMME = "dayong-2015"
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(SHIPPED, tmp_path / "versions", PROGRAMME)


def draft(policy: Policy, number: int = 1) -> Policy:
    """The shipped policy with another name for its first route."""
    first, *others = policy.routes
    return replace(policy, routes=(replace(first, name_en=f"{first.name_en} {number}"), *others))


def every_file(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.criterion("7.3")
def test_until_something_is_published_the_shipped_files_are_version_one(shelf: Shelf, policy: Policy) -> None:
    assert shelf.current() == 1
    assert shelf.read(1) == policy
    assert shelf.manifests() == ()
    assert Shelf(SHIPPED, None, PROGRAMME).current() == 1
    with pytest.raises(PolicyBroken, match=r"policy\.version_missing"):
        shelf.read(2)


@pytest.mark.criterion("7.3")
def test_publishing_makes_version_n_plus_one_and_changes_none_before_it(shelf: Shelf, policy: Policy) -> None:
    second = shelf.publish(draft(policy), by="office", note="a better name", now=NOW)
    assert shelf.folder is not None
    before = every_file(shelf.folder / PROGRAMME / "v1") | every_file(shelf.folder / PROGRAMME / "v2")
    third = shelf.publish(draft(policy, 2), by="office", note="another", now=NOW)

    assert (second.version, second.previous, third.version, third.previous) == (2, 1, 3, 2)
    assert shelf.current() == 3
    assert [shelf.read(number).routes[0].name_en[-2:] for number in (2, 3)] == [" 1", " 2"]
    assert [shelf.read(number).version for number in (1, 2, 3)] == [1, 2, 3]
    assert replace(shelf.read(1), version=1) == policy
    after = every_file(shelf.folder / PROGRAMME / "v1") | every_file(shelf.folder / PROGRAMME / "v2")
    assert after == before
    assert [each.note for each in shelf.manifests()] == ["as shipped", "a better name", "another"]
    assert shelf.manifests()[1] == second


@pytest.mark.criterion("7.3")
def test_a_draft_that_says_what_is_in_force_is_no_new_version(shelf: Shelf, policy: Policy) -> None:
    with pytest.raises(RuleBroken, match=r"policy\.unchanged"):
        shelf.publish(policy, by="office", note="nothing", now=NOW)
    assert shelf.current() == 1


@pytest.mark.criterion("7.3")
@pytest.mark.parametrize("spoil", ["changed", "added", "gone", "manifest", "other number"])
def test_a_version_that_is_not_what_was_published_is_refused(shelf: Shelf, policy: Policy, spoil: str) -> None:
    shelf.publish(draft(policy), by="office", note="n", now=NOW)
    assert shelf.folder is not None
    home = shelf.folder / PROGRAMME / "v2"
    routing = home / PROGRAMME / "routing.toml"
    routing.chmod(0o644)
    (home / "manifest.json").chmod(0o644)
    if spoil == "changed":
        routing.write_text(routing.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    elif spoil == "added":
        (home / PROGRAMME / "calendar.toml").write_text("", encoding="utf-8")
    elif spoil == "gone":
        routing.unlink()
    elif spoil == "manifest":
        (home / "manifest.json").write_text("{}", encoding="utf-8")
    else:
        said = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
        (home / "manifest.json").write_text(json.dumps({**said, "version": 7}), encoding="utf-8")

    with pytest.raises(PolicyBroken, match=r"policy\.(version_tampered|manifest_unreadable)"):
        shelf.read(2)
    assert shelf.read(1).version == 1


@pytest.mark.criterion("7.3")
def test_what_was_left_half_done_is_never_seen(shelf: Shelf, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.publish(draft(policy), by="office", note="n", now=NOW)

    def killed(_self: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            shelf.publish(draft(policy, 2), by="office", note="n", now=NOW)
    assert (shelf.current(), len(shelf.manifests())) == (2, 2)

    # Killed between the version and the pointer: the version stands, is not in force, and its number is not used again.
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            shelf.publish(draft(policy, 2), by="office", note="n", now=NOW)
    assert shelf.current() == 2
    assert shelf.publish(draft(policy, 3), by="office", note="n", now=NOW).version == 4
    assert shelf.current() == 4


@pytest.mark.criterion("7.3")
@pytest.mark.parametrize("written", ["", "two", "0", "-1", "二"])
def test_a_pointer_that_says_nothing_is_refused(shelf: Shelf, policy: Policy, written: str) -> None:
    shelf.publish(draft(policy), by="office", note="n", now=NOW)
    assert shelf.folder is not None
    pointer = shelf.folder / PROGRAMME / "current"
    pointer.chmod(0o644)
    pointer.write_text(written, encoding="utf-8")

    with pytest.raises(PolicyBroken, match=r"policy\.current_unreadable"):
        shelf.current()


@pytest.mark.criterion("7.3")
def test_once_something_is_published_the_shipped_files_are_no_version_any_more(shelf: Shelf, policy: Policy) -> None:
    shelf.publish(draft(policy), by="office", note="n", now=NOW)
    assert shelf.folder is not None
    (shelf.folder / PROGRAMME / "v1").rename(shelf.folder / "away")

    with pytest.raises(PolicyBroken, match=r"policy\.version_missing"):
        shelf.read(1)


def test_a_digest_tells_names_and_pages_apart() -> None:
    assert digest_of({"a": "bc"}) != digest_of({"ab": "c"})
    assert digest_of({"a": "1", "b": "2"}) == digest_of({"b": "2", "a": "1"})


@pytest.mark.criterion("7.3")
def test_a_book_reads_each_version_once(policy: Policy) -> None:
    asked: list[int] = []

    def read(number: int) -> Policy:
        asked.append(number)
        return replace(policy, version=number)

    book = PolicyBook(replace(policy, version=3), read)

    assert [book.version(number).version for number in (1, 3, 1, 2)] == [1, 3, 1, 2]
    assert asked == [1, 2]
    with pytest.raises(PolicyBroken, match=r"policy\.version_missing"):
        PolicyBook(policy).version(2)


@pytest.mark.criterion("7.3")
def test_a_process_notices_a_version_and_leaves_a_spoiled_one_alone(shelf: Shelf, policy: Policy) -> None:
    watch = VersionWatch(shelf, again_seconds=0.0)
    assert not watch.is_outdated(1)
    shelf.publish(draft(policy), by="office", note="n", now=NOW)
    assert watch.is_outdated(1)
    assert not watch.is_outdated(2)
    newest = watch.newest()
    assert newest is not None
    assert newest.version == 2

    assert shelf.folder is not None
    (shelf.folder / PROGRAMME / "v2" / "more").write_text("x", encoding="utf-8")
    patient = VersionWatch(shelf)
    assert patient.is_outdated(1)
    assert patient.newest() is None
    assert not patient.is_outdated(1)


def run(*arguments: str) -> tuple[int, str]:
    answer = CliRunner().invoke(app, ["policy", *arguments])
    return answer.exit_code, answer.output


@pytest.mark.criterion("7.3")
def test_the_command_says_what_changes_and_lists_the_versions(copied: Path, tmp_path: Path) -> None:
    folder = str(tmp_path / "versions")
    routing = copied / PROGRAMME / "routing.toml"
    written = routing.read_text(encoding="utf-8")
    routing.write_text(written.replace('lead = "food-drug/desk"', 'lead = "market/desk"', 1), encoding="utf-8")

    assert run("versions", "--versions-dir", folder)[1].startswith("Nothing has been published")
    code, said = run("publish", str(copied), "--versions-dir", folder, "--by", "office", "--note", "试行")
    listed = run("versions", "--versions-dir", folder)[1]

    assert code == 0, said
    assert "changed routing.route health_product_lecture" in said
    assert "2 go elsewhere and 0 are due at another time" in said
    assert "Version 2 is in force" in said
    assert "试行" in listed
    assert "2 *" in listed
    assert json.loads(run("versions", "--versions-dir", folder, "--json")[1])["current"] == 2
    # A version's folder is a policy folder like any other.
    v2 = tmp_path / "versions" / PROGRAMME / "v2"
    assert read_policy(v2).route("health_product_lecture").lead == "market/desk"
    assert "health_product_lecture" in run("diff", str(SHIPPED), str(v2))[1]


@pytest.mark.criterion("7.3")
def test_the_command_refuses_what_no_town_could_run_on(copied: Path, tmp_path: Path) -> None:
    folder = tmp_path / "versions"
    routing = copied / PROGRAMME / "routing.toml"
    written = routing.read_text(encoding="utf-8")
    routing.write_text(written.replace('lead = "food-drug/desk"', 'lead = "nobody/desk"', 1), encoding="utf-8")

    code, said = run("publish", str(copied), "--versions-dir", str(folder), "--by", "office", "--note", "n")

    assert code == 1
    assert "nobody/desk" in said
    assert not folder.exists()
