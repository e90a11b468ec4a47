"""The one payload of all contenders: a tip in Chinese as JSON, about 600 bytes, a different text each."""

from __future__ import annotations

import json
import random
import re
from typing import Any, Final

ROADS: Final = ("解放路", "和平路", "榕树街", "新建路", "河东路", "学府路", "工业大道", "胜利街", "桥头路", "滨江路")
WORDS: Final = tuple(
    re.findall(
        r"\S+",
        "楼里 每天 早上 有人 集中 听课 外地 口音 手机 交到 门口 房东 不知道 晚上 唱歌 口号 发财 投资 平台 会费 亲戚 "
        "带来 住进 十几个 年轻人 地铺 轮流 做饭 不让 出门 陪同 买菜 上线 下线 返利 名单 笔记 白板 窗帘 拉上 隔壁 听见 "
        "掌声 班长 寝室 搬走 新的 一批 行李 半夜 面包车 水电 增加 物业 敲门 不开 解释 做工程 培训 直销 公司 证件 没有 "
        "登记 租期 三个月 现金 转账 群里 拉人 名额 原始股 消费 返还 积分 虚拟 货币 讲师 酒店 会场 签到 会员 级别 升级",
    )
)


def text_of(number: int) -> str:
    """Write what an informant tells; the same number always tells the same."""
    source = random.Random(number)
    told = "".join(source.choices(WORDS, k=source.randint(22, 38)))
    return f"{source.choice(ROADS)}{source.randint(1, 180)}号{source.randint(1, 9)}单元,{told}。"


def tip(number: int) -> dict[str, Any]:
    """Write a tip as an agency files it."""
    return {
        "category": "rental_gathering",
        "village": "village/banyan",
        "place": f"{ROADS[number % len(ROADS)]}旁边的自建房",
        "text": text_of(number),
        "channel": "phone",
        "wants_receipt": False,
    }


def tip_json(number: int) -> bytes:
    """Write a tip as it goes over the wire."""
    return json.dumps(tip(number), ensure_ascii=False).encode()
