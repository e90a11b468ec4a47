"""Where the plan disagrees with itself, leaves a gap, or asks for what a law restricts.

Each is found in the rows themselves; whatever is put right in the data is no longer remarked on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lianxi.policy.dates import loosest
from lianxi.policy.findings import Finding, warning
from lianxi.policy.policy import Policy

OUTSIDERS = {"village": "villages", "carrier": "carriers", "media": "media", "judicial": "court and procuratorate"}
OUTSIDERS_ZH = {"village": "村(社区)", "carrier": "通信公司", "media": "新闻媒体", "judicial": "法院、检察院"}
JOINED_BY_COMMAS = ","
JOINED_BY_WORDS = ("或", "且", "并")
LOCAL_POWERS = "town"


def contradictions(policy: Policy) -> Iterator[Finding]:
    """Give every remark of this page, in no order.

    Clause: none.
    """
    yield from runs_past_phases(policy)
    yield from dates_read_two_ways(policy)
    yield from seats_and_agencies(policy)
    yield from restricted_by_law(policy)
    yield from slips_and_names(policy)
    yield from facts_joined_by_commas(policy)
    yield from duties_of_outsiders(policy)
    yield from assessments_confused(policy)
    yield from duties_given_twice(policy)
    yield from protections_missing(policy)
    yield from grades_undefined(policy)
    yield from powers_elsewhere(policy)


def runs_past_phases(policy: Policy) -> Iterator[Finding]:
    """X-04: reports and publicity that run past the phase they belong to, and past the programme's end.

    Clause: L62.2, L65.1, L84.1, L85.1, L90.1.
    """
    phases = policy.programme.phases
    if not phases:
        return
    end = max(phase.ends_on for phase in phases)
    late = [f"{row.id} to {row.valid_to}" for row in policy.obligations if row.valid_to and row.valid_to > end]
    held = [
        phase for phase in phases if policy.returns and phase.starts_on <= policy.returns[0].due_on <= phase.ends_on
    ]
    late += [f"return of {row.due_on}" for phase in held for row in policy.returns if row.due_on > phase.ends_on]
    if late:
        yield warning(
            "X-04",
            f"Past their phase, or past the programme's end on {end}: {', '.join(late)}. Each keeps its own dates.",
            f"超出所属阶段或方案结束日期({end})的事项:{'、'.join(late)}。各自以本身日期为准。",
            phases[-1].clause,
        )


def dates_read_two_ways(policy: Policy) -> Iterator[Finding]:
    """X-05: dates that a reader may take for different days.

    Clause: L85.1, L86.1.
    """
    rows = [row for row in policy.obligations if row.due_rule == "before" and row.due_in and row.due_on]
    wide = [(row, row.due_on[0], loosest(row.due_in)) for row in rows]
    told = [f"{row.id} by {strict} or by {loose}" for row, strict, loose in wide if strict != loose]
    told_zh = [f"{row.id}:{strict} 或 {loose}" for row, strict, loose in wide if strict != loose]
    if told:
        yield warning(
            "X-05",
            f"Dates that can be read two ways: {', '.join(told)}. The strict one is taken; the office should confirm.",
            f"可作两种理解的日期:{'、'.join(told_zh)}。从严理解,请打传办确认。",
            rows[0].clause,
        )


def seats_and_agencies(policy: Policy) -> Iterator[Finding]:
    """X-07: one member for several agencies. X-08: a deputy without a department, and an agency with two seats.

    Clause: L11.1, L12.1, L16.1, L22.1.
    """
    for post in policy.posts:
        if post.role == "member" and len(post.agencies) > 1:
            yield warning(
                "X-07",
                f"One member sits for {' and '.join(post.agencies)}. Duties and reports stay with each agency.",
                f"一名成员同时代表{'、'.join(_names_zh(policy, post.agencies))}。职责、告知与报送仍按单位分别计算。",
                post.clause,
            )
    heads = [post for post in policy.posts if post.role in {"deputy_chair", "member"}]
    empty = [post for post in heads if not post.agencies]
    seats = [code for post in heads for code in post.agencies]
    twice = sorted({code for code in seats if seats.count(code) > 1})
    if empty or twice:
        where = [f"no department is named for {post.code} ({post.clause})" for post in empty]
        where += [f"{code} has two seats" for code in twice]
        where_zh = [f"{post.clause} 的副职未写明单位" for post in empty]
        where_zh += [f"{name}占两个席位" for name in _names_zh(policy, twice)]
        yield warning(
            "X-08",
            f"Seats: {'; '.join(where)}. One person may hold several posts.",
            f"席位:{';'.join(where_zh)}。一人可任数职。",
            (*empty, *heads)[0].clause,
        )


def restricted_by_law(policy: Policy) -> Iterator[Finding]:
    """X-10, X-11, X-14 to X-17: what the plan asks for that a law restricts.

    Clause: L37.1, L45.1, L38.1, L34.1, L64.1.
    """
    for tension in policy.tensions:
        asking = [row for row in policy.obligations if tension.subject in row.asks_for]
        if not asking:
            continue
        clauses = ", ".join(dict.fromkeys(row.clause for row in asking))
        articles = [policy.articles[code] for code in tension.articles if code in policy.articles]
        basis = "; ".join(f"{found.law_en} art. {found.number}" for found in articles)
        basis_zh = "、".join(f"《{found.law_zh}》第{found.number}条" for found in articles)
        yield warning(
            tension.id,
            f"In {clauses} {tension.says_en}" + (f" See {basis}." if basis else ""),
            f"{clauses}:{tension.says_zh}" + (f"见{basis_zh}。" if basis else ""),
            asking[0].clause,
        )


def slips_and_names(policy: Policy) -> Iterator[Finding]:
    """X-12: slips of the pen, and several names for one goal.

    Clause: L4.1, L34.1, L62.2.
    """
    names = policy.programme.goal_names
    slips = [f"“{slip.written}” for “{slip.meant}” ({slip.clause})" for slip in policy.slips]
    slips_zh = [f"“{slip.written}”应为“{slip.meant}”({slip.clause})" for slip in policy.slips]
    if slips or len(names) > 1:
        yield warning(
            "X-12",
            f"Slips: {', '.join(slips) or 'none'}. Names for the goal: {', '.join(names)}; here it has one.",
            f"笔误:{'、'.join(slips_zh) or '无'}。目标的名称有:{'、'.join(names)};一个地域只有一个层级。",
            policy.programme.clause,
        )


def facts_joined_by_commas(policy: Policy) -> Iterator[Finding]:
    """X-13: facts of a trigger joined by commas only, so that nobody can tell *and* from *or*.

    Clause: L88.2.
    """
    for trigger in policy.assessment.triggers:
        written = trigger.as_written
        is_open = JOINED_BY_COMMAS in written and not any(word in written for word in JOINED_BY_WORDS)
        if len(trigger.facts) > 1 and is_open:
            yield warning(
                "X-13",
                f"Trigger {trigger.number} joins {len(trigger.facts)} facts by commas: and, or or? "
                f"Read as: {trigger.rule}. Each is recorded by itself; a person decides.",
                f"第{trigger.number}种情形以逗号并列 {len(trigger.facts)} 个事实,是“且”还是“或”未定。"
                f"现按“{trigger.rule}”理解,逐项记录,由人决定。",
                trigger.clause,
            )


def duties_of_outsiders(policy: Policy) -> Iterator[Finding]:
    """X-18: duties laid on those who have no seat in the conference.

    Clause: L42.1, L58.1, L62.2, L65.1.
    """
    named: dict[str, str] = {}
    for row in policy.obligations:
        for code in (*row.lead, *row.support):
            party = policy.parties.get(code)
            if party is not None and party.kind in OUTSIDERS:
                named.setdefault(party.kind, row.clause)
    if named:
        told = ", ".join(f"{OUTSIDERS[kind]} ({clause})" for kind, clause in named.items())
        told_zh = "、".join(f"{OUTSIDERS_ZH[kind]}({clause})" for kind, clause in named.items())
        yield warning(
            "X-18",
            f"Duties of bodies outside the conference: {told}. They are asked, never charged.",
            f"对非成员单位提出的要求:{told_zh}。只能商请,不能下达。",
            next(iter(named.values())),
        )


def assessments_confused(policy: Policy) -> Iterator[Finding]:
    """X-19: two assessments in the same words. X-20: few points, yet a veto. X-21: hiding and telling both punished.

    Clause: L41.1, L88.1, L88.2.
    """
    schemes = policy.assessment.schemes
    if len({scheme.level for scheme in schemes}) > 1:
        told = "; ".join(f"{scheme.name_en} ({scheme.clause})" for scheme in schemes)
        told_zh = "、".join(f"{scheme.name_zh}({scheme.clause})" for scheme in schemes)
        yield warning(
            "X-19",
            f"Two layers of assessment use the same words: {told}. Each keeps its own scores.",
            f"两级考核用语相同:{told_zh}。分别记分。",
            schemes[0].clause,
        )
    vetoes = [tool for tool in policy.assessment.tools if tool.is_veto]
    for scheme in schemes:
        if vetoes and 0 < scheme.points < scheme.out_of:
            yield warning(
                "X-20",
                f"{scheme.points} point of {scheme.out_of}, yet a veto is possible. Points and vetoes are kept apart.",
                f"只占{scheme.out_of}分中的{scheme.points}分,却可一票否决。分值与否决分开记录。",
                scheme.clause,
            )
    punished = {fact.punishes: trigger for trigger in policy.assessment.triggers for fact in trigger.facts}
    if {"concealment", "occurrence"} <= punished.keys():
        hidden, happened = punished["concealment"], punished["occurrence"]
        yield warning(
            "X-21",
            f"Concealment (trigger {hidden.number}) and the mere occurrence (trigger {happened.number}) are both "
            "punished, which invites hiding. What came late but true never counts worse than silence.",
            f"隐瞒(第{hidden.number}种)与发生本身(第{happened.number}种)都受追究,易诱发瞒报。迟报属实者不得重于不报。",
            hidden.clause,
        )


def duties_given_twice(policy: Policy) -> Iterator[Finding]:
    """X-22: one duty, several leads.

    Clause: L29.1, L36.1, L38.2, L45.1.
    """
    leads: dict[str, dict[str, str]] = {}
    for row in policy.obligations:
        if row.duty:
            leads.setdefault(row.duty, {}).update(dict.fromkeys(row.lead, row.clause))
    shared = {duty: given for duty, given in leads.items() if len(given) > 1}
    if shared:
        told = "; ".join(
            f"{duty} to {', '.join(f'{code} ({clause})' for code, clause in given.items())}"
            for duty, given in shared.items()
        )
        told_zh = ";".join(
            "、".join(f"{_names_zh(policy, [code])[0]}({clause})" for code, clause in given.items())
            for given in shared.values()
        )
        yield warning(
            "X-22",
            f"Given to more than one: {told}. Each sentence has its own lead; work on one place is merged.",
            f"同一职责给了多个单位:{told_zh}。各句各有主责,同一地点合并办理。",
            next(iter(next(iter(shared.values())).values())),
        )


def protections_missing(policy: Policy) -> Iterator[Finding]:
    """X-23: protections of people that no sentence of the plan gives.

    Clause: none; the town's own defaults, under the law.
    """
    missing = [row for row in policy.safeguards if row.clause not in policy.clauses]
    if missing:
        yield warning(
            "X-23",
            f"No sentence of the plan speaks of: {', '.join(row.name_en for row in missing)}. The law's rules hold.",
            f"方案没有一句涉及:{'、'.join(row.name_zh for row in missing)}。按法律规定执行。",
            policy.programme.clause,
        )


def grades_undefined(policy: Policy) -> Iterator[Finding]:
    """X-24: grades without criteria, and half a month that may be fifteen days or twice a calendar month.

    Clause: L45.1.
    """
    bare = [grade for grade in policy.grades.values() if not grade.criteria]
    halves = [grade for grade in policy.grades.values() if "半个月" in grade.as_written]
    if bare:
        told = f" “半个月” is read as {halves[0].cadence}, {halves[0].window_mode}." if halves else ""
        told_zh = f"“半个月”按 {halves[0].cadence} 理解。" if halves else ""
        yield warning(
            "X-24",
            f"No criteria are given for {', '.join(grade.code for grade in bare)}: each grade needs a reason, an "
            f"approver and an expiry.{told}",
            f"{'、'.join(grade.name_zh for grade in bare)}没有划分标准:每次分级须有理由、批准人和期限。{told_zh}",
            bare[0].clause,
        )


def powers_elsewhere(policy: Policy) -> Iterator[Finding]:
    """X-25: approvals whose power lies above a town.

    Clause: L31.1 (Regulation arts 14, 18, 23).
    """
    if policy.programme.territory_level != LOCAL_POWERS:
        return
    outside = [row for row in policy.approvals if row.level == "county_head"]
    if outside:
        ids = ", ".join(row.id for row in outside)
        whom = sorted({code for row in outside for code in row.approvers})
        yield warning(
            "X-25",
            f"{ids} want a head at county level, whom a town has not: they come from {', '.join(whom)}.",
            f"{ids} 须县级以上机关负责人批准,镇一级没有此权限,须由{'、'.join(_names_zh(policy, whom))}批准。",
            "L31.1" if "L31.1" in policy.clauses else policy.programme.clause,
        )


def _names_zh(policy: Policy, codes: Iterable[str]) -> list[str]:
    known = {row.code: row.name_zh for row in policy.agencies.values()}
    known |= {row.code: row.name_zh for row in policy.parties.values()}
    return [known.get(code, code) for code in codes]
