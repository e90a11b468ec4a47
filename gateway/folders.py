"""The inspection folder (迎检): everything that a unit is assessed by, as one indexed file that needs no program.

`index.html` leads, Chinese first, to a page for each part; beside each page lies the same as data. `manifest.json`
names every other file with its length and SHA-256, what the folder was taken out for, by whom and when.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from lianxi.contracts import codec
from lianxi.contracts.assessment import DeductionView, Folder
from lianxi.contracts.reporting import StageReportView
from lianxi.kernel.clock import SHANGHAI
from lianxi.policy.policy import Policy
from lianxi.policy.words import names_of

Pair = tuple[str, str]
INDEX: Final = "index.html"
MANIFEST: Final = "manifest.json"
STATES: Final[Mapping[str, Pair]] = {
    "none": ("无", "none"),
    "proposed": ("已提出,待陈述", "proposed, unit to be heard"),
    "stated": ("单位已陈述,待决定", "unit heard, to be decided"),
    "applied": ("已扣分", "applied"),
    "dropped": ("不予扣分", "dropped"),
    "withdrawn": ("已撤回", "withdrawn"),
    "not_due": ("未到期", "not due"),
    "due": ("到期", "due"),
    "missed": ("未报", "missed"),
    "filed": ("已报", "filed"),
    "filed_late": ("迟报", "filed late"),
    "issued": ("待答复", "waits for an answer"),
    "answered": ("已答复", "answered"),
    "accepted": ("已通过", "accepted"),
    "kept": ("有依据", "kept"),
    "waiting": ("暂无依据", "no proof yet"),
    "overdue": ("逾期", "overdue"),
    "not_running": ("系统未运行此项", "not run by the system"),
    "refused": ("不采用", "refused"),
    "heading": ("标题", "heading"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: what it says, and where it leads."""

    text: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One page of the folder, and the same as data."""

    file: str
    title: Pair
    columns: tuple[Pair, ...]
    rows: Sequence[Sequence[Cell]]
    data: Any


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, auto_reload=False)
    return environment.get_template("folder.html")


def pack(folder: Folder, policy: Policy, *, purpose: str, by: str) -> bytes:
    """Write the folder; the same folder gives the same bytes, so that two copies can be compared."""
    parts = tuple(_parts(folder, _Names(policy)))
    files: dict[str, bytes] = {}
    for part in parts:
        page = _template().render(title=part.title, lines=(), columns=part.columns, rows=part.rows, up=True)
        files[f"{part.file}.html"] = page.encode()
        files[f"data/{part.file}.json"] = _json(part.data)
    files[INDEX] = _index(folder, policy, parts, purpose).encode()
    listed = [
        {"path": path, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for path, body in sorted(files.items())
    ]
    told = {"made_at": folder.as_of.isoformat(), "made_by": by, "purpose": purpose}
    files[MANIFEST] = _json({**told, "policy_version": folder.policy_version, "files": listed})
    return _zipped(files, folder.as_of)


def _zipped(files: Mapping[str, bytes], at: datetime) -> bytes:
    there = at.astimezone(SHANGHAI)
    stamp = (there.year, there.month, there.day, there.hour, there.minute, there.second)
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as packed:
        for path in (INDEX, MANIFEST, *sorted(files.keys() - {INDEX, MANIFEST})):
            packed.writestr(ZipInfo(path, stamp), files[path], compress_type=ZIP_DEFLATED)
    return written.getvalue()


def _index(folder: Folder, policy: Policy, parts: Sequence[Part], purpose: str) -> str:
    first, last = folder.period_from.isoformat(), folder.period_to.isoformat()
    title = policy.programme
    lines = (
        (f"{title.territory} · {title.title_zh}", title.title_en),
        (
            f"期间:{first} 至 {last};政策版本 {folder.policy_version}",
            f"{first} to {last}; policy {folder.policy_version}",
        ),
        (f"导出用途:{purpose}", f"Taken out for: {purpose}"),
        (
            "每个文件的 SHA-256 见 manifest.json。扣分由人决定,数据只提出。",
            "manifest.json holds the SHA-256 of each file.",
        ),
    )
    rows = [
        (Cell(part.title[0], f"{part.file}.html"), Cell(part.title[1]), Cell(str(len(part.rows))), _data_of(part))
        for part in parts
    ]
    columns = (("部分", "Part"), ("英文", "English"), ("条数", "Entries"), ("数据", "Data"))
    return _template().render(
        title=("迎检材料目录", "Inspection folder"), lines=lines, columns=columns, rows=rows, up=False
    )


def _data_of(part: Part) -> Cell:
    return Cell(f"{part.file}.json", f"data/{part.file}.json")


def _row(*texts: str) -> list[Cell]:
    """Say a row of plain texts."""
    return [Cell(text) for text in texts]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()


class _Names:
    """Says codes by their names, Chinese first."""

    def __init__(self, policy: Policy) -> None:
        self._names = names_of(policy)
        self._triggers = {each.code: (each.name_zh, each.name_en) for each in policy.assessment.triggers}

    def unit(self, code: str) -> str:
        zh, en = self._names.get(code, (code, code))
        return zh if zh == en else f"{zh} {en}"

    def trigger(self, code: str) -> str:
        return " ".join(self._triggers.get(code, (code,)))

    def item(self, code: str) -> str:
        noun, _, rest = code.partition("/")
        return self.trigger(rest) if noun == "trigger" else code


def _parts(folder: Folder, names: _Names) -> Iterator[Part]:
    yield _board(folder, names)
    yield _returns(folder, names)
    yield _deductions(folder, names)
    yield _findings(folder, names)
    yield _orders(folder, names)
    yield _tools(folder, names)
    yield _clauses(folder, names)
    yield _figures(folder, names)


def _board(folder: Folder, names: _Names) -> Part:
    rows = [
        [
            Cell(names.unit(board.unit)),
            Cell(names.item(item.code)),
            Cell(item.clause, "clauses.html"),
            Cell(_state(item.state)),
            *_linked(item.proof),
            Cell(", ".join(item.missing)),
        ]
        for board in folder.board
        for item in board.items
    ]
    columns = (
        *(("单位", "Unit"), ("事项", "Item"), ("条款", "Clause"), ("状态", "State")),
        *(("依据", "Proof"), ("缺少的依据", "Missing proof")),
    )
    return Part("board", ("考核情况", "How units stand"), columns, rows, _plain(folder.board))


def _linked(proof: Sequence[str]) -> tuple[Cell]:
    """Name the proof; what lies in the folder itself is led to."""
    home = {"stage_report": "returns.html", "deduction": "deductions.html", "finding": "findings.html"}
    to = next((home[noun] for noun in (each.partition("/")[0] for each in proof) if noun in home), "")
    return (Cell(", ".join(proof), to),)


def _returns(folder: Folder, names: _Names) -> Part:
    rows = [
        [
            Cell(each.due_on.isoformat()),
            Cell(names.unit(each.agency)),
            Cell(_state(each.state)),
            Cell(_time(each.filed_at)),
            *(Cell(text or "") for text in (each.practice, each.results, each.problems, each.advice)),
            Cell(_differences(each)),
            Cell(each.figures_sha256 or ""),
        ]
        for each in folder.returns
    ]
    columns = (
        *(("日期", "Due"), ("单位", "Unit"), ("状态", "State"), ("报送时间", "Filed")),
        *(("具体做法", "Practice"), ("取得成果", "Results"), ("存在问题", "Problems"), ("意见建议", "Advice")),
        *(("与系统不同的数字", "Figures that differ"), ("数字的 SHA-256", "SHA-256 of the figures")),
    )
    return Part("returns", ("阶段性工作情况", "Stage reports"), columns, rows, _plain(folder.returns))


def _differences(report: StageReportView) -> str:
    differ = [
        f"{name}: 单位 {count} / 系统 {report.figures[name]}({report.remarks.get(name, '')})"
        for name, count in report.stated.items()
        if report.figures.get(name, count) != count
    ]
    return ";".join(differ)


def _deductions(folder: Folder, names: _Names) -> Part:
    rows = [_told(each, names) for each in folder.deductions]
    columns = (
        *(("单位", "Unit"), ("情形", "Situation"), ("所涉事项", "About"), ("依据", "Proof"), ("十分之几分", "Tenths")),
        *(("状态", "State"), ("陈述期限", "To be stated by"), ("单位陈述", "Statement"), ("决定理由", "Grounds")),
        ("撤回", "Withdrawals"),
    )
    title = ("扣分:提出、陈述与决定", "Deductions: proposed, stated on, decided")
    return Part("deductions", title, columns, rows, _plain(folder.deductions))


def _told(each: DeductionView, names: _Names) -> list[Cell]:
    withdrawals = ";".join(f"{_time(one.at)} {one.by}: {one.reason}" for one in each.withdrawals)
    return _row(
        *(names.unit(each.unit), names.trigger(each.trigger), each.about, ", ".join(each.proof), str(each.tenths)),
        *(_state(each.state), _time(each.statement_due_at), each.statement or "", each.grounds or "", withdrawals),
    )


def _findings(folder: Folder, names: _Names) -> Part:
    rows = [
        _row(
            *(names.unit(each.unit), each.fact, each.about, ", ".join(each.proof), each.grounds),
            *(_time(each.found_at), each.reason or ""),
        )
        for each in folder.findings
    ]
    columns = (
        *(("单位", "Unit"), ("事实", "Fact"), ("所涉事项", "About"), ("依据", "Proof"), ("说明", "Grounds")),
        *(("认定时间", "Found"), ("撤回原因", "Taken back because")),
    )
    return Part("findings", ("人工认定的事实", "Facts found by persons"), columns, rows, _plain(folder.findings))


def _orders(folder: Folder, names: _Names) -> Part:
    rows = [
        _row(
            *(each.number, names.unit(each.target), each.about, each.question, _time(each.due_at)),
            *(_state(each.state), each.answer or "", each.remark or ""),
        )
        for each in folder.orders
    ]
    columns = (
        *(("编号", "Number"), ("单位", "Unit"), ("所涉事项", "About"), ("要求", "Demand"), ("期限", "Due")),
        *(("状态", "State"), ("答复", "Answer"), ("意见", "Remark")),
    )
    return Part("orders", ("督办", "Supervision orders"), columns, rows, _plain(folder.orders))


def _tools(folder: Folder, names: _Names) -> Part:
    rows = [
        _row(
            *(names.unit(each.target), each.kind, each.trigger, ", ".join(each.proof), _state(each.state)),
            *(each.statement or "", each.grounds or "", each.end_grounds or ""),
        )
        for each in folder.tools
    ]
    columns = (
        *(("单位", "Unit"), ("工具", "Tool"), ("情形", "Trigger"), ("依据", "Proof"), ("状态", "State")),
        *(("单位陈述", "Statement"), ("决定理由", "Grounds"), ("结束理由", "End")),
    )
    return Part("tools", ("综治政策工具", "Tools of governance"), columns, rows, _plain(folder.tools))


def _clauses(folder: Folder, names: _Names) -> Part:
    rows = [
        [
            Cell(each.clause),
            Cell(each.sentence),
            Cell(", ".join(names.unit(lead) for lead in each.lead)),
            Cell(_state(each.state)),
            Cell(str(each.proofs)),
            Cell(_time(each.last_proof_at)),
            Cell(", ".join(each.kept_by)),
        ]
        for each in folder.clauses
    ]
    columns = (
        *(("条款", "Clause"), ("原文", "Sentence"), ("主责", "Lead"), ("状态", "State")),
        *(("依据数", "Proofs"), ("最近", "Latest"), ("由什么证明", "Kept by")),
    )
    return Part(
        "clauses",
        ("方案逐句落实情况", "The plan, sentence by sentence"),
        columns,
        rows,
        _plain(folder.clauses),
    )


def _figures(folder: Folder, names: _Names) -> Part:
    rows = [
        [Cell(names.unit(unit)), Cell(name), Cell(str(count))]
        for unit, figures in folder.figures.items()
        for name, count in figures.items()
    ]
    columns = (("单位", "Unit"), ("数字", "Figure"), ("数值", "Count"))
    return Part("figures", ("数字", "Figures"), columns, rows, folder.figures)


def _plain(rows: Iterable[Any]) -> list[Any]:
    return [codec.as_plain(each) for each in rows]


def _state(code: str) -> str:
    return " ".join(STATES.get(code, (code,)))


def _time(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
