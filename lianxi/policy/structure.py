"""Whether a policy hangs together: every name it uses exists, every sentence has a row, every limit a basis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.calendar import SATURDAY
from lianxi.policy.dates import precision_of, resolve
from lianxi.policy.findings import Finding, error
from lianxi.policy.model import ClockRule, Obligation, Sourced, due_on
from lianxi.policy.policy import MEMBERS, Policy
from lianxi.policy.reaching import outside_findings
from lianxi.policy.soundness import appraisal_findings, process_findings, rights_findings, supervision_findings
from lianxi.policy.sources import source_findings

RECEIVER_ROLES = frozenset({
    "lead", "copies", "next_owner", "owner", "receiver", "receivers", "sender", "office", "agency", "target",
})  # fmt: skip
"""The roles that an event may give somebody; `lianxi.policy.model.NoticeRule.receivers` holds them, or desk codes."""

OWES_NOTHING = frozenset({"heading", "context"})
RETURNS_TO_ROLL_BY = 2


def structural_findings(policy: Policy, events: Iterable[str] | None = None) -> tuple[Finding, ...]:
    """Find everything that a town must not start with. `events`, when given, are the event types that exist.

    Clause: none.
    """
    found = [
        *_citations(policy),
        *_sentences(policy),
        *_obligations(policy),
        *_agencies(policy),
        *_routes(policy),
        *_clocks(policy),
        *_grades(policy),
        *_suspicion(policy),
        *_returns(policy),
        *_notices(policy),
        *_calendar(policy),
        *supervision_findings(policy),
        *process_findings(policy),
        *appraisal_findings(policy),
        *rights_findings(policy),
        *outside_findings(policy),
        *source_findings(policy.sources),
    ]
    if events is not None:
        found.extend(_events(policy, frozenset(events)))
    return tuple(found)


def _sourced(policy: Policy) -> Iterator[tuple[str, Sourced]]:
    yield "programme", policy.programme
    yield "summary", policy.summary
    yield from (("brought_forward", policy.brought_forward), ("suspicion", policy.suspicion))
    yield "pause limit", policy.pause_limit
    yield "purge", policy.purge
    yield "chosen reward scheme", policy.rewards.chosen
    named: tuple[tuple[str, Iterable[Sourced], str], ...] = (
        ("phase", policy.programme.phases, "code"),
        ("agency", policy.agencies.values(), "code"),
        ("post", policy.posts, "code"),
        ("party", policy.parties.values(), "code"),
        ("obligation", policy.obligations, "id"),
        ("route", policy.routes, "category"),
        ("grade", policy.grades.values(), "code"),
        ("observation", policy.observations, "code"),
        ("return", policy.returns, "code"),
        ("part", policy.report_parts, "code"),
        ("clock", policy.clocks, "id"),
        ("notice", policy.notices, "event"),
        ("contact", policy.contacts, "code"),
        ("slip", policy.slips, "written"),
        ("ladder", policy.ladders, "code"),
        ("pause", policy.pause_reasons, "code"),
        ("extension", policy.extension_reasons, "code"),
        ("approval", policy.approvals, "id"),
        ("process", policy.processes.values(), "code"),
        ("step", (step for process in policy.processes.values() for step in process.steps), "code"),
        ("activity", policy.publicity, "code"),
        ("indicator group", policy.readiness_groups, "code"),
        ("indicator", policy.readiness, "id"),
        ("veto", policy.vetoes, "id"),
        ("scheme", policy.assessment.schemes, "code"),
        ("trigger", policy.assessment.triggers, "code"),
        ("tool", policy.assessment.tools, "code"),
        ("reward scheme", policy.rewards.schemes, "code"),
        ("source", policy.sources, "code"),
        ("outside channel", policy.outside.channels, "code"),
        ("outside receiver", policy.outside.receivers, "code"),
        ("outside call", policy.outside.calls, "code"),
        ("outside template", policy.outside.templates, "code"),
        ("retention", policy.retention, "code"),
        ("safeguard", policy.safeguards, "code"),
        ("role", policy.permissions.roles, "code"),
        ("resource", policy.permissions.resources, "code"),
        ("grant", policy.permissions.grants, "role"),
    )
    for kind, rows, key in named:
        for row in rows:
            yield f"{kind} {getattr(row, key)}", row


def _citations(policy: Policy) -> Iterator[Finding]:
    for name, row in _sourced(policy):
        if row.clause not in policy.clauses and row.clause not in policy.articles:
            yield error(
                "clause.unknown",
                f"{name} cites {row.clause!r}, which is neither a sentence of the plan nor a listed article.",
                f"{name} 引用“{row.clause}”,方案中没有这一句,条文表中也没有这一条。",
                row.clause,
            )
    for row in policy.obligations:
        for cited in row.cites:
            if cited.article not in policy.articles:
                yield error(
                    "article.unknown",
                    f"obligation {row.id} cites article {cited.article!r}, which is not listed.",
                    f"职责 {row.id} 引用的条文“{cited.article}”不在条文表中。",
                    row.clause,
                )


def _sentences(policy: Policy) -> Iterator[Finding]:
    kept = {row.clause for row in policy.obligations}
    for clause in policy.clauses:
        if clause not in kept:
            yield error("sentence.no_row", f"{clause} has no obligation row.", f"{clause} 没有对应的职责条目。", clause)


def _obligations(policy: Policy) -> Iterator[Finding]:
    yield from _repeated("obligation", (row.id for row in policy.obligations))
    for row in policy.obligations:
        if not row.id.startswith(row.clause):
            yield error(
                "obligation.misnamed",
                f"{row.id} does not begin with {row.clause}.",
                f"{row.id} 与 {row.clause} 不符。",
                row.clause,
            )
        if row.kind not in OWES_NOTHING and not row.lead:
            yield error("obligation.no_lead", f"{row.id} has no lead.", f"{row.id} 没有主责单位。", row.clause)
        for agency in (*row.lead, *row.support):
            if agency != MEMBERS and agency not in policy.agencies and agency not in policy.parties:
                yield error(
                    "obligation.agency_unknown",
                    f"{row.id} names {agency!r}, which is no agency or party.",
                    f"{row.id} 中的“{agency}”不是已知单位。",
                    row.clause,
                )
        yield from _vague_date(policy, row)
        if row.status in {"runs", "partly"} and not row.feature:
            yield error(
                "obligation.no_feature",
                f"{row.id} is said to run, but names no feature.",
                f"{row.id} 标为已运行,却没有写明功能。",
                row.clause,
            )


def _vague_date(policy: Policy, row: Obligation) -> Iterator[Finding]:
    """See that a vague date was resolved by its own rule. A rolled programme's days have moved, its words have not."""
    if not row.due_in or policy.shift_days:
        return
    try:
        is_right = row.due_on == (resolve(row.due_in, row.due_rule),) and row.precision == precision_of(row.due_in)
    except PolicyBroken:
        is_right = False
    if not is_right:
        yield error(
            "obligation.date_unresolved",
            f"{row.id} is due {row.due_rule} {row.due_in!r}, which does not come to its due date and precision.",
            f"{row.id} 的期限“{row.due_in}”与其日期、精度不符。",
            row.clause,
        )


