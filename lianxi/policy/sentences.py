"""Every rule as a sentence that an official can read, in Chinese and in English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lianxi.policy import appraisal, calendar, entities, model, processes, rights, supervision
from lianxi.policy.forms import rules
from lianxi.policy.reaching_words import REACHING
from lianxi.policy.words import Naming, Pair, code, coded, names_of, told

UNITS: Mapping[str, Pair] = {
    "min": ("分钟", "minutes"),
    "h": ("小时", "hours"),
    "cd": ("日", "calendar days"),
    "wd": ("个工作日", "working days"),
}
MINUTE = 60
LETTERS: Mapping[str, Pair] = {"D": ("天", "days"), "W": ("周", "weeks"), "M": ("个月", "months")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One rule in words, with where it stands."""

    file: str
    table: str
    name: str
    clause: str
    text: str


def sentences(policy: Naming, language: str) -> tuple[Sentence, ...]:
    """Write out every rule of a policy: in Chinese for `zh`, in English for anything else.

    Clause: L2.1.
    """
    names = names_of(policy)
    return tuple(
        Sentence(
            file=rule.file,
            table=rule.table,
            name=rule.name,
            clause=getattr(rule.row, "clause", ""),
            text=sentence_of(rule.row, language, names),
        )
        for rule in rules(policy)
    )


def sentence_of(row: Any, language: str, names: Mapping[str, Pair]) -> str:
    """Write one rule out, with the names that a policy's codes have.

    Clause: L2.1.
    """
    chinese, english = _WRITERS[type(row)](row)
    return _whole(told(chinese if language == "zh" else english, names, language), "。" if language == "zh" else ".")


def _whole(text: str, stop: str) -> str:
    return text if text.endswith((stop, ".", "。")) else text + stop


