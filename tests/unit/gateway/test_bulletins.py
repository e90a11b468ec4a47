"""Bulletins over the door: the paper for an office program, and the check of a template that somebody edited."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from docx import Document

from gateway.bulletin_papers import check_templates, known_fields
from lianxi.contracts.bulletins import BulletinKind, BulletinState, BulletinView, PeriodFigure, UnitPart
from lianxi.runtime.papers import MEDIA_TYPE, fields_of, texts_of
from services.reporting.domain.facts import FIGURES
from tests.support.gateway_fakes import NOON, POLICY, Door

PAPERS = Path(__file__).parents[3] / "deploy" / "papers"
BULLETIN = BulletinView(
    bulletin_id="bulletin_1", version=2, kind=BulletinKind.BULLETIN, title="第一期", first_on=date(2015, 10, 16),
    last_on=date(2015, 10, 29), state=BulletinState.ISSUED, remarks="加强巡查 {{town}}",
    figures=tuple(PeriodFigure(figure=each.name, count=at, event=each.event.KEY) for at, each in enumerate(FIGURES)),
    figures_sha256="ab" * 32, asked_at=NOON, drafted_by="clerk", issued_at=NOON, issued_by="clerk",
    reports=(
        UnitPart(
            unit="market", report_id="r1", due_on=date(2015, 10, 29), practice="走访20户", results="一",
            problems="二", advice="三",
        ),
    ),
)  # fmt: skip


@pytest.mark.criterion("12.5")
@pytest.mark.parametrize("kind", BulletinKind)
def test_the_paper_comes_from_a_template_and_each_figure_names_its_question(door: Door, kind: BulletinKind) -> None:
    units = tuple(POLICY.agencies)
    reports = tuple(replace(BULLETIN.reports[0], unit=unit) for unit in units)
    door.bus.says("get_bulletin", replace(BULLETIN, kind=kind, reports=reports))
    started = time.perf_counter()
    answer = door.http.get("/v1/bulletins/bulletin_1.docx", headers=door.headers("market"))

    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    assert time.perf_counter() - started < 10
    assert fields_of(answer.content) == {"town"}, "what somebody wrote is no field"
    texts = texts_of(answer.content)
    assert any("第一期" in each for each in texts)
    assert sum("走访20户" in each for each in texts) == len(units)
    tables = Document(io.BytesIO(answer.content)).tables
    rows = [[cell.text for cell in row.cells] for row in tables[-1].rows][1:]
    assert len(rows) == len(FIGURES)
    for row, figure in zip(rows, BULLETIN.figures, strict=True):
        assert row[2:4] == [str(figure.count), "GET /v1/bulletins/figures"]
        assert row[4] == "first_on=2015-10-16&last_on=2015-10-29"
        assert figure.event in row[5]
        assert row[6]


@pytest.mark.criterion("12.5")
def test_the_shipped_templates_hold_known_fields_only() -> None:
    told = check_templates(known_fields(POLICY), PAPERS)

    assert [(each.name, each.unknown, each.is_readable) for each in told.items] == [
        ("bulletin.docx", (), True),
        ("summary.docx", (), True),
    ]
    for each in told.items:
        assert {"queries.question", "queries.parameters", "queries.asked_at", "figures_sha256"} <= set(each.fields)
    assert {each.name for each in FIGURES} <= set(told.known), "a figure that no template may name"


@pytest.mark.criterion("12.5")
def test_an_edited_template_is_checked_before_it_is_needed(door: Door, tmp_path: Path) -> None:
    edited = Document(str(PAPERS / "bulletin.docx"))
    edited.add_paragraph("{{cases_opend}}")
    edited.save(str(tmp_path / "bulletin.docx"))
    (tmp_path / "summary.docx").write_bytes(b"no paper")
    told = check_templates(known_fields(POLICY), tmp_path)
    assert [(each.unknown, each.is_readable) for each in told.items] == [(("cases_opend",), True), ((), False)]

    answer = door.http.get("/v1/bulletins/templates", headers=door.headers("office")).json()
    assert [each["unknown"] for each in answer["items"]] == [[], []]
    assert "cases_opened" in answer["known"]
    assert door.http.get("/v1/bulletins/templates", headers=door.headers("market")).status_code == 403
