"""What this desk reads of the town's policy, and its own rule about texts: what no desk gets to read.

Redaction works on two shadows of a text that keep to it letter by letter: one with full-width and other forms made
plain, and one in which every digit, however written, is a plain digit. What it finds is cut from the text itself; in
doubt it cuts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lianxi.contracts.alarms import Mark
from lianxi.contracts.clocks import ClockChange
from lianxi.contracts.envelope import Caller, Lane
from lianxi.contracts.inspections import Finding
from lianxi.contracts.tips import SubmitTip, TipKind, VerificationOutcome
from lianxi.kernel.clock import local_date, local_midnight
from lianxi.kernel.errors import PolicyBroken, Refused, RuleBroken
from lianxi.policy import clockwork
from lianxi.policy.calendar import add_period
from lianxi.policy.clockwork import RunningClock
from lianxi.policy.policy import Policy
from lianxi.policy.supervision import Ladder, Rung

OFFICE_DESK = "office/desk"
AGENCY_HEAD = "agency_head"
RESCUE_CATEGORIES = frozenset(each.value for each in Mark)
"""A person is held, or a major event: no route, however written, may take these off the rescue lane (domain K-07)."""

CLOCK_OF: Mapping[TipKind, str] = {TipKind.TIP: "T-01", TipKind.COMPLAINT: "T-03"}
ALARM_CLOCK = "rescue"
"""How long an alarm may go without a human's word (domain K-07)."""

TELLING_CLOCK = "T-02"
"""How long an informant who gave a name may wait to be told what was decided."""

SUSPICION_CATEGORIES: tuple[tuple[Finding, str], ...] = (
    (Finding.PERSON_HELD, "person_held"),
    (Finding.GATHERING, "rental_gathering"),
    (Finding.CROWDED_BEDDING, "rental_gathering"),
    (Finding.LECTURES, "health_product_lecture"),
)
"""What a patrol's findings make of a tip; the first that applies decides (L45.1)."""

FINDING_WORDS: Mapping[Finding, str] = {
    Finding.GATHERING: "多人聚集",
    Finding.LECTURES: "聚众讲课",
    Finding.CROWDED_BEDDING: "地铺、床铺拥挤",
    Finding.NOT_REGISTERED: "未备案登记",
    Finding.PERSON_HELD: "疑有人被限制自由",
    Finding.NOTHING_UNUSUAL: "未见异常",
}

UNREAD_AFTER = timedelta(days=7)
"""After how long a desk sees that its reply was not read: not before, so that nobody can watch an informant read."""

DIALOGUE_MESSAGES = 200
DIALOGUE_LETTERS = 4_000_000
"""The bounds of one tip's dialogue, so that its document stays far below what the database can keep."""

NOT_SUBSTANTIATED = "tip-not-substantiated"
"""The row of the policy's retention rules for tips that came to nothing."""

RECEIVED_CLAUSE = "L32.1"
DISPATCH_CLAUSE = "L81.2"
VERIFY_CLAUSE = "L39.1"
TELLING_CLAUSE = "L32.1"
PATROL_CLAUSE = "L45.1"
REOPEN_CLAUSE = "L39.1"
REOPEN_REASON = "举报人要求重新办理,理由见对话"
"""Why a tip that was reopened is given out: its informant's own words stand in the dialogue only."""


