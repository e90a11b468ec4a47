"""The words of the trade: what the town says in Chinese, what the code calls it, and what is meant.

`docs/glossary.md` is generated from here. A term that must never have a code has an empty one and says
why in `meaning`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the trade."""

    zh: str
    code: str
    meaning: str


AGENCIES = (
    Term(
        "打传办",
        "office",
        "the joint-conference office; hosted by the market agency, which gives that agency no rights",
    ),
    Term(
        "公安分局",
        "police",
        "with desks for command, petitions, economic, criminal, cyber, public security, the station",
    ),
    Term("工商分局", "market", "market regulation; leads on administrative cases"),
    Term("综治维稳办", "governance", "comprehensive governance and stability"),
    Term("流管办", "tenancy", "migrants and rental dwellings; its assistants patrol"),
    Term("食药监所", "food-drug", "food and drug station"),
    Term("社会事务局", "social", "villages, communities, relief"),
    Term("人社分局", "labour", "human resources and social security"),
    Term("文体教育局", "education", "culture, sport, schools"),
    Term("交通分局", "transport", "stations, docks, coaches"),
    Term("宣传办", "publicity", "media and carriers"),
    Term("财政分局", "finance", "budget and rewards"),
    Term("经发科信局", "economy", "a member without a section of duties in the plan"),
)

WORK = (
    Term("举报", "tip", "a report of a violation"),
    Term("投诉", "complaint", "a consumer's complaint; the law gives it other clocks than a tip"),
    Term("举报人", "informant", "whoever told; their identity lies in a vault, apart"),
    Term("受理、受案回执", "receipt", "what proves the filing; the informant's is a code of 16 digits, never stored"),
    Term("分流、转办", "dispatch", "give a tip to a desk; the clock starts on delivery, not on signing"),
    Term(
        "退单",
        "return",
        "give a dispatch back: once, with a reason and a suggested owner; the second goes to the office",
    ),
    Term("核查", "verify", "substantiated, not substantiated (neutral), or inconclusive"),
    Term("线索", "tip", "a verified tip or an own finding; the code has one word for both"),
    Term("督办", "supervision_order", "the office demands an answer by a date"),
    Term("检查通报", "inspection_circular", "what an inspection found, told to the units"),
    Term("立案", "case", "opening a case: always an officer's act, never an event's"),
    Term("移送", "transfer", "ownership of a case moves when it is accepted"),
    Term(
        "涉嫌犯罪移送",
        "criminal_referral",
        "the statutory transfer to the police, with its own clocks and signed receipt",
    ),
    Term("行刑衔接", "criminal_referral", "how administrative and criminal enforcement join"),
    Term("立案监督", "procuratorate", "who may be asked when the police decline"),
    Term("协查", "assistance", "ask for one thing; the owner keeps the case"),
    Term("会办", "co_handling", "help along; the owner keeps the case"),
    Term("提前介入", "early_intervention", "the police are asked to step in early"),
    Term("联勤机制", "joint_operation", "several agencies, one plan"),
    Term("解救", "rescue", "a person is held: an alarm that a human must acknowledge"),
    Term("救助", "relief", "a person needs aid; always voluntary"),
    Term("遣送、劝返", "voluntary_return", "never forced"),
    Term("查封、扣押", "measure", "sealing and seizure: 30 days, and 30 more on approval"),
    Term("行政处罚", "penalty", "a recorded decision; the system proposes none"),
    Term("顶格处罚", "", "the maximum penalty: has no identifier, because it is never a default"),
    Term("涉众涉稳事件", "incident", "many people, or public order"),
    Term("上报", "upward_report", "report to the city"),
    Term("打击传销信息系统", "national_export", "the national system; outbound only"),
)

PLACES = (
    Term("出租屋", "rental", "a rental dwelling; its code is opaque"),
    Term("备案登记", "is_registered", "filing of a rental"),
    Term("分层分类管理", "grade", "the grade is of the dwelling, never of a person"),
    Term("放心户", "trusted", "a visit every two months"),
    Term("一般户", "ordinary", "a visit every month"),
    Term("重点户", "key", "a visit every half month"),
    Term("巡查", "visit", "outcomes: done, nobody in, refused (neutral), vacant, demolished, merged"),
    Term("回头看", "look_back", "a check some time after"),
    Term("协管员", "assistant", "who patrols"),
    Term("兼职联络员", "liaison", "a part-time contact in a village"),
    Term("网格", "grid_cell", "a part of a village"),
    Term("村(社区)", "village", "a village or community"),
    Term("会议场所", "venue", "a place where lectures are held"),
    Term("房屋出租中介", "letting_agent", "who lets for others"),
    Term("窝点", "", "a place of gathering: written as a finding about a place, never as people"),
    Term("群防群治", "community_watch", "the public's part in prevention"),
)

PEOPLE_AND_OFFENCES = (
    Term("传销", "pyramid_selling", "Regulation, articles 2 and 7"),
    Term("拉人头", "headcount_reward", "article 7(1)"),
    Term("入门费", "entry_fee", "article 7(2)"),
    Term("团队计酬", "team_compensation", "article 7(3)"),
    Term("网络传销", "online_scheme", "a scheme run online"),
    Term("异地聚集式传销", "offsite_gathering", "people drawn away from home"),
    Term("直销", "direct_selling", "licensed, and no offence"),
    Term("感情营销", "affinity_selling", "aimed at the old"),
    Term("聚众讲座推销", "lecture_selling", "selling at lectures"),
    Term("上门推销", "door_to_door_selling", "selling at the door"),
    Term("上线、下线", "upline", "a relation inside one case only"),
    Term("组织者、领导者", "organizer", "only after a decision"),
    Term("骨干", "core_member", "only after a decision"),
    Term("参与人员", "participant", "to be treated as a possible victim"),
    Term("涉传人员", "person_of_interest", "never an offender before a decision; suspected is a status with an end"),
)

PROGRAMME = (
    Term("创建无传销镇区", "programme", "one plan, in force in one territory"),
    Term("联席会议", "joint_conference", "the body in which the agencies meet"),
    Term("召集人", "chair", "who heads it"),
    Term("成员单位", "agency", "a member of the joint conference"),
    Term("办理席位", "desk", "a place in an agency where work can be laid"),
    Term("职责分工", "obligation", "a sentence of the plan with an owner, a clock and proof"),
    Term("主责、配合", "lead", "who owes it; `support` are those who help"),
    Term("告知、签收", "notice", "`acknowledge` is a person's word that it was received"),
    Term("阶段性工作情况", "stage_report", "four parts: practice, results, problems, advice"),
    Term("通报简讯", "bulletin", "what the office circulates"),
    Term("工作总结", "summary_report", "the programme's end"),
    Term("考核验收指标", "readiness", "indicators R-01 to R-40 and vetoes"),
    Term("综治考评", "assessment", "one point in a hundred"),
    Term("综治政策工具", "accountability_tool", "ordered tools, proposed by data, decided by people"),
    Term("整改", "rectification", "putting right what an inspection found"),
    Term("责任追究", "accountability_action", "needs a person, proof and the unit's statement"),
    Term("隐报瞒报", "concealment", "a finding with proof; late truth never scores worse than silence"),
    Term("举报奖励", "reward", "two dated tables of rules"),
    Term("警示、提示", "public_warning", "needs approval"),
)

SECTIONS: tuple[tuple[str, tuple[Term, ...]], ...] = (
    ("Agencies", AGENCIES),
    ("Work", WORK),
    ("Places", PLACES),
    ("People and offences", PEOPLE_AND_OFFENCES),
    ("Programme", PROGRAMME),
)