def _agencies(policy: Policy) -> Iterator[Finding]:
    yield from _repeated("desk", (desk.code for agency in policy.agencies.values() for desk in agency.desks))
    for agency in policy.agencies.values():
        if not agency.desks:
            yield error(
                "agency.no_desk", f"{agency.code} has no desk.", f"{agency.name_zh}没有办理席位。", agency.clause
            )
        for desk in agency.desks:
            if desk.code.partition("/")[0] != agency.code:
                yield error(
                    "desk.misnamed",
                    f"desk {desk.code} does not begin with its agency {agency.code}.",
                    f"席位 {desk.code} 与所属单位 {agency.code} 不符。",
                    agency.clause,
                )
    for post in policy.posts:
        for code in post.agencies:
            if code not in policy.agencies:
                yield error(
                    "post.agency_unknown",
                    f"post {post.code} names {code!r}, which is no agency.",
                    f"职务 {post.code} 中的“{code}”不是已知单位。",
                    post.clause,
                )


def _routes(policy: Policy) -> Iterator[Finding]:
    yield from _repeated("route", (f"{route.category} ({kind})" for route in policy.routes for kind in route.kinds))
    if not policy.routes or sum(route.is_default for route in policy.routes) != 1:
        yield error("route.no_default", "Exactly one route must be the default.", "分流表须有且只有一条默认去向。")
    for route in policy.routes:
        for desk in (route.lead, *route.copies):
            if desk not in policy.desks:
                yield error(
                    "route.desk_unknown",
                    f"route {route.category} names desk {desk!r}, which no agency has.",
                    f"分流类别“{route.name_zh}”的席位“{desk}”不存在。",
                    route.clause,
                )


