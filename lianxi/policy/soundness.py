"""Whether what a policy says about time, processes, scores and rights can be carried out at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lianxi.kernel.errors import PolicyBroken
from lianxi.policy.appraisal import Rewards
from lianxi.policy.calendar import add_period
from lianxi.policy.expressions import facts_in, read_rule
from lianxi.policy.findings import Finding, error
from lianxi.policy.policy import MEMBERS, Policy
from lianxi.policy.processes import SYSTEM, Process
from lianxi.policy.retention import PURGED_BY
from lianxi.policy.supervision import Approval, ExtensionReason, Ladder, PauseReason, Rung

LADDER_ROLES = frozenset({"owner", "head", "office", "duty_leader", "chair"})
"""The roles that a rung may call; others are desks by their codes."""

RETURN_CLOCK = "return"
"""The one clock that is no time limit: it runs to a return's explicit date."""

APPROVER_ROLES = frozenset({"agency_head", "county_head", "office", "chair"})
LEAST_APPROVALS = 2
_PUBLIC_KEY = re.compile(r"[0-9a-f]{64}")
MONTHS = range(1, 13)
WHOLE = 100


def supervision_findings(policy: Policy) -> Iterator[Finding]:
    """Find ladders, pauses and approvals that could not be followed.

    Clause: none.
    """
    clocks = {rule.clock for rule in policy.clocks}
    yield from _calendar_for_clocks(policy)
    if sum(ladder.is_default for ladder in policy.ladders if ladder.effective_to is None) != 1:
        yield error("ladder.no_default", "Exactly one ladder must be the default.", "须有且只有一个默认督办阶梯。")
    for ladder in policy.ladders:
        yield from _ladder(policy, ladder, clocks)
    yield from _pauses(policy, clocks)
    for approval in policy.approvals:
        yield from _approval(policy, approval)


def _pauses(policy: Policy, clocks: set[str]) -> Iterator[Finding]:
    reasons: tuple[PauseReason | ExtensionReason, ...] = (*policy.pause_reasons, *policy.extension_reasons)
    for row in reasons:
        for clock in row.clocks:
            if clock not in clocks:
                yield _unknown("pause.clock_unknown", row.code, clock, row.clause)
        if row.approver not in APPROVER_ROLES and row.approver not in policy.desks:
            yield _unknown("pause.nobody_approves", row.code, row.approver, row.clause)
    if not 0 <= policy.pause_limit.max_share_percent <= WHOLE:
        yield error("pause.share_impossible", "Pauses cannot take more than all of a clock.", "暂停占比不得超过全部。")


def _approval(policy: Policy, approval: Approval) -> Iterator[Finding]:
    known = policy.desks.keys() | policy.parties.keys()
    for code in approval.approvers:
        if code not in known:
            yield _unknown("approval.nobody_approves", approval.id, code, approval.clause)
    if not approval.approvers or approval.least < 1:
        yield _unknown("approval.nobody_approves", approval.id, "", approval.clause)


def _calendar_for_clocks(policy: Policy) -> Iterator[Finding]:
    needing = [rule.id for rule in policy.clocks if rule.unit == "wd"]
    if needing and not policy.calendar.years:
        yield error(
            "clock.no_calendar",
            f"{len(needing)} limits count working days ({needing[0]} …), but there is no calendar.",
            f"有 {len(needing)} 项时限按工作日计算(如 {needing[0]}),却没有工作日历。",
        )


def _ladder(policy: Policy, ladder: Ladder, clocks: set[str]) -> Iterator[Finding]:
    for clock in ladder.clocks:
        if clock not in clocks and clock != RETURN_CLOCK:
            yield _unknown("ladder.clock_unknown", ladder.code, clock, ladder.clause)
    if not ladder.rungs or len({rung.code for rung in ladder.rungs}) < len(ladder.rungs):
        yield error(
            "ladder.rungs",
            f"ladder {ladder.code} has no rung, or one twice.",
            f"阶梯“{ladder.name_zh}”没有级次,或有重复。",
            ladder.clause,
        )
    for rung in ladder.rungs:
        yield from _rung(policy, ladder, rung)


def _rung(policy: Policy, ladder: Ladder, rung: Rung) -> Iterator[Finding]:
    named = f"{ladder.code}/{rung.code}"
    if not rung.receivers:
        yield error(
            "ladder.no_receiver", f"rung {named} tells nobody.", f"阶梯级次 {named} 没有告知对象。", ladder.clause
        )
    for receiver in rung.receivers:
        if receiver not in LADDER_ROLES and receiver not in policy.desks:
            yield _unknown("ladder.receiver_unknown", named, receiver, ladder.clause)
    moments = [each for each in (rung.at_percent, rung.at_minutes, rung.days_before) if each is not None]
    if len(moments) != 1 or moments[0] < 0:
        yield error(
            "ladder.moment",
            f"rung {named} must say when in exactly one way.",
            f"阶梯级次 {named} 须且只须用一种方式写明时点。",
            ladder.clause,
        )


