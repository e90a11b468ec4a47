"""Made-up tips for measuring likeness: two families of words, one to tune on and one that is only ever measured.

A case is one thing that happened; each telling of it is worded anew, by another template, with the address in another
form, some letters mistyped, some clauses left out, and now and then in traditional characters. Pairs of different
cases share their street, their scheme, their wording or their house, so that they look alike without being so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import opencc

TRADITIONAL = opencc.OpenCC("s2t")
DISTRICTS = tuple(one + two for one in "东西南北上下新旧大沙" for two in "涌堤坑埠洲岗石环塘")
NUMERALS = "零一二三四五六七八九"
VILLAGES = ("village/lotus-bay", "village/stone-bridge", "village/east-gate", "village/old-town", None)


@dataclass(frozen=True)
class Family:
    """Words and sentences of one family; no sentence is in both."""

    streets: Sequence[str]
    times: Sequence[tuple[str, ...]]
    doings: Sequence[tuple[str, ...]]
    details: Sequence[tuple[str, ...]]
    frames: Sequence[str]


TUNING = Family(
    streets=("旗北路", "岚田街", "安堂路", "葵朗巷", "全禄大道", "青岗花园"),
    times=(
        ("每天晚上八点", "晚上八点左右", "天天夜里八点钟"),
        ("周末下午", "每逢周六周日下午", "星期六星期天下午"),
        ("清早六点", "早上六点多", "一大早"),
    ),
    doings=(
        ("有几十个外地人聚在一起听课", "几十名外省口音的人集中上课", "一大帮外地人在里面听人讲课"),
        ("有人拉老人买保健品,说能返利", "向老年人推销保健品,声称可以返钱", "哄老人家买保健产品,许诺返利"),
        ("教人交三万九买份额发展下线", "让人出三万九千元买份额拉下线", "要交39000元入股再去拉人头"),
        ("新来的人手机被收走不让出门", "把新人的手机没收,不许外出", "新到的人不给用手机也出不去"),
    ),
    details=(
        ("门口停着三辆面包车", "楼下总有三台面包车"),
        ("带头的是个戴眼镜的胖子", "领头人胖胖的戴副眼镜"),
        ("屋里打满地铺", "房间全是地铺"),
        ("大家见面要握手喊口号", "他们碰面就握手、喊口号"),
        ("每周换一批人", "人员一星期换一次"),
        ("唱歌声音很大吵到邻居", "歌声吵得邻居睡不着"),
    ),
    frames=(
        "{place}{time}{doing},{detail}。",
        "我要反映:{time},{place}{doing}。{detail}。",
        "{detail},地点在{place},{time}{doing}。",
    ),
)
HELD_OUT = Family(
    streets=("南文街", "起凤环路", "大业路", "德政巷", "兴华大道", "白蕉路", "葛岗街", "丽景小区", "龙塘新村"),
    times=(
        ("中午十二点后", "午饭过后", "每到中午"),
        ("半夜一两点", "凌晨一点多", "深更半夜"),
        ("上班时间", "白天大家上班的时候", "工作日白天"),
        ("赶集那天", "每个墟日", "逢墟期"),
    ),
    doings=(
        ("搞什么网络商城,要先买会员才能分红", "说是网上商城,交会费就可以拿分红", "推广一个商城,入会以后有红利"),
        ("借招工把学生骗来培训销售", "打着招聘名义骗学生去做销售培训", "以介绍工作为由让学生参加推销培训"),
        (
            "说投资虚拟币保证翻倍,介绍一个人奖五百",
            "鼓动买虚拟货币,称包翻番,带一人奖励500元",
            "劝人投币圈,许诺翻倍,拉一个给五百块",
        ),
        (
            "一群男女轮流分享成功经验,喊着要做老总",
            "男男女女轮着上台讲成功故事,说要当老总",
            "很多人上台讲发财经历,还说人人都能做总经理",
        ),
        (
            "卖床垫和水机,一套上万,鼓励会员层层返点",
            "推销床垫净水器,每套一万多,会员逐级有返点",
            "床垫、饮水机卖到上万元,入会后一级级返利",
        ),
    ),
    details=(
        ("窗帘整日拉着", "白天也把窗帘拉得严严实实"),
        ("有个叫王老师的主持", "主持人自称王老师"),
        ("女房东好像知道情况", "看样子房东太太是知情的"),
        ("邻居家小孩被吓哭", "把隔壁小朋友吓得直哭"),
        ("他们只收现金不开票", "给钱要现金,从来没有发票"),
        ("保安劝过也不听", "小区保安去说过,没用"),
        ("用的是外省牌照的商务车", "开外地牌照的商务车接人"),
    ),
    frames=(
        "你好,{place}那里,{time}{doing};{detail}。",
        "举报:{doing}。时间{time},位置{place}。{detail}",
        "{time}路过{place},看见{doing},而且{detail}。",
        "请查一下{place},{detail},{time}还{doing}。",
    ),
)


@dataclass(frozen=True)
class Happening:
    """One thing that happened."""

    street: str
    house: int | None
    building: int
    room: int
    phone: str | None
    account: str | None
    time: int
    doing: int
    details: tuple[int, ...]
    village: str | None


@dataclass(frozen=True)
class Telling:
    """One tip about it: what its informant wrote, and which village the form named."""

    text: str
    village: str | None


def happening(family: Family, random: Random) -> Happening:
    return Happening(
        # Few tips of a town are about one building: a street has a district before it.
        street=random.choice(DISTRICTS) + random.choice(family.streets),
        house=random.randint(1, 200) if random.random() < 0.3 else None,
        building=random.randint(1, 40),
        room=random.randint(1, 9) * 100 + random.randint(1, 8),
        phone=f"13{random.randint(100_000_000, 999_999_999)}" if random.random() < 0.25 else None,
        account=f"cx{random.randint(10_000, 999_999)}" if random.random() < 0.15 else None,
        time=random.randrange(len(family.times)),
        doing=random.randrange(len(family.doings)),
        details=tuple(random.sample(range(len(family.details)), 2)),
        village=random.choice(VILLAGES),
    )


def neighbour(family: Family, it: Happening, random: Random) -> Happening:
    """Make another case that looks like one: next door, the same doing in another street, or worded the same."""
    other = happening(family, random)
    kind = random.randrange(4)
    if kind == 0:
        return replace(
            other,
            street=it.street,
            village=it.village,
            details=it.details,
            doing=random.choice((it.doing, other.doing)),
        )
    if kind == 1:
        return replace(
            other,
            building=it.building,
            room=it.room,
            doing=it.doing,
            time=it.time,
            details=it.details,
            street=other.street[:2] + it.street[2:],
        )
    if kind == 2:
        return replace(
            it,
            street=other.street,
            house=other.house,
            building=other.building,
            room=other.room,
            phone=None,
            account=None,
        )
    return replace(
        it, building=it.building % 40 + 1, house=other.house and (other.house % 200 + 1), phone=None, account=None
    )


def told(family: Family, it: Happening, random: Random) -> Telling:
    """Tell a case in words of its own."""
    text = random.choice(family.frames).format(
        place=it.street[0 if random.random() < 0.92 else 2 :] + _place(it, random),
        time=random.choice(family.times[it.time]),
        doing=random.choice(family.doings[it.doing]),
        detail=random.choice(family.details[random.choice(it.details)]),
    )
    text = _mistyped(text, random)
    if it.phone is not None and random.random() < 0.8:
        gaps = random.choice(("", "-", " ")), random.choice(("", " "))
        text += f"联系电话{it.phone[:3]}{gaps[0]}{it.phone[3:7]}{gaps[1]}{it.phone[7:]}"
    if it.account is not None and random.random() < 0.8:
        text += random.choice((",微信号", ",加微信:", ",他们的vx是")) + random.choice((it.account, it.account.upper()))
    village = it.village if random.random() < 0.7 else None
    return Telling(TRADITIONAL.convert(text) if random.random() < 0.15 else text, village)


def _place(it: Happening, random: Random) -> str:
    house = f"{random.choice((str, _chinese))(it.house)}号" if it.house is not None and random.random() < 0.7 else ""
    building = random.choice((str, _chinese, _wide))(it.building) + random.choice(("号楼", "栋", "幢", "座", "#"))
    floor = f"{random.choice((str, _chinese))(it.room // 100)}{random.choice('楼层')}"
    rooms = ("", f"{it.room}室", f"{it.room}房", floor, f"-{it.room}", f"{floor}{it.room}房")
    return house + building + random.choice(rooms)


def _wide(number: int) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in str(number))


def _chinese(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if hundreds:
        below = (
            "" if rest == 0 else ("零" + NUMERALS[rest] if rest < 10 else ("一" if rest < 20 else "") + _chinese(rest))
        )
        return NUMERALS[hundreds] + "百" + below
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else ("十" if tens == 1 else NUMERALS[tens] + "十")) + (NUMERALS[ones] if ones else "")


def _mistyped(text: str, random: Random) -> str:
    letters = list(text)
    for place in range(len(letters)):
        if (
            random.random() < 0.02
            and "\u4e00" <= letters[place] <= "\u9fff"
            and letters[place] not in NUMERALS + "十百层楼栋幢座号室房"
        ):
            letters[place] = random.choice(("的", "", letters[place] * 2, chr(ord(letters[place]) + 1)))
    return "".join(letters)
