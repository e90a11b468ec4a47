"""The four parts of a stage report, drafted in plain sentences from the system's figures, for a person to correct."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from lianxi.contracts.reporting import StageReportDraft
from services.reporting.domain.returns import StageReport


def drafted(report: StageReport, figures: Mapping[str, int]) -> StageReportDraft:
    """Draft a report; one that is filed reads as it was filed.

    Clause: L79.2 (practice, results, problems, advice), L90.1.
    """
    return StageReportDraft(
        report_id=report.id,
        agency=report.agency,
        period_from=report.period_from,
        period_to=report.due_on,
        due_on=report.due_on,
        figures=figures,
        practice=report.practice or practice(figures, report.period_from, report.due_on),
        results=report.results or results(figures),
        problems=report.problems or problems(figures),
        advice=report.advice or advice(figures),
    )


def practice(figures: Mapping[str, int], first: date, last: date) -> str:
    """Say what was done.

    Clause: L79.2.
    """
    return (
        f"{first.year}年{first.month}月{first.day}日至{last.year}年{last.month}月{last.day}日,全镇共接到举报投诉"
        f"{figures['town_tips_received']}件。本单位主办{figures['tips_led']}件、协办{figures['tips_copied']}件,"
        f"受理{figures['tips_accepted']}件,退回{figures['tips_returned']}件;巡查出租屋{figures['visits_recorded']}次,"
        f"发现疑点{figures['suspicions_raised']}处;立案{figures['cases_opened']}宗,采取措施{figures['measures_recorded']}项;"
        f"移送涉嫌犯罪案件{figures['referrals_sent']}宗,接收移送{figures['referrals_received']}宗;"
        f"开展打传宣传活动{figures['publicity_held'] - figures['publicity_withdrawn']}场次。"
    )


def results(figures: Mapping[str, int]) -> str:
    """Say what came of it, each share as two counts.

    Clause: L79.2.
    """
    return (
        f"核查举报{figures['tips_verified']}件,其中属实{figures['tips_substantiated']}件,办结{figures['tips_closed']}件;"
        f"完成有效巡查{figures['visits_counted']}次,其中按期{figures['visits_on_time']}次;结案{figures['cases_closed']}宗;"
        f"签收移送案件{figures['referrals_accepted']}宗,作出立案与否决定{figures['referrals_decided']}宗;"
        f"收到告知{figures['notices_delivered']}件,签收{figures['notices_acknowledged']}件;"
        f"其中要求签收{figures['notices_to_acknowledge']}件,按时签收{figures['notices_acknowledged_in_time']}件。"
    )


def problems(figures: Mapping[str, int]) -> str:
    """Say what the figures show to be late, or that they show nothing.

    Clause: L79.2.
    """
    unsigned = figures["notices_to_acknowledge"] - figures["notices_acknowledged_in_time"]
    late = (
        (figures["visits_missed"], "逾期未巡查出租屋{}处"),
        (figures["clocks_breached"], "办案时限超期{}次"),
        (figures["publicity_missed"], "宣传任务到期无活动登记{}项"),
        (unsigned, "未按时签收告知{}件"),
    )
    found = [sentence.format(count) for count, sentence in late if count]
    return ";".join(found) + "。" if found else "系统数据未显示逾期事项;其他问题请补充。"


def advice(figures: Mapping[str, int]) -> str:
    """Suggest what follows from what is late; the rest is the unit's to write.

    Clause: L79.2.
    """
    asked = (
        (figures["visits_missed"], "按到期先后补齐未完成的巡查"),
        (figures["clocks_breached"], "逐宗核对超期案件并说明原因"),
        (figures["publicity_missed"], "补齐到期未开展的宣传任务"),
        (figures["tips_returned"], "与打传办核对退回举报的分流去向"),
    )
    found = [sentence for count, sentence in asked if count]
    return "建议" + ";".join(found) + "。" if found else "暂无系统建议;请结合实际填写。"
