"""Writes `docs/performance.md` and its plots from `docs/performance.json`: `python -m bench.page`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, Final

from bench import aims, guide, plot, results
from bench.figures import Spread, exponent
from bench.markdown import number, table
from bench.roster import HOW, ORDER, TITLES
from bench.workloads import OTHERS, said_of
from deploy.local.places import CHECKOUT

PAGE: Final = "docs/performance.md"
PICTURES: Final = "docs/pictures"
INTAKE_PLOT: Final = f"{PICTURES}/performance-intake.svg"
GROWTH_PLOT: Final = f"{PICTURES}/performance-growth.svg"
QUIET: Final = 1.0
NOT_MEASURED: Final = "not measured"

Whole = Mapping[str, Any]


def files(whole: Whole) -> dict[str, str]:
    """Write the page and its plots."""
    written = {PAGE: page(whole)}
    steps = whole["steps"]
    if "runs" in steps.get("side_by_side", {}):
        written[INTAKE_PLOT] = intake_plot(steps)
    if lines := growth_lines(steps):
        written[GROWTH_PLOT] = plot.growth(
            "How time grows with size", "items", "milliseconds for one answer, or for all of a rebuild", lines
        )
    return written


def page(whole: Whole) -> str:
    """Write the page."""
    steps, machine = whole["steps"], whole["machine"]
    lines = ["# Performance", "", guide.GENERATED, "", *guide.READING, *where(whole, machine)]
    for title, write in SECTIONS:
        if part := list(write(steps)):
            lines += [f"## {title}", "", *part]
    return "\n".join([*lines, *taken_rows(whole), *guide.METHOD]).rstrip() + "\n"


def where(whole: Whole, machine: Mapping[str, Any]) -> Iterator[str]:
    """Say where it was measured, and how busy the machine was."""
    packages = ", ".join(f"{name} {version}" for name, version in sorted(machine["packages"].items()))
    yield (
        f"**Measured on** {machine['processors']} × {machine['processor']}, {machine['memory_gib']} GiB, "
        f"{machine['system']}, Python {machine['python']}, last at {machine['measured_at']}, in {sizes_of(whole)}. "
        f"{busy(whole)} [When and on how busy a machine](#when-each-part-was-measured) each part was measured is below."
    )
    yield ""
    yield f"Versions: {packages}."
    yield ""


def sizes_of(whole: Whole) -> str:
    """Say which size the figures are of."""
    found = {row["is_short"] for row in whole["taken"].values()}
    if found == {False}:
        return "full size"
    return (
        "short size: look at directions, not at digits" if found == {True} else "full and short sizes, told apart below"
    )


def busy(whole: Whole) -> str:
    """Warn when others had the machine too."""
    if all(row["load"][0] <= QUIET * whole["machine"]["processors"] for row in whole["taken"].values()):
        return "The machine was quiet before each part began."
    return (
        "**Others were at work on this machine**: absolute rates are too low by an unknown factor, ratios are between "
        "neighbours in time, processor time for each item is the steadiest figure."
    )


def taken_rows(whole: Whole) -> Iterator[str]:
    """Write when each part was measured."""
    rows = [
        (
            f"`{name}`",
            row["measured_at"],
            "short" if row["is_short"] else "full",
            f"`{row['commit']}`",
            f"{row['load'][0]} / {row['load'][1]}",
            str(row["seconds"]),
        )
        for name, row in sorted(whole["taken"].items())
    ]
    if rows:
        yield "## When each part was measured"
        yield ""
        yield from table(("part", "ended at", "size", "commit", "load average before / after", "seconds"), rows)


def aim_rows(steps: Whole) -> Iterator[str]:
    """Write M1–M14."""
    rows = []
    yield summary(steps)
    yield ""
    for aim in aims.aims():
        found = aims.reached(steps, aim.code)
        if found is None:
            said, verdict, far = NOT_MEASURED, "–", "–"
        else:
            said = f"**{number(found.value)}**" + (f"<br>{found.note}" if found.note else "")
            verdict = told_of(aim, found)
            if found.same_work is not None:
                verdict = f"two writes: {verdict}; same work: {verdict_of(aim, found.same_work)}"
            share = aim.share(found.value)
            far = "–" if share is None else f"{min(share, 1.0):.0%}"
        rows.append((aim.code, aim.measured_as, number(aim.floor), number(aim.moonshot), said, verdict, far, aim.way))
    head = ("", "measured as", "floor", "moonshot", "this run", "verdict", "of the moonshot", "what stands in the way")
    yield from table(head, rows)


def summary(steps: Whole) -> str:
    """Say in one line how many aims were reached; against a peer, that of two writes counts."""
    verdicts: Counter[str] = Counter()
    for aim in aims.aims():
        found = aims.reached(steps, aim.code)
        if found is None:
            verdicts[NOT_MEASURED] += 1
        else:
            verdicts[told_of(aim, found).partition(":")[0].strip("*")] += 1
    names = ("moonshot", "floor kept", "floor missed", NOT_MEASURED)
    counts = ", ".join(f"{name} {verdicts[name]}" for name in names if verdicts[name])
    return f"Of fourteen aims: {counts}. Where a peer is compared, the one with two writes counts."


def told_of(aim: aims.Aim, found: aims.Reached) -> str:
    """Say plainly what was reached, and which condition does not hold."""
    if found.broken:
        return f"**floor missed**: {found.broken}"
    if found.short and aim.reaches(found.value, aim.moonshot):
        return f"floor kept: {found.short}"
    return verdict_of(aim, found.value)


def verdict_of(aim: aims.Aim, value: float) -> str:
    """Say plainly what was reached."""
    if aim.reaches(value, aim.moonshot):
        return "moonshot"
    return "floor kept" if aim.reaches(value, aim.floor) else "**floor missed**"


def side_rows(steps: Whole) -> Iterator[str]:
    """Write the contenders side by side."""
    if "side_by_side" not in steps:
        return
    found = steps["side_by_side"]
    if "failed" in found:
        yield f"**Failed**: {found['failed']}"
        return
    yield f"![Tips a second from the door to the last record]({INTAKE_PLOT.removeprefix('docs/')})"
    yield ""
    yield from work_lines(found["work"])
    rows = []
    for code in [code for base in ORDER for code in (base, f"{base}=")]:
        if code in found["runs"]:
            rows.append(contender_row(steps, code))
    absent = [(code, TITLES[code], "not here: this machine has no PostgreSQL", *["–"] * 7) for code in found["absent"]]
    head = (
        "", "contender", "how it is written", "does", "tips/s end to end", "accepted/s, p50 / p99 ms",
        "CPU µs for one tip", "where", "Lianxi ÷ it", "generator µs",
    )  # fmt: skip
    yield from table(head, [*rows, *absent])
    yield from table(("bare limit", "a second", "CPU µs for one", "more"), [bare_row(*each) for each in bares(found)])


def work_lines(work: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[str]:
    """Say what the same work is."""
    listed = [
        f"{count:g} × `{name}` of {size:.0f} B with {indexes:g} indexes"
        for stage in work.values()
        for name, (count, size, indexes) in stage.items()
    ]
    count = sum(row[0] for stage in work.values() for row in stage.values())
    yield (
        f"**Two writes** means a tip and a notification. **The same work** (marked =) adds what Lianxi was seen to "
        f"leave in the database for one tip, {count:.0f} more documents, as plain inserts of the same size with as "
        f"many secondary indexes: {'; '.join(listed)}. The peers still check no right, seal nothing and keep no order."
    )
    yield ""


def contender_row(steps: Whole, code: str) -> Sequence[str]:
    """Write one contender."""
    runs = [run for run in steps["side_by_side"]["runs"][code] if "lost" not in run]
    base = code.removesuffix("=")
    does = "its whole work" if base == "lianxi" else "the same work" if code.endswith("=") else "two writes"
    if not runs:
        why = steps["side_by_side"]["runs"][code][0]["lost"].replace("|", "/")
        return (code, TITLES[base], HOW[base], does, f"**failed**: {why:.200}", *["–"] * 5)
    rate = Spread.of(run["end_to_end_rate"] for run in runs)
    cpu = {name: median(run["cpu"][name] for run in runs) for name in runs[0]["cpu"]}
    where_to = ", ".join(f"{name} {number(used)}" for name, used in sorted(cpu.items(), key=lambda each: -each[1]))
    middle = {name: median(run[name] for run in runs) for name in ("accepted_rate", "accept_p50", "accept_p99")}
    return (
        code,
        TITLES[base],
        HOW[base],
        does,
        f"**{number(rate.middle)}** ({number(rate.least)}–{number(rate.most)}, n={len(runs)})",
        f"{number(middle['accepted_rate'])}, {number(middle['accept_p50'])} / {number(middle['accept_p99'])}",
        number(sum(cpu.values())),
        where_to,
        "1" if base == "lianxi" else ratio_to(steps, code),
        number(median(run["generator_cpu"] for run in runs)),
    )


def ratio_to(steps: Whole, code: str) -> str:
    """Write Lianxi ÷ a peer with its spread."""
    try:
        found = aims.against(steps, code)
    except (LookupError, ValueError):
        return "–"
    return f"**{number(found.middle)}** ({number(found.least)}–{number(found.most)})"


def bares(found: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    """List the bare limits with their turns."""
    for name, words in guide.BARE.items():
        if name in found["bare"]:
            yield words, found["bare"][name]


def bare_row(words: str, turns: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    """Write one bare limit."""
    rate = Spread.of(row["rate"] for row in turns)
    cpu = {name: median(row["cpu"][name] for row in turns) for name in turns[0]["cpu"]}
    used = ", ".join(f"{name} {number(each)}" for name, each in cpu.items()) or "–"
    more = f"p50 {number(turns[0]['p50'])} ms, p99 {number(turns[0]['p99'])} ms" if "p50" in turns[0] else ""
    return (words, f"{number(rate.middle)} ({number(rate.least)}–{number(rate.most)})", used, more)


def intake_plot(steps: Whole) -> str:
    """Draw the contenders and the limits."""
    found, rows = steps["side_by_side"], []
    for code in [code for base in ORDER for code in (base, f"{base}=")]:
        runs = [run["end_to_end_rate"] for run in found["runs"].get(code, []) if "lost" not in run]
        if runs:
            spread, base = Spread.of(runs), code.removesuffix("=")
            label = TITLES[base] + (", same work" if code.endswith("=") else "")
            colour = plot.OURS if base == "lianxi" else plot.OTHERS
            rows.append(plot.Bar(label, spread.middle, spread.least, spread.most, colour))
    for words, turns in bares(found):
        spread = Spread.of(row["rate"] for row in turns)
        rows.append(plot.Bar(words, spread.middle, spread.least, spread.most, plot.BARE))
    return plot.bars("Tips a second from the door to the last record, and bare limits", "a second", rows)


def growth_lines(steps: Whole) -> dict[str, dict[int, float]]:
    """Gather what grows, by name."""
    lines: dict[str, dict[int, float]] = {}
    for step, size, fields in guide.GROWING:
        for field, words in fields.items():
            line = {row[size]: row[field] for row in steps.get(step, {}).get("sizes", []) if row.get(field)}
            if len(line) > 1:
                lines[words] = line
    return lines


def growth_rows(steps: Whole) -> Iterator[str]:
    """Write the exponents."""
    lines = growth_lines(steps)
    if not lines:
        return
    yield f"![How time grows with size]({GROWTH_PLOT.removeprefix('docs/')})"
    yield ""
    rows = []
    for words, line in lines.items():
        figures = "; ".join(f"{size:,}: {number(value)} ms" for size, value in sorted(line.items()))
        rows.append((words, figures, f"{exponent(line):.2f}"))
    yield from table(("what", "times", "exponent (1 is linear, 0 does not grow)"), rows)


def other_rows(steps: Whole) -> Iterator[str]:
    """Write the workloads that stand alone."""
    rows = [(title, said_of(steps[name], write)) for name, title, write in OTHERS if name in steps]
    if rows:
        yield from table(("workload", "this run"), rows)


SECTIONS: Final[Sequence[tuple[str, Callable[[Whole], Iterator[str]]]]] = (
    ("The aims", aim_rows),
    ("Side by side", side_rows),
    ("Other workloads", other_rows),
    ("Growth", growth_rows),
)


def write(whole: Whole) -> None:
    """Put the page and its plots in their places."""
    for place, text in files(whole).items():
        (CHECKOUT / place).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(results.read())