def process_findings(policy: Policy) -> Iterator[Finding]:
    """Find states that nothing reaches or leaves, acts that nobody may do, and circles without a person in them.

    Clause: none.
    """
    clocks = {rule.clock for rule in policy.clocks}
    for process in policy.processes.values():
        codes = {state.code for state in process.states}
        for step in process.steps:
            for code in (*step.comes_from, step.to):
                if code not in codes:
                    yield _unknown("process.state_unknown", f"{process.code}/{step.code}", code, step.clause)
            if not step.by:
                yield error(
                    "process.nobody_may",
                    f"nobody may do {step.code} in process {process.code}.",
                    f"流程“{process.name_zh}”的“{step.name_zh}”没有任何人可以办理。",
                    step.clause,
                )
            for clock in step.starts:
                if clock not in clocks:
                    yield _unknown("process.clock_unknown", f"{process.code}/{step.code}", clock, step.clause)
        yield from _states(process)
        yield from _circles(process)


def _states(process: Process) -> Iterator[Finding]:
    first = [state.code for state in process.states if state.is_first]
    if len(first) != 1:
        yield error(
            "process.first_state",
            f"process {process.code} must begin in exactly one state.",
            f"流程“{process.name_zh}”须有且只有一个起始状态。",
            process.clause,
        )
    moves = {(origin, step.to) for step in process.steps for origin in step.comes_from if origin != step.to}
    reached = _reachable(first, moves)
    for state in process.states:
        if state.code not in reached:
            yield error(
                "process.unreachable",
                f"nothing leads to state {state.code} of process {process.code}.",
                f"流程“{process.name_zh}”的状态“{state.name_zh}”无法到达。",
                process.clause,
            )
        has_exit = any(origin == state.code for origin, _ in moves)
        if has_exit == state.is_final:
            yield error(
                "process.final_has_exit" if state.is_final else "process.no_exit",
                f"state {state.code} of process {process.code} is "
                + ("final but left." if state.is_final else "never left but not final."),
                f"流程“{process.name_zh}”的状态“{state.name_zh}”"
                + ("是终结状态却有出口。" if state.is_final else "没有出口,又不是终结状态。"),
                process.clause,
            )


def _circles(process: Process) -> Iterator[Finding]:
    """A circle that runs by itself would never stop: somewhere in it a person must act."""
    moves = {
        (origin, step.to)
        for step in process.steps
        if step.by and set(step.by) == {SYSTEM}
        for origin in step.comes_from
        if origin != step.to
    }
    for state in process.states:
        following = [to for origin, to in moves if origin == state.code]
        if state.code in _reachable(following, moves):
            yield error(
                "process.circle_without_person",
                f"process {process.code} can run in a circle through {state.code} without a person.",
                f"流程“{process.name_zh}”可以经“{state.name_zh}”自行循环而无人经手。",
                process.clause,
            )
            return


def _reachable(start: Iterable[str], moves: set[tuple[str, str]]) -> set[str]:
    reached = set(start)
    waiting = list(reached)
    while waiting:
        here = waiting.pop()
        found = {to for origin, to in moves if origin == here} - reached
        reached |= found
        waiting.extend(found)
    return reached


def appraisal_findings(policy: Policy) -> Iterator[Finding]:
    """Find triggers that cannot be read, and publicity, indicators and rewards that name what there is not.

    Clause: none.
    """
    yield from _assessment(policy)
    groups = {group.code for group in policy.readiness_groups}
    for indicator in policy.readiness:
        if indicator.group not in groups:
            yield _unknown("indicator.group_unknown", indicator.id, indicator.group, indicator.clause)
    yield from _rewards(policy.rewards)
    yield from _publicity(policy)


def _rewards(rewards: Rewards) -> Iterator[Finding]:
    if rewards.current is None:
        yield _unknown("reward.scheme_unknown", "chosen", rewards.chosen.scheme, rewards.chosen.clause)
    for scheme in rewards.schemes:
        if scheme.approvals_needed < LEAST_APPROVALS:
            yield error(
                "reward.approvals",
                f"reward scheme {scheme.code} is approved by fewer than two persons.",
                f"奖励办法“{scheme.name_zh}”须由两人以上审批。",
                scheme.clause,
            )
    if rewards.chosen.payer_key and not _PUBLIC_KEY.fullmatch(rewards.chosen.payer_key):
        yield error(
            "reward.payer_key",
            "payer_key is no public key of 64 hexadecimal digits.",
            "代发机构的 payer_key 不是 64 位十六进制公钥。",
            rewards.chosen.clause,
        )


