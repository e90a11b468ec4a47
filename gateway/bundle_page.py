"""The page by which a bundle is read: Chinese first, in one file, without a script and without anything from elsewhere.

Clause: L31.1; criterion 9.4. Everything that comes from people is text, and nothing else.
"""

from __future__ import annotations

import html
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from gateway.timelines import words_of
from lianxi.contracts.evidence import EvidenceView
from lianxi.contracts.timelines import CaseExport, CaseTimeline, TimelineLine
from lianxi.kernel.clock import SHANGHAI

WORDS: Final = Path(__file__).parent / "console" / "words"
LANGUAGES: Final = ("zh", "en")


@cache
def _words(language: str) -> Mapping[str, str]:
    files = sorted((WORDS / language).glob("*.toml"))
    return dict(row for each in files for row in _flat(tomllib.loads(each.read_text(encoding="utf-8"))))


def _flat(rows: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in rows.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


@dataclass(frozen=True)
class _Page:
    """Writes a page of its own, in two languages, without a script, a style sheet or a picture from elsewhere."""

    names: Mapping[str, Any]

    def say(self, key: str) -> str:
        """Say a code in both languages; one that has no words is said as it is."""
        said = [_words(language).get(key) for language in LANGUAGES]
        return html.escape(" ".join(dict.fromkeys(each for each in said if each)) or key.partition(".")[2] or key)

    def name(self, code: str | None) -> str:
        """Call a desk by its name; a person stays the id that they are."""
        return html.escape(" ".join(dict.fromkeys(self.names.get(code or "", (code or "",)))))

    def row(self, *cells: Any) -> str:
        """Write a row; what is in it is text and nothing else."""
        return "<tr>" + "".join(f"<td>{each}</td>" for each in cells) + "</tr>"

    def table(self, heads: Sequence[str], rows: Sequence[str]) -> str:
        """Write a table with its heads."""
        top = "".join(f'<th scope="col">{self.say(each)}</th>' for each in heads)
        return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


_STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "body{color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}td,th{border:1px solid #777;padding:.3rem .5rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}code{font-size:.8em;overflow-wrap:anywhere}"
)


def index_page(
    names: Mapping[str, Any], export: CaseExport, timeline: CaseTimeline, files: Mapping[str, str], purpose: str
) -> bytes:
    """Write the page by which a bundle is read, Chinese first, with no need of anything outside it."""
    page = _Page(names)
    title = f"{page.say('casefile.title')} {html.escape(export.case.number)}"
    body = [
        f"<h1>{title}</h1>",
        (
            f"<p>{page.say('casefile.exported')} {_time(export.exported_at)} · {page.say('casefile.purpose')} "
            f"{html.escape(purpose)}</p>"
        ),
        (
            f"<p>{page.say('casefile.verify')} <code>lianxi bundle verify {html.escape(export.case.number)}.zip "
            "--key cases-keys.txt</code></p>"
        ),
        f"<h2>{page.say('casefile.evidence')}</h2>",
        *(_evidence(page, view, files[view.evidence_id]) for view in export.evidence),
        f"<h2>{page.say('casefile.receipts')}</h2>",
        "<ul>"
        + "".join(
            f'<li><a href="receipts/{number:02d}.json">{html.escape(str(each.get("number", number)))}</a></li>'
            for number, each in enumerate(export.receipts, 1)
        )
        + "</ul>",
        f"<h2>{page.say('casefile.timeline')}</h2>",
        page.table(
            ("casefile.when", "casefile.what", "casefile.about", "casefile.by"),
            [
                page.row(
                    _time(each.at),
                    f"{page.say('filed.source.' + each.source)} · {' '.join(_said(page, each))}",
                    f"<code>{html.escape(each.about)}</code>",
                    page.name(each.by),
                )
                for each in timeline.lines
            ],
        ),
    ]
    return (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>{''.join(body)}</main></body></html>"
    ).encode()


def _evidence(page: _Page, view: EvidenceView, path: str) -> str:
    link = f'<a href="{path}">{html.escape(path)}</a>' if view.label else html.escape(path)
    heads = ("casefile.when", "casefile.what", "casefile.by", "casefile.where", "casefile.why")
    rows = [
        page.row(
            _time(each.at),
            page.say(f"filed.evidence.{each.act}"),
            " · ".join(page.name(part) for part in (each.by, each.desk, each.to) if part),
            html.escape(each.where),
            html.escape(each.why),
        )
        for each in view.custody
    ]
    altered = f"<p><strong>{page.say('casefile.altered')}</strong></p>" if view.altered_at else ""
    return (
        f"<h3>{html.escape(view.label or view.evidence_id)}</h3>{altered}<p>{link} · {view.size} B · "
        f"{page.say('evidence_state.' + view.state)}<br><code>SHA-256 {view.sha256}</code></p>{page.table(heads, rows)}"
    )


def _said(page: _Page, line: TimelineLine) -> tuple[str, ...]:
    key, limit = words_of(line)
    return tuple(part for part in (page.say(key), html.escape(limit)) if part)


def _time(at: Any) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
