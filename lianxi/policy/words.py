"""The words in which rules are told: what the codes of policy files are called, in Chinese and in English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from lianxi.policy.appraisal import Rewards
from lianxi.policy.model import Agency, Article, Party
from lianxi.policy.outside import Outside
from lianxi.policy.rights import Permissions

Pair = tuple[str, str]
_CODE = re.compile("‹([^›]*)›")
WORDS: Mapping[str, Pair] = {
    "owner": ("承办席位", "the desk whose clock runs"),
    "head": ("单位负责人", "the agency's head"),
    "office": ("打传办", "the office"),
    "duty_leader": ("值班领导", "the duty leader"),
    "chair": ("召集人", "the chair"),
    "deputy_chair": ("副召集人", "deputy chair"),
    "member": ("成员", "member"),
    "office_director": ("办公室主任", "director of the office"),
    "contact": ("联系人", "contact"),
    "office contact": ("打传办联系人", "office contact"),
    "agency_head": ("单位负责人", "the agency's head"),
    "county_head": ("县级以上机关负责人", "a head at county level"),
    "members": ("各成员单位", "every member"),
    "lead": ("主办席位", "the lead desk"),
    "copies": ("抄送席位", "the desks with a copy"),
    "next_owner": ("后续主办席位", "the next owner"),
    "receiver": ("接收方", "the receiver"),
    "sender": ("移送方", "the sender"),
    "agency": ("报送单位", "the agency"),
    "read": ("查看", "read"),
    "create": ("登记", "create"),
    "change": ("修改", "change"),
    "decide": ("决定", "decide on"),
    "close": ("办结", "close"),
    "export": ("导出", "export"),
    "unmask": ("揭示", "unmask"),
    "clear": ("明示", "clear"),
    "masked": ("遮蔽", "masked"),
    "absent": ("不显示", "absent"),
    "before": ("事先", "before"),
    "before_or_at_once_after": ("事先或事后立即", "before, or at once after in an emergency"),
    "own": ("本人的", "of their own"),
    "own_desk": ("本席位的", "of their desk"),
    "own_agency": ("本单位的", "of their agency"),
    "own_area": ("本片区的", "of their area"),
    "involved": ("涉及本单位的", "that involve their agency"),
    "public": ("公开的", "that are public"),
    "all": ("全部", "of all"),
    "none": ("无", "of none"),
    "delete": ("删除", "deleted"),
    "pseudonymise": ("去标识化", "pseudonymised"),
    "aggregate": ("只留汇总", "kept as counts only"),
    "archive": ("归档", "archived"),
    "seal": ("封存", "sealed"),
    "with_case": ("随案保存", "kept with its case"),
    "day": ("日", "day"),
}
FIELDS: Mapping[str, Pair] = {
    "address": ("地址", "address"),
    "amount": ("金额", "amount"),
    "amounts": ("金额", "amounts"),
    "answer": ("答复", "answer"),
    "author": ("提供者", "author"),
    "category": ("类别", "category"),
    "clocks": ("时限", "clocks"),
    "contact": ("联系方式", "contact"),
    "content": ("内容", "content"),
    "custody": ("保管记录", "custody"),
    "decision": ("决定", "decision"),
    "decisions": ("决定", "decisions"),
    "entries": ("条目", "entries"),
    "evidence": ("证据", "evidence"),
    "expiry": ("期限", "expiry"),
    "facts": ("事实", "facts"),
    "figures": ("数字", "figures"),
    "findings": ("发现", "findings"),
    "grade": ("等级", "grade"),
    "identity": ("身份", "identity"),
    "kind": ("种类", "kind"),
    "landlord": ("业主", "landlord"),
    "last_visit": ("上次巡查", "last visit"),
    "list": ("清单", "list"),
    "name": ("名称", "name"),
    "outcome": ("结果", "outcome"),
    "papers": ("材料", "papers"),
    "payee": ("领取人", "payee"),
    "person": ("人员", "person"),
    "persons": ("人员", "persons"),
    "photographs": ("照片", "photographs"),
    "place": ("地点", "place"),
    "places": ("地点", "places"),
    "question": ("问题", "question"),
    "reason": ("理由", "reason"),
    "receipt": ("回执", "receipt"),
    "results": ("结果", "results"),
    "rules": ("规则", "rules"),
    "statement": ("单位陈述", "the unit's statement"),
    "status": ("状态", "status"),
    "text": ("正文", "text"),
    "verdict": ("评定", "verdict"),
    "visits": ("走访", "visits"),
}
"""Groups of fields, which have words of their own: a `contact` is a person's there."""


class Naming(Protocol):
    """What of a policy brings names with it."""

    @property
    def agencies(self) -> Mapping[str, Agency]:
        """The agencies with their desks."""

    @property
    def parties(self) -> Mapping[str, Party]:
        """The villages and those outside the conference."""

    @property
    def articles(self) -> Mapping[str, Article]:
        """The articles of law."""

    @property
    def permissions(self) -> Permissions:
        """The roles and resources."""

    @property
    def rewards(self) -> Rewards:
        """The tables of rewards."""

    @property
    def outside(self) -> Outside:
        """Whom the town tells outside its own trays."""


def names_of(policy: Naming) -> Mapping[str, Pair]:
    """Give what every code of a policy is called; agencies, desks, parties, roles and resources bring their own names.

    Clause: none.
    """
    found = dict(WORDS)
    for agency in policy.agencies.values():
        found[agency.code] = (agency.name_zh, agency.name_en)
        for desk in agency.desks:
            own = desk.name_zh == agency.name_zh or desk.agency == "office"
            found[desk.code] = (
                agency.name_zh if own else f"{agency.name_zh}{desk.name_zh}",
                agency.name_en if own else f"{agency.name_en}, {desk.name_en.lower()}",
            )
    found |= {party.code: (party.name_zh, party.name_en) for party in policy.parties.values()}
    found |= {f"role:{role.code}": (role.name_zh, role.name_en) for role in policy.permissions.roles}
    found |= {f"resource:{each.code}": (each.name_zh, each.name_en) for each in policy.permissions.resources}
    found |= {f"field:{name}": pair for name, pair in FIELDS.items()}
    found |= {f"channel:{each.code}": (each.name_zh, each.name_en) for each in policy.outside.channels}
    found |= {f"outside:{each.code}": (each.name_zh, each.name_en) for each in policy.outside.receivers}
    found |= {f"reward:{each.code}": (each.name_zh, each.name_en) for each in policy.rewards.schemes}
    for article in policy.articles.values():
        found[article.id] = (
            f"《{article.law_zh}》第{article.number}条",
            f"{article.law_en}, article {article.number}",
        )
    return found


def code(written: str, kind: str = "") -> str:
    """Mark a code in a sentence, to be told by its name.

    Clause: none.
    """
    return f"‹{kind}:{written}›" if kind else f"‹{written}›"


def coded(codes: Iterable[str], kind: str = "", empty: Pair = ("无", "nobody")) -> Pair:
    """List codes in a sentence.

    Clause: none.
    """
    marked = [code(each, kind) for each in codes]
    return "、".join(marked) or empty[0], ", ".join(marked) or empty[1]


def told(text: str, names: Mapping[str, Pair], language: str) -> str:
    """Put the names for the codes of a sentence; what has no name keeps its code.

    Clause: none.
    """
    place = 0 if language == "zh" else 1
    return _CODE.sub(lambda found: names[found[1]][place] if found[1] in names else found[1].rpartition(":")[2], text)
