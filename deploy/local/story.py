"""The plan's own story, told through the public API and nothing else.

A resident's anonymous tip, three desks that acknowledge, a visit, a verification, a case, a criminal referral with its
signed receipt, the outcome in the resident's hands, and the sentences of the plan that all this kept. `make run` plays
it at the end of a start; the story test plays the same code and looks closer.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx2

from deploy.local.places import read_json
from deploy.local.progress import speaks_english

PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.2
RENTAL: Final = "DY-R-0302"
VILLAGE: Final = "village/lotus-bay"
TIP: Final = {
    "category": "rental_gathering",
    "village": VILLAGE,
    "rental_code": RENTAL,
    "place": "三号楼三层靠楼梯的一间",
    "text": "每天早上有二十多人进这间屋听课,晚上不让出门买菜,窗帘一直拉着。",
    "people_count": 20,
}
NEIGHBOURS: Final = {f"DY-R-{each}": f"示范路三号楼{each // 100}层{each}" for each in (101, 102, 201, 202, 401, 402)}
"""Dwellings that nobody has been given, so that the assistant of their area finds them on the phone."""
TOLD_FIGURES: Final = ("tips_verified", "visits_recorded", "referrals_decided", "notices_acknowledged")
PAPERS: Final = ("transfer_letter", "investigation_report", "list_of_items")


class StoryFailed(Exception):
    """A step did not come true; the sentence says which and what came instead."""


class Member:
    """One who takes part: an agency with its own client credentials, or a resident with none.

    Args:
        gateway: the gateway's address.
        credentials: the client's id and secret, or nothing for the public.
    """

    def __init__(self, gateway: str, credentials: Mapping[str, str] | None = None) -> None:
        self._http = httpx2.Client(base_url=gateway, timeout=20, trust_env=False)
        if credentials is not None:
            form = {"grant_type": "client_credentials", **credentials}
            token = self._answer(self._http.post("/oauth/token", data=form))["access_token"]
            self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: str) -> Any:
        """Read."""
        return self._answer(self._http.get(path, params=query, headers=dict(headers or {})))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Do something, once: the key makes a repetition harmless."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        return self._answer(self._http.post(path, json=dict(body or {}), headers=key))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Write something to its own address."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        return self._answer(self._http.put(path, json=dict(body), headers=key))

    def _answer(self, response: httpx2.Response) -> Any:
        if response.is_error:
            raise StoryFailed(f"{response.request.method} {response.request.url.path}: {response.text}")
        return response.json()

    def close(self) -> None:
        """Hang up."""
        self._http.close()


@dataclass
class Told:
    """What the story left behind, for whoever wants to look closer."""

    receipt: str = ""
    tip_number: str = ""
    tip_id: str = ""
    notices: list[Mapping[str, Any]] = field(default_factory=list)
    visit: Mapping[str, Any] = field(default_factory=dict)
    case: Mapping[str, Any] = field(default_factory=dict)
    referral: Mapping[str, Any] = field(default_factory=dict)
    status: Mapping[str, Any] = field(default_factory=dict)
    draft: Mapping[str, Any] = field(default_factory=dict)
    clauses: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


Say = Callable[[int, int, str, str, float], None]
"""Called after each step: its number, how many there are, what happened in Chinese and English, and its seconds."""


class Story:
    """The story of one tip.

    Args:
        gateway: the gateway's address.
        credentials: client id → secret.
        say: told of each step.
    """

    def __init__(self, gateway: str, credentials: Mapping[str, str], say: Say) -> None:
        self._gateway = gateway
        self._say = say
        self.told = Told()
        self.resident = Member(gateway)
        self._members = {
            name: Member(gateway, {"client_id": name, "client_secret": credentials[name]})
            for name in ("police", "tenancy", "office", "market")
        }

    def play(self) -> Told:
        """Play every step in order.

        Raises:
            StoryFailed: with the step's own sentence.
        """
        steps = (
            self._put_rental_on_register,
            self._file_tip,
            self._acknowledge_notices,
            self._visit_rental,
            self._verify_tip,
            self._open_case,
            self._refer_to_police,
            self._police_decide,
            self._close_case,
            self._read_outcome,
            self._draft_stage_report,
            self._count_sentences,
        )
        began = time.monotonic()
        try:
            for number, step in enumerate(steps, 1):
                started = time.monotonic()
                chinese, english = step()
                self._say(number, len(steps), chinese, english, time.monotonic() - started)
        finally:
            for member in (self.resident, *self._members.values()):
                member.close()
        self.told.seconds = time.monotonic() - began
        return self.told

    def _put_rental_on_register(self) -> tuple[str, str]:
        body = {
            "village": VILLAGE,
            "address": "示范路三号楼三层",
            "rooms": 3,
            "is_registered": True,
            "assistant": "a-07",
        }
        due = self._members["tenancy"].put(f"/v1/rentals/{RENTAL}", body)["next_visit_due_on"]
        for code, address in NEIGHBOURS.items():
            self._members["tenancy"].put(f"/v1/rentals/{code}", body | {"address": address, "assistant": None})
        return (
            f"流管办登记出租屋 {RENTAL},下次巡查 {due}",
            f"tenancy has rental {RENTAL} on its register; next visit due {due}",
        )

    def _file_tip(self) -> tuple[str, str]:
        filed = self.resident.post("/v1/public/tips", TIP)
        self.told.receipt, self.told.tip_number = filed["receipt"], filed["tip_number"]
        number = self.told.tip_number
        return (
            f"居民匿名举报,编号 {number},凭回执查询",
            f"a resident files an anonymous tip, {number}, and keeps its receipt code",
        )

    def _acknowledge_notices(self) -> tuple[str, str]:
        for name in ("police", "tenancy", "office"):
            notice = self._wait_for(f"{name}'s notice", partial(self._notice, name, "tips.tip.dispatched.v1"))
            self.told.tip_id = notice["about"].partition("/")[2]
            done = self._members[name].post(f"/v1/notices/{notice['notice_id']}/acknowledge")
            self.told.notices.append(done)
        return (
            "派出所主办,流管办、打传办抄送,三方签收",
            "routed to the police station with copies to tenancy and the office; each acknowledges",
        )

    def _notice(self, name: str, event_type: str) -> Mapping[str, Any] | None:
        """Find the notice about this story's tip: known by its number until the tip's id is known."""
        # In a town that has been used it may lie deep: notices about anonymous tips stand at their hour.
        page: Mapping[str, Any] = {"next_cursor": ""}
        while page["next_cursor"] is not None:
            further = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
            page = self._members[name].get("/v1/notices", limit="200", **further)
            for notice in page["items"]:
                known = notice["about"] == f"tip/{self.told.tip_id}" or self.told.tip_number in notice["text_zh"]
                if notice["event_type"] == event_type and known:
                    found: Mapping[str, Any] = notice
                    return found
        return None

    def _visit_rental(self) -> tuple[str, str]:
        tenancy = self._members["tenancy"]
        rental = self._wait_for("the visit to be brought forward", self._brought_forward)
        now = datetime.now(UTC)
        visit = {
            "visit_id": f"visit_{secrets.token_hex(13)}",
            "rental_code": RENTAL,
            "assistant": "a-07",
            "outcome": "done",
            "entry_basis": "common_parts",
            "findings": ["gathering"],
            "visited_at": now.isoformat(),
        }
        tenancy.post("/v1/visits", visit)
        self.told.visit = self._wait_for("the visit", lambda: tenancy.get(f"/v1/visits/{visit['visit_id']}"))
        due = rental["next_visit_due_on"]
        return f"巡查提前到 {due},协管员当日完成", f"the rental's visit is brought forward to {due}, and recorded today"

    def _brought_forward(self) -> Mapping[str, Any] | None:
        rental: Mapping[str, Any] = self._members["tenancy"].get(f"/v1/rentals/{RENTAL}")
        return rental if rental["brought_forward_because"] else None

    def _verify_tip(self) -> tuple[str, str]:
        police, at = self._members["police"], f"/v1/tips/{self.told.tip_id}"
        police.post(f"{at}/accept")
        police.post(f"{at}/verify", {"outcome": "substantiated", "next_owner": "market/desk"})
        return (
            "公安核查属实,移交工商分局查办",
            "the police accept, verify as substantiated and name market as the next owner",
        )

    def _open_case(self) -> tuple[str, str]:
        market = self._members["market"]
        self._wait_for("market's notice", lambda: self._notice("market", "tips.tip.verified.v1"))
        opened = market.post(
            "/v1/cases",
            {
                "owner": "market/desk",
                "kind": "headcount_reward",
                "basis": "禁止传销条例 7(1)",
                "tip_id": self.told.tip_id,
                "rental_code": RENTAL,
                "suspected_crime": True,
            },
        )
        measure = {
            "measure": "premises_sealed",
            "approved_by": "market-head",
            "taken_at": datetime.now(UTC).isoformat(),
        }
        self.told.case = market.post(f"/v1/cases/{opened['case_id']}/measures", measure)
        number = opened["number"]
        return f"工商分局立案 {number},查封场所", f"market opens case {number} and seals the place, with its clocks"

    def _refer_to_police(self) -> tuple[str, str]:
        market = self._members["market"]
        attached = [
            {"name": name, "status": "attached", "sha256": sha256(name.encode()).hexdigest()} for name in PAPERS
        ]
        missing = [{"name": name, "status": "none", "reason": "本案没有"} for name in ("test_results", "other")]
        drafted = market.post(
            "/v1/criminal-referrals",
            {
                "case_id": self.told.case["case_id"],
                "receiver": "police/economic",
                "officers": ["officer-11", "officer-12"],
                "papers": [*attached, *missing],
            },
        )
        at = f"/v1/criminal-referrals/{drafted['referral_id']}"
        market.post(f"{at}/decide", {"approve": True, "head": "market-head"})
        self.told.referral = market.post(f"{at}/send")
        clocks = "、".join(clock["clock"] for clock in self.told.referral["clocks"])
        return (
            f"负责人批准,案件移送公安(时限 {clocks})",
            f"the head approves, the case goes to the police; clocks {clocks}",
        )

    def _police_decide(self) -> tuple[str, str]:
        police, market = self._members["police"], self._members["market"]
        at = f"/v1/criminal-referrals/{self.told.referral['referral_id']}"
        accepted = police.post(f"{at}/accept", {"desk": "police/economic", "officer": "officer-31"})
        police.post(f"{at}/answer", {"filed": True, "police_reference": "受案字-示范-001"})
        self.told.referral = {**market.post(f"{at}/complete"), "receipt": accepted["receipt"]}
        number = accepted["receipt"]["number"]
        return f"公安签收并立案,回执 {number} 已签名", f"the police sign receipt {number} and file a criminal case"

    def _close_case(self) -> tuple[str, str]:
        closing = {"outcome": "transferred_to_police", "reason": "moved_to_police", "grounds": "已移送公安。"}
        self.told.case = self._members["market"].post(f"/v1/cases/{self.told.case['case_id']}/close", closing)
        return "工商分局结案", "market closes the case"

    def _read_outcome(self) -> tuple[str, str]:
        self.told.status = self._wait_for("the outcome", self._closed_status)
        return (
            "举报人凭回执看到结果:属实,已办结",
            "the informant reads with the receipt code: substantiated, and closed",
        )

    def _closed_status(self) -> Mapping[str, Any] | None:
        headers = {"Lianxi-Receipt": self.told.receipt}
        status: Mapping[str, Any] = self.resident.get("/v1/public/tips/status", headers)
        return status if status["state"] == "closed" else None

    def _draft_stage_report(self) -> tuple[str, str]:
        self.told.draft = self._wait_for("the stage report's figures", self._draft_with_figures)
        said = ", ".join(f"{name} {self.told.draft['figures'][name]}" for name in TOLD_FIGURES)
        due = self.told.draft["due_on"]
        return (
            f"公安阶段性工作情况草稿({due} 前报送)已含数字:{said}",
            f"the police's stage report due {due} drafts itself: {said}",
        )

    def _draft_with_figures(self) -> Mapping[str, Any] | None:
        police = self._members["police"]
        today = datetime.now(UTC).astimezone().date().isoformat()
        reports = [each for each in police.get("/v1/stage-reports")["items"] if each["due_on"] >= today]
        if not reports:
            return None
        nearest = min(reports, key=lambda each: each["due_on"])
        draft: Mapping[str, Any] = police.get(f"/v1/stage-reports/{nearest['report_id']}/draft")
        return draft if all(draft["figures"][name] for name in TOLD_FIGURES) else None

    def _count_sentences(self) -> tuple[str, str]:
        self.told.clauses = self._wait_for("the plan's sentences", self._clauses_with_proof)
        kept = sum(1 for each in self.told.clauses["items"] if each["state"] == "kept")
        count = len(self.told.clauses["items"])
        return (
            f"方案 {count} 句中,本次落实有据 {kept} 句",
            f"of the plan's {count} sentences this kept {kept}, with proof",
        )

    def _clauses_with_proof(self) -> Mapping[str, Any] | None:
        clauses: Mapping[str, Any] = self._members["office"].get("/v1/plan/clauses")
        return clauses if any(each["state"] == "kept" for each in clauses["items"]) else None

    def _wait_for(self, what: str, look: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise StoryFailed(f"waited {PATIENCE_SECONDS:g} s for {what}, and it did not come")
            time.sleep(PAUSE_SECONDS)


def main(arguments: list[str] | None = None) -> int:
    """Play the story against the town that runs in this checkout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".lianxi"), help="the town's own folder")
    folder = parser.parse_args(arguments).folder
    gateway = read_json(folder / "town.json")["gateway"]
    credentials = {row["client_id"]: row["client_secret"] for row in read_json(folder / "credentials.json")["clients"]}
    english_alone = speaks_english(os.environ)

    def say(number: int, count: int, chinese: str, english: str, seconds: float) -> None:
        text = english if english_alone else f"{chinese}\n         {english}"
        print(f"  {number:2}/{count} {seconds:5.2f} s  {text}", flush=True)

    try:
        told = Story(gateway, credentials, say).play()
    except (StoryFailed, httpx2.HTTPError) as failed:
        print(f"  ✘ {failed}", file=sys.stderr, flush=True)
        return 1
    print(f"  ✔ {told.seconds:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