def _within(time: timedelta | None) -> Pair:
    minutes = 0 if time is None else int(time.total_seconds()) // MINUTE
    return _time(minutes // MINUTE, "h") if minutes and not minutes % MINUTE else _time(minutes, "min")


def _time(amount: int, unit: str) -> Pair:
    if not amount:
        return "立即", "at once"
    chinese, english = UNITS[unit]
    return f"{amount}{chinese}内", f"within {amount} {english}"


def _period(written: str) -> Pair:
    if not written:
        return "永久", "for ever"
    chinese, english = LETTERS[written[-1]]
    return f"{written[1:-1]}{chinese}", f"{written[1:-1]} {english}"


def _in_force(row: model.Dated) -> Pair:
    until = row.effective_to
    return (
        f"(自{row.effective_from}起" + (f"至{until}" if until else "") + ")",
        f" (from {row.effective_from}" + (f" to {until}" if until else "") + ")",
    )


def _programme(row: model.Programme) -> Pair:
    return (
        f"《{row.title_zh}》,{row.issued_on}印发,适用于{row.territory},分{len(row.phases)}个阶段",
        f"{row.title_en}, issued on {row.issued_on}, holds in {row.territory}, in {len(row.phases)} phases",
    )


def _slip(row: model.Slip) -> Pair:
    return f"{row.clause} 中“{row.written}”应为“{row.meant}”", f"In {row.clause}, “{row.written}” means “{row.meant}”"


def _agency(row: model.Agency) -> Pair:
    zh, en = coded(desk.code for desk in row.desks)
    return f"{row.name_zh}({row.code})设席位:{zh}", f"{row.name_en} ({row.code}) has desks: {en}"


def _post(row: model.Post) -> Pair:
    zh, en = coded(row.agencies, empty=("未写明单位", "no agency"))
    return (
        f"联席会议席位 {row.code}({code(row.role)}):{zh}",
        f"Seat {row.code} ({code(row.role)}) of the conference: {en}",
    )


def _obligation(row: model.Obligation) -> Pair:
    zh, en = coded(row.lead)
    return f"{row.id}:“{row.as_written}”,主责:{zh}", f"{row.id}: {row.resolved} Lead: {en}"


def _route(row: model.Route) -> Pair:
    zh, en = coded(row.copies)
    fast = (",走紧急通道", ", on the rescue lane") if row.lane == "rescue" else ("", "")
    return (
        f"“{row.name_zh}”由{code(row.lead)}主办,抄送{zh}{fast[0]}:{row.reason_zh}",
        f"“{row.name_en}” goes to {code(row.lead)}, copied to {en}{fast[1]}: {row.reason_en}",
    )


def _grade(row: model.Grade) -> Pair:
    zh, en = _period(row.cadence)
    return (
        f"{row.name_zh}每{zh}巡查一次,自上次完成之日起算"
        if row.window_mode == "rolling"
        else f"{row.name_zh}每{zh}巡查",
        f"A {row.code} dwelling is visited every {en}"
        + (", counted from the last completed visit" if row.window_mode == "rolling" else ", by calendar window"),
    )


def _observation(row: model.Observation) -> Pair:
    return f"巡查时要看:{row.name_zh}", f"A visit looks for: {row.name_en.lower()}"


def _brought_forward(row: model.BroughtForward) -> Pair:
    return (
        f"举报涉及的出租屋,下次巡查提前到{row.days}日内",
        f"A rental that a tip names is visited within {row.days} days",
    )


def _suspicion(row: model.Suspicion) -> Pair:
    zh, en = coded(row.copies)
    return f"巡查发现的疑点即时抄送{zh}", f"What a visit suspects is told at once to {en}"


def _part(row: model.ReportPart) -> Pair:
    return f"阶段性工作情况包括{row.name_zh}", f"A stage report has a part: {row.name_en.lower()}"


def _return(row: model.ReturnDate) -> Pair:
    zh, en = coded(row.owed_by)
    return (
        f"{zh}于{row.due_on}前(含当日)向{code(row.to)}报送",
        f"{en} report to {code(row.to)} by the end of {row.due_on}",
    )


def _clock(row: model.ClockRule) -> Pair:
    zh, en = _time(row.amount, row.unit)
    since_zh, since_en = _in_force(row)
    return (
        f"{row.id} {row.name_zh}:{zh},依据{row.basis}{since_zh}",
        f"{row.id} {row.name_en}: {en}, from “{row.starts_with}” to “{row.ends_with}”, by {row.basis}{since_en}",
    )


def _moment(rung: supervision.Rung) -> Pair:
    if rung.at_percent is not None:
        return f"时限到{rung.at_percent}%", f"at {rung.at_percent} % of the time"
    if rung.at_minutes is not None:
        return f"{rung.at_minutes}分钟后", f"after {rung.at_minutes} minutes"
    return f"到期前{rung.days_before}天", f"{rung.days_before} days before the last day"


def _ladder(row: supervision.Ladder) -> Pair:
    steps = [(_moment(rung), coded(rung.receivers), rung.mark) for rung in row.rungs]
    marks = {"": ("", ""), "yellow": (",黄牌提示", ", yellow"), "red": (",红牌提示", ", red")}
    zh = ";".join(f"{when[0]}告知{whom[0]}{marks[mark][0]}" for when, whom, mark in steps)
    en = "; ".join(f"{when[1]} to {whom[1]}{marks[mark][1]}" for when, whom, mark in steps)
    since_zh, since_en = _in_force(row)
    return f"{row.name_zh}:{zh}{since_zh}", f"{row.name_en}: {en}{since_en}"


def _limit(row: supervision.PauseLimit) -> Pair:
    return (
        f"一项时限的全部暂停合计不超过该时限的{row.max_share_percent}%",
        f"All pauses of a clock together take at most {row.max_share_percent} % of its time",
    )


def _pause(row: supervision.PauseReason) -> Pair:
    zh, en = coded(row.clocks)
    return (
        f"{zh}可因“{row.name_zh}”暂停,须经{code(row.approver)}批准,不得自批",
        f"{en} may stand still for: {row.name_en.lower()}; approved by {code(row.approver)}, never by who asks",
    )


def _extension(row: supervision.ExtensionReason) -> Pair:
    zh, en = coded(row.clocks)
    unit_zh, unit_en = UNITS[row.unit]
    since_zh, since_en = _in_force(row)
    return (
        f"{zh}可因“{row.name_zh}”延长{row.amount}{unit_zh},至多{row.at_most}次,须经{code(row.approver)}批准{since_zh}",
        f"{en} may get {row.amount} {unit_en} more, at most {row.at_most} times, by {code(row.approver)}{since_en}",
    )


def _approval(row: supervision.Approval) -> Pair:
    zh, en = coded(row.approvers)
    written = ("书面", "in writing") if row.in_writing else ("书面或口头", "in writing or by mouth")
    also = (f",{row.condition_zh}" if row.condition_zh else "", f". {row.condition_en}" if row.condition_en else "")
    return (
        f"{row.id} {row.name_zh}:{code(row.timing)}经{zh}{written[0]}批准({row.least}人){also[0]}",
        f"{row.id} {row.name_en}: {row.least} of {en} must agree {written[1]}, {code(row.timing)}{also[1]}",
    )


def _notice(row: model.NoticeRule) -> Pair:
    zh, en = coded(row.receivers)
    until = _within(row.within)
    signed = (f",{until[0]}签收", f", acknowledged {until[1]}") if row.acknowledge else ("", "")
    return (
        f"发生 {row.event} 时告知{zh}{signed[0]}:{row.text_zh}",
        f"{row.event} is told to {en}{signed[1]}: {row.text_en}",
    )


def _article(row: model.Article) -> Pair:
    return f"《{row.law_zh}》第{row.number}条:{row.says_zh}", f"{row.law_en}, article {row.number}: {row.says}"


def _tension(row: model.Tension) -> Pair:
    return f"{row.id}:{row.says_zh}", f"{row.id}: {row.says_en}"


def _process(row: processes.Process) -> Pair:
    zh = "、".join(state.name_zh for state in row.states)
    en = ", ".join(state.name_en.lower() for state in row.states)
    acts = "、".join(dict.fromkeys(step.name_zh for step in row.steps))
    return f"{row.name_zh}的状态:{zh};步骤:{acts}", f"{row.name_en} may stand: {en}. {row.resolved}"


def _activity(row: appraisal.Activity) -> Pair:
    zh, en = coded(row.parties or (row.lead,))
    often = _period(row.cadence) if row.cadence else ("不定期", "")
    days = (f",{row.starts_on}至{row.ends_on}", f", {row.starts_on} to {row.ends_on}") if row.starts_on else ("", "")
    return (
        f"{row.name_zh}:{code(row.lead)}主责,{zh}承担,{'每' if row.cadence else ''}{often[0]}{days[0]}",
        f"{row.name_en}: led by {code(row.lead)}, by {en}{f', every {often[1]}' if often[1] else ''}{days[1]}",
    )


def _group(row: appraisal.IndicatorGroup) -> Pair:
    return (
        f"{row.name_zh}占{row.percent_from}%至{row.percent_to}%",
        f"{row.name_en} counts for {row.percent_from} to {row.percent_to} %",
    )


def _indicator(row: appraisal.Indicator) -> Pair:
    return f"{row.id} {row.name_zh}", f"{row.id} {row.name_en}; proof: {row.evidence}"


def _veto(row: appraisal.Veto) -> Pair:
    return f"{row.id} {row.name_zh}:只报告,不计分", f"{row.id} {row.name_en}: reported, never scored"


def _scheme(row: appraisal.Scheme) -> Pair:
    zh, en = coded(row.assessed)
    points = (
        (f",{row.out_of}分中占{row.points}分", f", {row.points} of {row.out_of} points") if row.points else ("", "")
    )
    return (
        f"{row.name_zh}:{code(row.assessor)}考核{zh}{points[0]}",
        f"{row.name_en}: {code(row.assessor)} assesses {en}{points[1]}",
    )


def _trigger(row: appraisal.Trigger) -> Pair:
    words = {fact.code: (fact.name_zh, fact.name_en.lower()) for fact in row.facts}
    words |= {"and": ("且", "and"), "or": ("或", "or"), "not": ("非", "not:")}
    chinese = re.sub(r"\s*([a-z_]+)\s*", lambda found: words.get(found[1], (found[1], ""))[0], row.rule)
    english = re.sub(r"[a-z_]+", lambda found: words.get(found[0], ("", found[0]))[1], row.rule)
    return (
        f"情形{row.number}:{chinese};由人确认",
        f"Trigger {row.number}, {row.name_en.lower()}: proposed when {english}; a person confirms",
    )


def _tool(row: appraisal.Tool) -> Pair:
    return (
        f"政策工具{row.order} {row.name_zh}:由{code(row.decided_by)}决定,单位{row.reply_within_days}日内陈述",
        f"Tool {row.order}, {row.name_en}: decided by {code(row.decided_by)}; {row.reply_within_days} days to reply",
    )


def _reward_scheme(row: appraisal.RewardScheme) -> Pair:
    zh = ";".join(f"{band.name_zh}{_yuan(band)[0]}" for band in row.bands)
    en = "; ".join(f"{band.name_en}: {_yuan(band)[1]}" for band in row.bands)
    return f"{row.name_zh}:{zh};最高{row.cap_yuan}元", f"{row.name_en}: {en}; {row.cap_yuan} yuan at most"


def _yuan(band: appraisal.RewardBand) -> Pair:
    if band.percent_of_fine is not None:
        share, least = band.percent_of_fine, band.yuan_from
        return f"罚没款{share}%,至少{least}元", f"{share} % of the fine, {least} yuan at least"
    amount = f"{band.yuan_from}" if band.yuan_to is None else f"{band.yuan_from}–{band.yuan_to}"
    return f"{amount}元", f"{amount} yuan"


def _choice(row: appraisal.Choice) -> Pair:
    return f"本镇采用《{code(row.scheme, 'reward')}》", f"This town uses: {code(row.scheme, 'reward')}"


def _purge(row: rights.PurgeRule) -> Pair:
    zh, en = "、".join(map(str, row.months)), ", ".join(map(str, row.months))
    return f"每年{zh}月清理到期数据,出具签名报告", f"Purged each year in months {en}, with a signed report"


def _retention(row: rights.RetentionRule) -> Pair:
    zh, en = _period(row.keep)
    return (
        f"{row.name_zh}保存{zh},期满{code(row.ending)}",
        f"{row.name_en}: kept {en} from {row.counted_from}, then {code(row.ending)}",
    )


def _safeguard(row: rights.Safeguard) -> Pair:
    return f"{row.name_zh}(依据{code(row.clause)})", f"{row.name_en} (by {code(row.clause)})"


def _role(row: rights.Role) -> Pair:
    return f"角色:{row.name_zh}", f"Role: {row.name_en}"


def _resource(row: rights.Resource) -> Pair:
    zh, en = coded(row.fields, "field")
    return f"{row.name_zh}的字段组:{zh}", f"{row.name_en} has groups of fields: {en}"


def _grant(row: rights.Grant) -> Pair:
    fields = [f"{code(name, 'field')} {code(level)}" for name, level in row.fields.items()]
    actions = coded(row.actions)
    role, what, rows = code(row.role, "role"), code(row.resource, "resource"), code(row.rows)
    return (
        f"{role}可{actions[0]}{rows}{what};" + ("、".join(fields) or "不见内容"),
        f"{role} may {actions[1]}: {what}, those {rows}; {', '.join(fields) or 'sees nothing in it'}",
    )


def _change(row: calendar.CalendarChange) -> Pair:
    zh, en = ("上班", "a working day") if row.is_working else ("休息", "a day off")
    return f"{row.on}本镇{zh}:{row.reason_zh}", f"{row.on} is {en} in this town: {row.reason_en}"


_WRITERS: Mapping[type[Any], Callable[[Any], Pair]] = {
    entities.EntityRule: entities.in_words,
    model.Programme: _programme,
    model.Slip: _slip,
    model.Agency: _agency,
    model.Post: _post,
    model.Obligation: _obligation,
    model.Route: _route,
    model.Grade: _grade,
    model.Observation: _observation,
    model.BroughtForward: _brought_forward,
    model.Suspicion: _suspicion,
    model.ReportPart: _part,
    model.ReturnDate: _return,
    model.ClockRule: _clock,
    model.NoticeRule: _notice,
    model.Article: _article,
    model.Tension: _tension,
    supervision.Ladder: _ladder,
    supervision.PauseLimit: _limit,
    supervision.PauseReason: _pause,
    supervision.ExtensionReason: _extension,
    supervision.Approval: _approval,
    processes.Process: _process,
    appraisal.Activity: _activity,
    appraisal.IndicatorGroup: _group,
    appraisal.Indicator: _indicator,
    appraisal.Veto: _veto,
    appraisal.Scheme: _scheme,
    appraisal.Trigger: _trigger,
    appraisal.Tool: _tool,
    appraisal.RewardScheme: _reward_scheme,
    appraisal.Choice: _choice,
    rights.PurgeRule: _purge,
    rights.RetentionRule: _retention,
    rights.Safeguard: _safeguard,
    rights.Role: _role,
    rights.Resource: _resource,
    rights.Grant: _grant,
    calendar.CalendarChange: _change,
    **REACHING,
}
