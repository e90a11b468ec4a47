"""A case's file: everything in one order, written down before it leaves, and signed so that it verifies anywhere."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from lianxi.cli.main import app
from lianxi.contracts import codec
from lianxi.contracts.bundles import MANIFEST, manifest_bytes, verify_bundle, zipped
from lianxi.contracts.cases import Measure, RecordMeasure
from lianxi.contracts.envelope import Caller
from lianxi.contracts.receipts import Verdict, public_key_of
from lianxi.contracts.sealing import EVIDENCE, Opener
from lianxi.contracts.tasks import ListTasks
from lianxi.contracts.timelines import CaseExport, CaseExported, ExportCase, GetTimeline, SignBundle
from lianxi.kernel.errors import NotFound, RuleBroken
from lianxi.runtime import locked_files
from tests.unit.cases.desk import MARKET, POLICE_CALLER, CasesInMemory, caller
from tests.unit.cases.test_evidence import FILE, LABEL, acts, collect, opened
from tests.unit.cases.test_tasks import close, complete, give

PURPOSE = "移送人民法院"


def export(town: CasesInMemory, case_id: str, mine: Opener, by: Caller = MARKET, purpose: str = PURPOSE) -> CaseExport:
    return town.file_desk.export_case(ExportCase(case_id=case_id, purpose=purpose, answer_key=mine.public_key), by)


@pytest.mark.criterion("9.5")
def test_everything_that_happened_stands_in_one_order(town: CasesInMemory) -> None:
    case = town.open(suspected_crime=True)
    steps: list[Any] = [
        lambda: give(town, case.case_id),
        lambda: collect(town, case.case_id),
        lambda: town.desk.record_measure(
            RecordMeasure(
                case_id=case.case_id,
                measure=Measure.GOODS_SEIZED,
                approved_by="market:head",
                taken_at=town.clock.now(),
            ),
            MARKET,
        ),
        lambda: town.draft(case.case_id),
        lambda: opened(town, town.evidence.all()[0].id),
        lambda: complete(town, town.chores.list_tasks(ListTasks(), MARKET).items[0]),
    ]
    for step in steps:
        town.wait(timedelta(minutes=1))
        step()

    found = town.file_desk.get_timeline(GetTimeline(case_id=case.case_id), MARKET)
    assert [(each.source, each.what) for each in found.lines] == [
        ("case", "opened"),
        ("task", "added"),
        ("evidence", "collect"),
        ("case", "goods_seized"),
        ("referral", "drafted"),
        ("evidence", "view"),
        ("task", "done"),
    ]
    assert all(first.at <= second.at for first, second in zip(found.lines, found.lines[1:], strict=False))
    assert LABEL not in repr(found)
    with pytest.raises(NotFound, match=r"case\.not_found"):
        town.file_desk.get_timeline(GetTimeline(case_id=case.case_id), POLICE_CALLER)


@pytest.mark.criterion("9.4")
def test_an_export_is_written_down_with_its_purpose_before_anything_leaves(town: CasesInMemory) -> None:
    case = town.open()
    evidence_id = collect(town, case.case_id)
    mine = Opener.for_one_answer()
    with pytest.raises(RuleBroken, match=r"case\.purpose_missing"):
        export(town, case.case_id, mine, purpose="  ")
    with pytest.raises(NotFound):
        export(town, case.case_id, mine, POLICE_CALLER)
    once = caller("market", "command-9")

    first, second = export(town, case.case_id, mine, once), export(town, case.case_id, mine, once)

    assert first.export_id == second.export_id
    assert [(each.by, each.purpose) for each in first.case.exports] == [(MARKET.actor, PURPOSE)]
    assert acts(town, evidence_id) == ["collect", "copy"]
    assert PURPOSE in town.evidence.get(evidence_id).state.custody[-1].why
    told = [each for each in town.announced() if isinstance(each, CaseExported)]
    assert [(each.export_id, each.evidence_count) for each in told] == [(first.export_id, 1)]
    assert PURPOSE not in repr([codec.as_plain(each) for each in town.announced()])
    key = mine.open(first.files[0].sealed, EVIDENCE)
    assert locked_files.unlock(town.files.kept[first.files[0].file], key["key"]) == FILE


@pytest.fixture
def bundle(town: CasesInMemory) -> tuple[bytes, str]:
    """A bundle as the door puts it together, and the public key that it verifies with."""
    case = town.open()
    collect(town, case.case_id)
    came = export(town, case.case_id, Opener.for_one_answer())
    members = {"index.html": b"<!doctype html>", "evidence/001.txt": FILE}
    manifest = manifest_bytes(members, {"case_number": case.number})
    asked = SignBundle(
        case_id=case.case_id, export_id=came.export_id, manifest_sha256=hashlib.sha256(manifest).hexdigest()
    )
    signed = town.file_desk.sign_bundle(asked, MARKET)
    return zipped(members, manifest, codec.to_bytes(dict(signed.signature))), town.public_key


@pytest.mark.criterion("9.4")
def test_a_bundle_verifies_offline_and_any_flipped_byte_is_found(bundle: tuple[bytes, str], tmp_path: Any) -> None:
    body, public_key = bundle
    report = verify_bundle(body, [public_key])
    assert (report.verdict, report.altered, report.members) == (Verdict.VALID, (), 2)
    assert verify_bundle(body, [public_key_of("22" * 32)]).verdict is Verdict.UNKNOWN_KEY
    for name in (b"FILE", FILE, b"<!doctype", b'"sha256"', b"manifest_sha256", b'"signature"'):
        place = body.find(name) + 3
        if place > 3:
            altered = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            assert verify_bundle(altered, [public_key]).verdict is not Verdict.VALID, name

    file, keys = tmp_path / "case.zip", tmp_path / "keys.txt"
    file.write_bytes(body)
    keys.write_text(public_key, encoding="ascii")
    said = CliRunner().invoke(app, ["bundle", "verify", str(file), "--key", str(keys)])
    assert (said.exit_code, said.output.startswith("valid")) == (0, True)
    file.write_bytes(body.replace(FILE, FILE[:-1] + b"!"))
    said = CliRunner().invoke(app, ["bundle", "verify", str(file), "--key", str(keys), "--lang", "zh"])
    assert (said.exit_code, said.output.strip()) == (1, "已被改动:evidence/001.txt")
    file.write_bytes(b"no zip")
    assert CliRunner().invoke(app, ["bundle", "verify", str(file), "--key", str(keys)]).exit_code == 1


@pytest.mark.criterion("9.4")
def test_nothing_is_added_to_a_bundle_or_taken_out_of_it_unseen(bundle: tuple[bytes, str], tmp_path: Any) -> None:
    body, public_key = bundle
    file = tmp_path / "case.zip"
    file.write_bytes(body)
    with zipfile.ZipFile(file, "a") as more:
        more.writestr("evidence/002.txt", "planted")
    assert verify_bundle(file.read_bytes(), [public_key]).altered == ("evidence/002.txt",)
    with zipfile.ZipFile(tmp_path / "case.zip") as whole, zipfile.ZipFile(tmp_path / "less.zip", "w") as less:
        for name in (MANIFEST, "signature.json", "index.html"):
            less.writestr(name, whole.read(name))
    assert verify_bundle((tmp_path / "less.zip").read_bytes(), [public_key]).altered == ("evidence/001.txt",)


def test_only_what_was_written_down_is_signed_and_only_for_who_took_it(town: CasesInMemory) -> None:
    case = town.open()
    came = export(town, case.case_id, Opener.for_one_answer())
    asked = SignBundle(case_id=case.case_id, export_id=came.export_id, manifest_sha256="0" * 64)

    with pytest.raises(NotFound):
        town.file_desk.sign_bundle(asked, POLICE_CALLER)
    with pytest.raises(NotFound, match=r"export\.not_found"):
        town.file_desk.sign_bundle(
            SignBundle(case_id=case.case_id, export_id="export_0", manifest_sha256="0" * 64), MARKET
        )


def test_a_closed_case_is_taken_along_as_well(town: CasesInMemory) -> None:
    case = town.open()
    close(town, case.case_id)
    assert export(town, case.case_id, Opener.for_one_answer()).case.closed_at is not None
