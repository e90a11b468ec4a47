"""What a careful reader would say about the plan: where it contradicts itself, the calendar, or the law it cites.

The ids are those of the reading that found them (X-01 and on); each has one remark, naming all its places. The files
are read unrolled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from lianxi.policy.contradictions import contradictions
from lianxi.policy.findings import Finding, warning
from lianxi.policy.policy import Policy
from lianxi.policy.structure import structural_findings

WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS_ZH = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


def lint(policy: Policy, events: Iterable[str] | None = None) -> tuple[Finding, ...]:
    """Say everything there is to say about a policy: structural errors first, then the plan's own contradictions.

    Clause: none.
    """
    found = [
        *weekdays_misnamed(policy),
        *contacts_differing(policy),
        *due_before_issue(policy),
        *seats_without_duty(policy),
        *articles_miscited(policy),
        *contradictions(policy),
    ]
    return (*structural_findings(policy, events), *sorted(found, key=lambda finding: finding.id))


def weekdays_misnamed(policy: Policy) -> Iterator[Finding]:
    """X-01: return dates that carry the name of another weekday. The dates stand.

    Clause: L90.1.
    """
    wrong = [row for row in policy.returns if row.label in WEEKDAYS_EN and row.label != _weekday(row.due_on)]
    if not wrong:
        return
    dates = ", ".join(f"{row.due_on} ({_weekday(row.due_on)})" for row in wrong)
    dates_zh = "、".join(f"{row.due_on}({WEEKDAYS_ZH[row.due_on.weekday()]})" for row in wrong)
    label_zh = WEEKDAYS_ZH[WEEKDAYS_EN.index(wrong[0].label)]
    yield warning(
        "X-01",
        f"The plan calls its return dates {wrong[0].label}s, but they are not: {dates}. "
        "The dates are kept; the weekday is only a label.",
        f"方案称报送日为{label_zh},实际并不是:{dates_zh}。以日期为准,星期仅作显示。",
        wrong[0].clause,
    )


def contacts_differing(policy: Policy) -> Iterator[Finding]:
    """X-02: one contact with two numbers.

    Clause: L2.3, L90.2.
    """
    by_role: dict[str, dict[str, str]] = {}
    for contact in policy.contacts:
        by_role.setdefault(contact.role, {}).setdefault(contact.number, contact.clause)
    for role, numbers in by_role.items():
        if len(numbers) > 1:
            places = ", ".join(f"{number} ({clause})" for number, clause in numbers.items())
            yield warning(
                "X-02",
                f"The {role} has {len(numbers)} telephone numbers: {places}. Publish none before it is verified.",
                f"打传办联系人有 {len(numbers)} 个不同的电话号码({'、'.join(numbers.values())})。核实之前不得公布。",
                next(iter(numbers.values())),
            )


def due_before_issue(policy: Policy) -> Iterator[Finding]:
    """X-03: what was due, or over, before the plan was issued. It counts as recorded late, not as overdue.

    Clause: L3.1, L83.1, L90.1.
    """
    issued_on = policy.programme.issued_on
    phases = [phase for phase in policy.programme.phases if phase.ends_on < issued_on]
    returns = [row for row in policy.returns if row.due_on < issued_on]
    if not phases and not returns:
        return
    told = [f"phase {phase.title_en}, over on {phase.ends_on} ({phase.clause})" for phase in phases]
    told += [f"the return of {row.due_on} ({row.clause})" for row in returns]
    told_zh = [f"{phase.title_zh}阶段,{phase.ends_on} 结束({phase.clause})" for phase in phases]
    told_zh += [f"{row.due_on} 的报送({row.clause})" for row in returns]
    yield warning(
        "X-03",
        f"Due before the plan was issued on {issued_on}: {'; '.join(told)}. Counted as recorded late, not as overdue.",
        f"早于印发日期 {issued_on} 的期限:{';'.join(told_zh)}。按补录计,不按逾期计。",
        (*returns, *phases)[0].clause,
    )


def seats_without_duty(policy: Policy) -> Iterator[Finding]:
    """X-06: agencies with a seat in the conference that no sentence gives a duty to lead on.

    Clause: L17.1, L70.1.
    """
    leading = {agency for row in policy.obligations if row.kind != "seat" for agency in row.lead}
    for code in policy.members:
        if code not in leading:
            agency = policy.agencies[code]
            yield warning(
                "X-06",
                f"{agency.name_en} ({code}) has a seat in the joint conference but no sentence gives it a duty.",
                f"{agency.name_zh}是联席会议成员,但方案没有给它任何职责。",
                agency.clause,
            )


def articles_miscited(policy: Policy) -> Iterator[Finding]:
    """X-09: articles cited for what they do not treat.

    Clause: L30.1.
    """
    wrong = [
        (row, cited, policy.articles[cited.article])
        for row in policy.obligations
        for cited in row.cites
        if cited.article in policy.articles and cited.subject not in policy.articles[cited.article].subjects
    ]
    if wrong:
        told = (
            f"{row.clause} cites article {article.number} of the {article.law_en} for {cited.subject}, "
            f"but that article says: {article.says} {_right(policy, cited.subject)}"
            for row, cited, article in wrong
        )
        told_zh = (
            f"{row.clause} 引用《{article.law_zh}》第{article.number}条作为{cited.subject}的依据,"
            f"该条规定的却是:{article.says_zh}{_right_zh(policy, cited.subject)}"
            for row, cited, article in wrong
        )
        yield warning("X-09", " ".join(told), "".join(told_zh), wrong[0][0].clause)


def _right(policy: Policy, subject: str) -> str:
    right = [article.number for article in policy.articles.values() if subject in article.subjects]
    return f"See article {', '.join(right)}." if right else "No listed article treats it: it wants a legal note."


def _right_zh(policy: Policy, subject: str) -> str:
    right = [article.number for article in policy.articles.values() if subject in article.subjects]
    return f"应见第{'、'.join(right)}条。" if right else "所列条文均无此内容,须附法律说明。"


def _weekday(on: date) -> str:
    return WEEKDAYS_EN[on.weekday()]