def _clocks(policy: Policy) -> Iterator[Finding]:
    yield from _repeated("clock", (rule.id for rule in policy.clocks))
    for rule in policy.clocks:
        if not rule.basis.strip():
            yield error("clock.no_basis", f"clock {rule.id} has no basis.", f"时限 {rule.id} 没有依据。", rule.clause)
        if rule.amount < 0 or (rule.effective_to is not None and rule.effective_to < rule.effective_from):
            yield error("clock.impossible", f"clock {rule.id} cannot be.", f"时限 {rule.id} 数值不合理。", rule.clause)
    rows: dict[str, list[ClockRule]] = {}
    for rule in sorted(policy.clocks, key=lambda row: row.effective_from):
        rows.setdefault(rule.clock, []).append(rule)
    for earlier, later in (pair for same in rows.values() for pair in pairwise(same)):
        if earlier.effective_to is None or earlier.effective_to >= later.effective_from:
            yield error(
                "clock.overlap",
                f"clocks {earlier.id} and {later.id} are in force on the same day.",
                f"时限 {earlier.id} 与 {later.id} 的有效期重叠。",
                later.clause,
            )


def _grades(policy: Policy) -> Iterator[Finding]:
    for grade in policy.grades.values():
        try:
            due_on(grade, policy.programme.issued_on)
        except PolicyBroken:
            yield error(
                "grade.cadence_unreadable",
                f"grade {grade.code} has cadence {grade.cadence!r}; write it like P2M or P15D.",
                f"{grade.name_zh}的周期“{grade.cadence}”无法识别,应写作 P2M 或 P15D。",
                grade.clause,
            )


def _suspicion(policy: Policy) -> Iterator[Finding]:
    copies, clause = policy.suspicion.copies, policy.suspicion.clause
    if not any(each.startswith("police/") for each in copies) or not set(copies) <= set(policy.desks):
        yield error(
            "suspicion.police_missing",
            f"What a visit suspects goes to {', '.join(copies)}: the police have to be among them, and all known.",
            "巡查疑点的抄送名单里须有公安席位,且席位须存在。",
            clause,
        )


def _returns(policy: Policy) -> Iterator[Finding]:
    dates = [row.due_on for row in policy.returns]
    if len(dates) < RETURNS_TO_ROLL_BY or dates != sorted(set(dates)):
        yield error("return.order", "Return dates must be two or more, in order.", "报送日期至少两个,且须按先后排列。")
    for row in (*policy.returns, policy.summary):
        for code in row.owed_by:
            if code not in policy.agencies:
                yield error(
                    "return.agency_unknown",
                    f"return {row.code} is owed by {code!r}, which is no agency.",
                    f"报送 {row.code} 中的“{code}”不是已知单位。",
                    row.clause,
                )


def _notices(policy: Policy) -> Iterator[Finding]:
    for rule in policy.notices:
        for receiver in rule.receivers:
            if receiver not in RECEIVER_ROLES and receiver not in policy.desks:
                yield error(
                    "notice.receiver_unknown",
                    f"notice of {rule.event} goes to {receiver!r}, which is neither a role nor a desk.",
                    f"{rule.event} 的告知对象“{receiver}”既不是角色也不是席位。",
                    rule.clause,
                )
        if rule.acknowledge and rule.within is None:
            yield error(
                "notice.no_limit",
                f"notice of {rule.event} must be acknowledged, but by no time.",
                f"{rule.event} 要求签收,却没有时限。",
                rule.clause,
            )


def _calendar(policy: Policy) -> Iterator[Finding]:
    for year in policy.calendar.years.values():
        for day in sorted(year.make_up_workdays):
            if day.weekday() < SATURDAY or day in year.holidays:
                yield error(
                    "calendar.make_up_not_weekend",
                    f"{day} is entered as a make-up workday but is no weekend day.",
                    f"{day} 标为调休上班日,但不是周末。",
                )
        for day in sorted(year.make_up_workdays | year.holidays):
            if day.year != year.year:
                yield error("calendar.other_year", f"{day} stands in {year.year}.", f"{day} 写在 {year.year} 年历中。")


def _events(policy: Policy, events: frozenset[str]) -> Iterator[Finding]:
    kept_by = ((f"obligation {row.id}", row.clause, event) for row in policy.obligations for event in row.kept_by)
    told = ((f"notice of {rule.event}", rule.clause, rule.event) for rule in policy.notices)
    ready = (
        (f"indicator {row.id}", row.clause, event)
        for row in policy.readiness
        for event in (*row.shown_by, *row.against)
    )
    for name, clause, event in (*kept_by, *told, *ready):
        if event.partition("/")[0] not in events:
            yield error(
                "event.unknown",
                f"{name} names event {event!r}, which nobody announces.",
                f"{name} 所列事件“{event}”不存在。",
                clause,
            )


def _repeated(kind: str, names: Iterable[str]) -> Iterator[Finding]:
    for name, times in Counter(names).items():
        if times > 1:
            yield error(
                f"{kind}.repeated", f"{kind} {name} is written {times} times.", f"{kind} {name} 重复了 {times} 次。"
            )
