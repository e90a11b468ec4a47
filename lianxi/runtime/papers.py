"""Papers for an office program: a template that a clerk edited there, filled with what is known.

A field is written `{{name}}` and may stand anywhere: in a paragraph, a table, a header, a footer. A table row, or a
paragraph, that names `{{list.field}}` stands once for each record of that list. Nothing in a template is a program:
whoever may edit one can move, drop and dress fields, and do no more. What it writes as is stays as is, with its fonts.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from lianxi.kernel.errors import Broken

Record = Mapping[str, str]
Values = Mapping[str, str | Sequence[Record]]
"""What fields say: a text by the field's name, or records by a list's."""

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FIELD: Final = re.compile(r"\{\{\s*([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\s*\}\}")
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@cache
def read_template(path: Path) -> bytes:
    """Read a template once; an operator who changes it starts the process anew.

    Raises:
        Broken: paper.template_missing.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise Broken("paper.template_missing", path=str(path)) from error


def fill(template: bytes, values: Values) -> bytes:
    """Fill a template. The same template and the same values give the same bytes, so that a paper can be compared.

    Raises:
        Broken: paper.template_unreadable, or paper.field_unknown for a field that the paper has nothing for.
    """
    from docx import Document  # Loaded by whoever fills a paper, not by every process that could.

    try:
        paper = Document(io.BytesIO(template))
    except (BadZipFile, KeyError, ValueError) as error:
        raise Broken("paper.template_unreadable") from error
    for part in (paper.element.body, *_margins(paper)):
        patterns, plain = _sorted(part)
        for paragraph in plain:
            _fill(paragraph, values)
        for pattern in patterns:
            _repeat(pattern, values)
    written = io.BytesIO()
    paper.save(written)
    return _levelled(written.getvalue())


def fields_of(paper: bytes) -> frozenset[str]:
    """Name the fields that a template has, or that a filled paper was left with.

    Raises:
        Broken: paper.template_unreadable.
    """
    return frozenset(name for text in texts_of(paper) for name in FIELD.findall(text))


def texts_of(paper: bytes) -> list[str]:
    """Read what a paper says, paragraph by paragraph, with its tables, headers and footers.

    Raises:
        Broken: paper.template_unreadable.
    """
    from docx import Document

    try:
        read = Document(io.BytesIO(paper))
    except (BadZipFile, KeyError, ValueError) as error:
        raise Broken("paper.template_unreadable") from error
    parts = (read.element.body, *_margins(read))
    return [_text(paragraph) for part in parts for paragraph in part.xpath(".//w:p")]


def _margins(paper: Any) -> list[Any]:
    sections = [margin for section in paper.sections for margin in (section.header, section.footer)]
    return [margin._element for margin in sections if not margin.is_linked_to_previous]  # noqa: SLF001


def _text(block: Any) -> str:
    return "".join(each.text or "" for each in block.xpath(".//w:t"))


def _sorted(part: Any) -> tuple[list[Any], list[Any]]:
    """Tell what stands once for each record from the rest, before anything is written: no text becomes a field."""
    patterns = [row for row in part.xpath(".//w:tr") if _list_named(row)]
    rest = [each for each in part.xpath(".//w:p") if not any(above in patterns for above in each.iterancestors())]
    patterns += [paragraph for paragraph in rest if _list_named(paragraph)]
    return patterns, [paragraph for paragraph in rest if paragraph not in patterns]


def _list_named(block: Any) -> str:
    return next((name.partition(".")[0] for name in FIELD.findall(_text(block)) if "." in name), "")


def _repeat(pattern: Any, values: Values) -> None:
    """Write a block that names a list's fields once for each record, and take the pattern away."""
    of = _list_named(pattern)
    records = values.get(of)
    if records is None or isinstance(records, str):
        raise Broken("paper.field_unknown", field=of)
    for record in records:
        copy = deepcopy(pattern)
        known = {**values, **{f"{of}.{name}": said for name, said in record.items()}}
        for paragraph in copy.xpath("descendant-or-self::w:p"):
            _fill(paragraph, known)
        pattern.addprevious(copy)
    pattern.getparent().remove(pattern)


def _fill(paragraph: Any, values: Values) -> None:
    """Put texts in the place of fields; the words around them keep their looks."""
    from docx.text.run import Run

    runs = [Run(each, None) for each in paragraph.xpath(".//w:r")]  # type: ignore[arg-type]
    for index, run in enumerate(runs):
        text = run.text
        if "{" not in text:
            continue
        # An office program cuts what was typed into runs as it likes: a field may have been cut too.
        for following in runs[index + 1 :]:
            if text.count("{{") == text.count("}}") and not text.endswith("{"):
                break
            text, following.text = text + following.text, ""
        run.text = FIELD.sub(lambda found: _said(found[1], values), text)


def _said(field: str, values: Values) -> str:
    said = values.get(field)
    if not isinstance(said, str):
        raise Broken("paper.field_unknown", field=field)
    return _UNWRITABLE.sub("", said)


def _levelled(paper: bytes) -> bytes:
    """Write the same parts with no time of writing in them."""
    levelled = io.BytesIO()
    with ZipFile(io.BytesIO(paper)) as before, ZipFile(levelled, "w") as after:
        for entry in before.infolist():
            after.writestr(ZipInfo(entry.filename, _EPOCH), before.read(entry), compress_type=ZIP_DEFLATED)
    return levelled.getvalue()