def public_from(policy: Policy, command: SubmitTip, category: str) -> datetime | None:
    """Say from which midnight everybody may see how a tip stands: its informant wants it, has a name and may choose so.

    Clause: L74.1 (criterion 14.4; domain K-04: whoever is anonymous leaves no trace in any list).
    """
    may_be = command.is_public and not command.is_anonymous and command.contact is not None
    if not may_be or category not in {each.category for each in policy.public_routes}:
        return None
    return local_midnight(local_date(command.received_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a tip goes: its settled category and lane, its one lead desk, its copies, and the sentence that says so."""

    category: str
    lane: Lane
    lead: str
    copies: tuple[str, ...]
    clause: str
    reason: str


def destination(
    policy: Policy, category: str, kind: TipKind, lane: Lane, more_copies: Iterable[str] = ()
) -> Destination:
    """Say where a tip goes; what has no route of its own goes to the office, under the office's category.

    A rescue lane that the gateway gave stays; a person held is always a rescue; an import in bulk stays in bulk.

    Clause: L35.1, L81.2.
    """
    route = policy.route(category, kind=kind.value)
    lanes: set[Lane] = {route.lane, lane}
    settled: Lane = "normal"
    if "rescue" in lanes or route.category in RESCUE_CATEGORIES or category in RESCUE_CATEGORIES:
        settled = "rescue"
    elif "bulk" in lanes:
        settled = "bulk"
    copies = tuple(desk for desk in dict.fromkeys((*route.copies, *more_copies)) if desk != route.lead)
    return Destination(
        category=route.category,
        lane=settled,
        lead=route.lead,
        copies=copies,
        clause=route.clause,
        reason=route.reason_zh,
    )


def suspicion_category(findings: Iterable[Finding]) -> str:
    """Say under which category a patrol's findings become a tip.

    Clause: L45.1.
    """
    seen = frozenset(findings)
    return next((category for finding, category in SUSPICION_CATEGORIES if finding in seen), "other")


def suspicion_text(findings: Iterable[Finding]) -> str:
    """Write a patrol's findings out as the text of a tip: the list's own words, nothing of an assistant's.

    Clause: L45.1.
    """
    return "巡查发现:" + "、".join(FINDING_WORDS[finding] for finding in dict.fromkeys(findings))


def receipt_ends_on(
    policy: Policy, verification: VerificationOutcome | None, case_id: str | None, closed_at: datetime | None
) -> date | None:
    """Say on which day a receipt code opens its tip for the last time; `None` while that is open.

    What was found true stays as long as its case, which is not for this desk to know.

    Clause: pipl-47 (criteria 2.3 and 2.6).
    Raises:
        PolicyBroken: policy.period_unreadable.
    """
    if closed_at is None or case_id is not None or verification is VerificationOutcome.SUBSTANTIATED:
        return None
    closed_on = local_date(closed_at)
    kept = next((row.keep for row in policy.retention if row.code == NOT_SUBSTANTIATED and row.in_force(closed_on)), "")
    return add_period(closed_on, kept) if kept else None


def reopening_ends_on(policy: Policy, closed_at: datetime) -> date | None:
    """Say on which day an informant may ask for the last time that a tip be taken up again; `None` if never.

    Clause: L39.1 (criterion 9.2).
    Raises:
        PolicyBroken: policy.period_unreadable.
    """
    process = policy.processes.get("tip")
    steps = () if process is None else process.steps
    within = next((step.within for step in steps if step.code == "reopen"), "")
    return add_period(local_date(closed_at), within) if within else None


# --- clocks -----------------------------------------------------------------------------------------------------------


def clock_started(
    policy: Policy, kind: TipKind, owner: str, delivered_at: datetime, received_at: datetime
) -> RunningClock:
    """Start the limit of a tip that reached its desk at an instant.

    Clause: L32.1; domain T-01 (a report), T-03 (a complaint): the row in force on the day the tip came in.
    Units: working days; ends at 24:00 of the town's last day.
    Raises:
        PolicyBroken: policy.clock_missing; a limit that nobody entered is ours to mend, not a reason to forget the tip.
    """
    try:
        return clockwork.start(policy, CLOCK_OF[kind], owner, delivered_at, local_date(received_at))
    except Refused as gap:
        raise PolicyBroken("policy.clock_missing", clock=CLOCK_OF[kind], because=gap.code) from gap


def alarm_started(policy: Policy, owner: str, raised_at: datetime) -> RunningClock | None:
    """Start the clock of an alarm; a policy that has none must not keep the alarm itself back.

    Clause: L7.1.
    Units: minutes.
    """
    try:
        return clockwork.start(policy, ALARM_CLOCK, owner, raised_at, local_date(raised_at))
    except Refused:
        return None


def telling_started(policy: Policy, owner: str, decided_at: datetime, received_at: datetime) -> RunningClock | None:
    """Start the limit for telling an informant; there was none before the law that sets it.

    Clause: L32.1; domain T-02: the row in force on the day the tip came in.
    Units: working days; ends at 24:00 of the town's last day.
    """
    try:
        return clockwork.start(policy, TELLING_CLOCK, owner, decided_at, local_date(received_at))
    except Refused:
        return None


def ladder_of(policy: Policy, clock: RunningClock) -> Ladder:
    """Find the ladder that a clock climbs: of the day its tip came in, or for one older than all ladders, the present.

    Clause: L81.2.
    """
    try:
        return policy.ladder_for(clock.clock, clock.came_in_on)
    except Refused:
        return policy.ladder_for(clock.clock)


def receivers(policy: Policy, owner: str, rung: Rung) -> tuple[str, ...]:
    """Say to which desks a rung is told, each once; heads have no desk of their own but their agency's first.

    An owner that this version of the policy does not know, for it came later, hears for its own head.

    Clause: L81.2.
    """
    agency = policy.agencies.get(owner.partition("/")[0])
    head = owner if agency is None else agency.desks[0].code
    roles = {"owner": owner, "head": head, "office": OFFICE_DESK, "chair": OFFICE_DESK, "duty_leader": OFFICE_DESK}
    return tuple(dict.fromkeys(roles.get(each, each) for each in rung.receivers))


def approver_of(policy: Policy, clock: RunningClock, change: ClockChange, reason: str) -> str:
    """Find who must say yes to a change of a clock; a pause is ended by whoever may allow it, and for its own reason.

    Clause: L32.1, L81.2 (criterion 3.2): the rows in force when the tip came in.
    Raises:
        RuleBroken: clock.reason_unlisted.
    """
    rows = policy.extension_reasons if change is ClockChange.EXTEND else policy.pause_reasons
    for row in rows:
        if row.code == reason and clock.clock in row.clocks and row.in_force(clock.came_in_on):
            return row.approver
    raise RuleBroken("clock.reason_unlisted", clause=DISPATCH_CLAUSE, reason=reason, clock=clock.clock)


def may_approve(approver: str, owner: str, caller: Caller) -> bool:
    """Say whether a caller speaks for the approver that the policy names: the owner's agency, the office, or a party.

    Clause: L32.1 (A-06).
    """
    return caller.holds(owner if approver == AGENCY_HEAD else approver)


# --- redaction --------------------------------------------------------------------------------------------------------

_LOOSE = r"[\s\-‐-―_.·•,，、。/\\()（）*:：\u200b-\u200f\u2060\ufe0f\ufeff\u20e3]{0,3}"
_TIGHT = r"[ \t\u3000\-‐-―_.·•/*()\u200b-\u200f\u2060\ufe0f\ufeff\u20e3]{0,3}"
_ID_CARD = re.compile(rf"(?<!\d)[1-9](?:{_LOOSE}\d){{16}}{_LOOSE}[\dXx](?!\d)")
_MOBILE = re.compile(rf"(?<!\d)(?:(?:\+|00)?86{_LOOSE})?1{_LOOSE}[3-9](?:{_LOOSE}\d){{9}}(?!\d)")
_DATE_OR_TIME = re.compile(
    r"(?<![\d\-/.])(?<!\d[ \u3000])"
    r"(?:(?:19|20)\d\d[-/.年]?(?:1[0-2]|0?[1-9])[-/.月]?(?:3[01]|[12]\d|0?[1-9])|\d{1,2}[:：]\d{2})(?![\d\-/.])"
)
_NUMBER = re.compile(rf"\d(?:{_TIGHT}\d)*(?:{_TIGHT}[Xx](?![A-Za-z]))?")
_AMOUNT = re.compile(r"\s*(?:元|块|万|亿|人民币|人次)")
_LONE_DIGITS, _PHONE_DIGITS = 10, 7
_DIALLED = re.compile(r"\d{3,4}[ \-‐-―]\d{4}")

_MAIL = re.compile(r"[A-Za-z0-9._%+\-]+\s?@\s?[A-Za-z0-9\-]+(?:\s?\.\s?[A-Za-z0-9\-]+)+")
_ACCOUNT = re.compile(
    r"(?:[微薇威]\s?信|we\s?chat|weixin|vx|wx|v信|q\s?q|扣扣|企鹅)(?:群|号码|号|账号|帐号|id)*[是为加:：=\s]*"
    r"(\d(?:[ \-_.·]?\d){4,14}(?![A-Za-z0-9_\-])|[A-Za-z0-9][A-Za-z0-9_\-]{4,39})",
    re.IGNORECASE,
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][ ]?[A-HJ-NP-Z]"
    r"(?:[ ·•.\-]?[A-HJ-NP-Z0-9]){4,5}[ ·•.\-]?[A-HJ-NP-Z0-9挂学警港澳](?![A-Z0-9])",
    re.IGNORECASE,
)
_HAN = r"[\u3400-\u9fff\U00020000-\U0003ffff]"
_NAME = (
    rf"(?![他她它你您们了的不是在])({_HAN}(?:[ ]?{_HAN}){{0,3}}(?:[·•・]{_HAN}{{1,10}})*"
    r"|[A-Za-z]{2,20}(?:[ .][A-Za-z]{1,20}){0,3})"
)
_LABELS = "姓名|名字|真名|举报人|投诉人|联系人|报案人|线人"
_CALLED = re.compile(r"(?:我叫|我名叫|名叫|名字叫|本人叫)\s*[:：]?\s*" + _NAME)
_LABELLED = re.compile(rf"(?:{_LABELS})(?:\s*[叫是为:：=]\s*|\s+)" + _NAME)
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻苏潘葛范彭郎鲁韦马苗凤方俞任袁柳唐罗薛雷贺倪汤"
    "滕殷毕郝安常乐于傅齐康伍余顾孟黄穆萧尹姚邵汪毛米戴宋庞熊纪舒项祝董梁杜阮蓝闵季贾江童颜郭梅林钟徐邱骆高夏蔡田樊胡凌霍虞万"
    "管卢莫房缪丁邓洪包左石崔龚程邢裴陆翁甄曲封储靳段焦巴牧侯全班秋仲伊宫宁甘祖武符刘景詹龙叶黎白蒲卓蒙池乔谭申党翟欧冼麦区关"
    "简古游聂曾廖赖温易肖向耿文辛冷闫覃牛"
)
_SURNAMED = re.compile(
    rf"(?:我是|本人是|本人|我姓|{_LABELS})\s*[:：]?\s*((?:欧阳|司徒|上官|诸葛|[{_SURNAMES}])[ ]?{_HAN}(?:[ ]?{_HAN})?)"
)
_OLD_DIGITS = str.maketrans(
    {
        letter: digit
        for digit, letters in zip(
            "0123456789",
            ("〇零○", "一壹幺", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"),
            strict=True,
        )
        for letter in letters
    }
)

Span = tuple[int, int, str]


def redact(text: str) -> str:
    """Cut from a text what tells who wrote it or whom to ring: numbers, accounts, plates, names said to be names.

    Telephone, identity-card and bank-card numbers go with any spacing and in any digits; dates, times, sums of money
    and room numbers stay.

    Clause: none (Reg. art. 6: keep the informant confidential).
    """
    plain, origin = _plain(text)
    digits = "".join(_digit(letter) for letter in plain).translate(_OLD_DIGITS)
    spans = [*_numbers(digits), *_words(plain)]
    return _cut(text, [(origin[start], origin[end - 1] + 1, what) for start, end, what in spans])


def _plain(text: str) -> tuple[str, list[int]]:
    letters: list[str] = []
    origin: list[int] = []
    for place, letter in enumerate(text):
        for each in unicodedata.normalize("NFKC", letter):
            letters.append(each)
            origin.append(place)
    return "".join(letters), origin


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def _numbers(digits: str) -> Iterable[Span]:
    known = [*_whole(_ID_CARD, digits, "证件号"), *_whole(_MOBILE, digits, "电话")]
    yield from known
    for found in _DATE_OR_TIME.finditer(digits):
        if not any(start < found.end() and found.start() < end for start, end, _ in known):
            digits = digits[: found.start()] + "\n" * len(found.group()) + digits[found.end() :]
    for found in _NUMBER.finditer(digits):
        if _identifies(found.group(), digits[found.end() : found.end() + 4]):
            yield found.start(), found.end(), "号码"


def _identifies(number: str, after: str) -> bool:
    count = sum(letter.isdigit() for letter in number)
    if count >= _LONE_DIGITS:
        return True
    longest = max(len(group) for group in re.findall(r"\d+", number))
    if longest >= _PHONE_DIGITS:
        return _AMOUNT.match(after) is None
    return _DIALLED.fullmatch(number) is not None


def _words(plain: str) -> Iterable[Span]:
    yield from _whole(_MAIL, plain, "邮箱")
    yield from _whole(_PLATE, plain, "车牌")
    yield from _part(_ACCOUNT, plain, "账号")
    for pattern in (_CALLED, _LABELLED, _SURNAMED):
        yield from _part(pattern, plain, "姓名")


def _whole(pattern: re.Pattern[str], plain: str, what: str) -> Iterable[Span]:
    return ((found.start(), found.end(), what) for found in pattern.finditer(plain))


def _part(pattern: re.Pattern[str], plain: str, what: str) -> Iterable[Span]:
    return ((found.start(1), found.end(1), what) for found in pattern.finditer(plain))


def _cut(text: str, spans: Iterable[Span]) -> str:
    kept: list[str] = []
    place = 0
    for start, end, what in sorted(spans, key=lambda span: span[0]):
        if end <= place:
            continue
        if start >= place:
            kept += (text[place:start], f"[已隐去{what}]")
        place = end
    return "".join(kept) + text[place:]
