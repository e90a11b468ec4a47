"""What came of it, in words: *not substantiated* judges nobody, wherever it is said."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from gateway.console.sayings import sayings
from gateway.wording import words
from lianxi.contracts.feedback import FeedbackPage, FeedbackView
from lianxi.contracts.tips import TipState, VerificationOutcome
from tests.support.gateway_fakes import NOON, Door

BLAMING = ("虚假", "诬", "不实", "谎", "骗", "错", "浪费", "警告", "追究", "责任", "恶意", "无理")
BLAMING_EN = ("false", "wrong", "lie", "unfounded", "baseless", "groundless", "waste", "warn", "malicious", "untrue")
NOTICES = Path(__file__).parents[3] / "deploy/policy/dayong-2015/notices.toml"


def view(verification: VerificationOutcome | None) -> FeedbackView:
    return FeedbackView(
        tip_id="tip_1", number="N1", handed_in_at=NOON, state=TipState.CLOSED, verification=verification, outcome="谢谢"
    )


def test_a_liaison_reads_a_sentence_for_each_result_in_either_language(door: Door) -> None:
    door.bus.says("list_feedback", FeedbackPage(items=tuple(view(each) for each in (None, *VerificationOutcome))))
    headers = door.headers("liaison")
    chinese, english = (
        [each["text"] for each in door.http.get(f"/v1/feedback?{lang}", headers=headers | tag).json()["items"]]
        for lang, tag in (("", {"Accept-Language": "zh"}), ("", {"Accept-Language": "en"}))
    )

    assert len(set(chinese)) == len(set(english)) == 4
    assert all("谢谢" in each for each in chinese[1:])
    assert all("hank you" in each for each in english[1:])
    assert door.bus.asked[-1].caller.rows == ("own",)


@pytest.mark.criterion("2.6")
def test_not_substantiated_is_said_without_a_word_against_anybody() -> None:
    notice = next(
        row
        for row in tomllib.loads(NOTICES.read_text(encoding="utf-8"))["notice"]
        if row["event"] == "tips.feedback.given.v1"
    )
    step = words().steps["feedback_not_substantiated"]
    reward = words().problems["reward.not_substantiated"]
    chinese = [step.zh, notice["text_zh"], reward.what.zh, reward.to_do.zh]
    english = [step.en, notice["text_en"], reward.what.en, reward.to_do.en]
    for language, said in (("zh", chinese), ("en", english)):
        said += [text for key, text in sayings(language).items() if key.endswith("not_substantiated")]

    assert len(chinese) == len(english) >= 6
    assert not [(text, word) for text in chinese for word in BLAMING if word in text]
    assert not [(text, word) for text in english for word in BLAMING_EN if word in text.lower().split()]
    assert "不影响对您的信任" in step.zh
    assert "nothing against you" in step.en