def _assessment(policy: Policy) -> Iterator[Finding]:
    for trigger in policy.assessment.triggers:
        if _facts_named(trigger.rule) != {fact.code for fact in trigger.facts}:
            yield error(
                "trigger.rule",
                f"the rule of trigger {trigger.code} cannot be read, or does not use exactly its facts.",
                f"情形“{trigger.name_zh}”的规则无法识别,或与所列事实不一致。",
                trigger.clause,
            )
        if not 0 <= trigger.late_tenths <= trigger.tenths:
            yield error(
                "trigger.late_tenths",
                f"trigger {trigger.code} takes more for what came late than for silence.",
                f"情形“{trigger.name_zh}”对迟报扣分多于不报。",
                trigger.clause,
            )
    orders = [tool.order for tool in policy.assessment.tools]
    if orders != list(range(1, len(orders) + 1)):
        yield error("tool.order", "Tools must be ordered 1, 2, 3 …", "综治政策工具须按序排列。")
    for scheme in policy.assessment.schemes:
        for code in (scheme.assessor, *scheme.assessed):
            if code not in policy.agencies and code not in policy.parties and code != MEMBERS:
                yield _unknown("scheme.agency_unknown", scheme.code, code, scheme.clause)


def _facts_named(rule: str) -> set[str]:
    try:
        return set(facts_in(read_rule(rule)))
    except PolicyBroken:
        return set()


def _publicity(policy: Policy) -> Iterator[Finding]:
    approvals = {approval.id for approval in policy.approvals}
    for activity in policy.publicity:
        for code in (activity.lead, *activity.parties):
            if code not in policy.agencies and code not in policy.parties:
                yield _unknown("activity.party_unknown", activity.code, code, activity.clause)
        if activity.approval and activity.approval not in approvals:
            yield _unknown("activity.approval_unknown", activity.code, activity.approval, activity.clause)
        if activity.cadence and (activity.starts_on is None or activity.ends_on is None):
            yield error(
                "activity.no_dates",
                f"activity {activity.code} has a cadence but no dates.",
                f"“{activity.name_zh}”有频次却没有起止日期。",
                activity.clause,
            )


def rights_findings(policy: Policy) -> Iterator[Finding]:
    """Find rights to what there is not, and periods that cannot be read.

    Clause: none.
    """
    roles = {role.code for role in policy.permissions.roles}
    resources = {resource.code: frozenset(resource.fields) for resource in policy.permissions.resources}
    seen: set[tuple[str, str, str]] = set()
    for grant in policy.permissions.grants:
        named = f"{grant.role} on {grant.resource}"
        if grant.role not in roles:
            yield _unknown("grant.role_unknown", named, grant.role, grant.clause)
        if grant.resource not in resources:
            yield _unknown("grant.resource_unknown", named, grant.resource, grant.clause)
        for group in sorted(grant.fields.keys() - resources.get(grant.resource, grant.fields.keys())):
            yield _unknown("grant.field_unknown", named, group, grant.clause)
        for action in grant.actions:
            if (grant.role, grant.resource, action) in seen:
                yield error(
                    "grant.repeated", f"{named}: {action} is granted twice.", f"{named} 重复授权。", grant.clause
                )
            seen.add((grant.role, grant.resource, action))
    yield from _retention(policy)


def _retention(policy: Policy) -> Iterator[Finding]:
    start = policy.programme.issued_on
    for row in policy.retention:
        try:
            ends = {period: add_period(start, period) for period in (row.keep, row.at_least, row.at_most) if period}
        except PolicyBroken:
            ends = {row.keep: start, row.at_least: start.replace(year=start.year + 1)}
        kept = ends.get(row.keep)
        if kept is not None and (
            kept < ends.get(row.at_least, kept) or kept > ends.get(row.at_most, kept) or kept == start
        ):
            yield error(
                "retention.period",
                f"{row.code} is kept for {row.keep!r}, which cannot be read or breaks the law's own limits.",
                f"“{row.name_zh}”的保存期限“{row.keep}”无法识别,或超出法定范围。",
                row.clause,
            )
    for code in sorted(PURGED_BY.keys() - {row.code for row in policy.retention}):
        yield error(
            "retention.row_missing",
            f"Nothing says how long {code} is kept, so a run would never purge it.",
            f"没有“{code}”的保存期限,到期数据不会被清理。",
            policy.purge.clause,
        )
    if not policy.purge.months or any(month not in MONTHS for month in policy.purge.months):
        yield error(
            "retention.purge_never", "The purge must run in some month.", "须写明清理月份。", policy.purge.clause
        )


def _unknown(finding_id: str, where: str, what: str, clause: str) -> Finding:
    return error(finding_id, f"{where} names {what!r}, which there is not.", f"{where} 中的“{what}”不存在。", clause)
