"""Papers: templates that a clerk edits in an office program, and what filling them may and may not do."""

from __future__ import annotations

import io

import pytest
from docx import Document

from lianxi.kernel.errors import Broken
from lianxi.runtime.papers import Values, fields_of, fill, texts_of

NOBODY_CAN = "{{ ''.__class__ }} {% for x in y %} {{name|e}}"


def template() -> bytes:
    paper = Document()
    paper.sections[0].footer.paragraphs[0].text = "第{{number}}号"
    title = paper.add_paragraph()
    title.add_run("会议纪要:").bold = True
    # As an office program leaves a field that was typed in two goes.
    for part in ("{", "{ti", "tle}", "} 完"):
        title.add_run(part)
    table = paper.add_table(rows=2, cols=2)
    table.rows[0].cells[0].text = "单位"
    table.rows[1].cells[0].text, table.rows[1].cells[1].text = "{{units.name}}", "{{ units.came }} / {{number}}"
    paper.add_paragraph("决定 {{decisions.what}}")
    written = io.BytesIO()
    paper.save(written)
    return written.getvalue()


VALUES: Values = {
    "number": "3",
    "title": "第三次会议",
    "units": [{"name": "公安", "came": "到会"}, {"name": "工商", "came": "缺席"}],
    "decisions": [{"what": "查\x00清底数"}],
}


@pytest.mark.criterion("21")
def test_fields_rows_and_footers_are_filled_and_the_rest_keeps_its_looks() -> None:
    paper = fill(template(), VALUES)

    assert texts_of(paper)[0] == "会议纪要:第三次会议 完"
    assert texts_of(paper)[-1] == "第3号"
    rows = [[cell.text for cell in row.cells] for row in Document(io.BytesIO(paper)).tables[0].rows]
    assert rows == [["单位", ""], ["公安", "到会 / 3"], ["工商", "缺席 / 3"]]
    assert "决定 查清底数" in texts_of(paper)
    assert Document(io.BytesIO(paper)).paragraphs[0].runs[0].bold
    assert fields_of(paper) == frozenset()


def test_a_list_without_records_leaves_no_row() -> None:
    paper = fill(template(), {**VALUES, "units": [], "decisions": []})

    assert len(Document(io.BytesIO(paper)).tables[0].rows) == 1
    assert not any("决定" in text for text in texts_of(paper))


def test_the_same_template_and_values_give_the_same_bytes() -> None:
    made = template()

    assert fill(made, VALUES) == fill(made, VALUES)


def test_a_template_names_its_fields() -> None:
    assert fields_of(template()) == {"number", "title", "units.name", "units.came", "decisions.what"}


@pytest.mark.parametrize("left_out", ["title", "units"])
def test_a_field_that_nothing_is_known_for_is_said(left_out: str) -> None:
    with pytest.raises(Broken) as said:
        fill(template(), {name: value for name, value in VALUES.items() if name != left_out})

    assert said.value.code == "paper.field_unknown"


def test_what_is_filled_in_is_text_and_never_a_field_or_a_program() -> None:
    said = "{{number}} {{units.name}} <w:br/> & " + NOBODY_CAN
    paper = fill(template(), {**VALUES, "title": said, "decisions": [{"what": said}]})

    assert texts_of(paper)[0] == f"会议纪要:{said} 完"
    assert f"决定 {said}" in texts_of(paper)


def test_a_file_that_is_no_paper_is_refused() -> None:
    with pytest.raises(Broken) as said:
        fill(b"no paper", VALUES)

    assert said.value.code == "paper.template_unreadable"
