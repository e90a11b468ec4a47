"""The permission table, walked through the gateway: every role at every door, every group of fields of every answer.

What is expected is read from the policy file itself, not through the code under test.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import tomllib
import types
import typing
from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Literal

import cedarpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianxi.contracts import codec
from lianxi.contracts.cases import AssistancePage, AssistanceView, CasePage, CaseSummary, CaseView, ReferralView
from lianxi.contracts.coverage import PlanLine, PlanPage
from lianxi.contracts.evidence import EvidenceList, EvidenceView
from lianxi.contracts.inspections import RentalPage, RentalView, VisitView
from lianxi.contracts.major_events import MajorEventPage, MajorEventView
from lianxi.contracts.meetings import DecisionPage, DecisionView, MeetingLine, MeetingPage, MeetingView
from lianxi.contracts.notifications import NoticeView
from lianxi.contracts.outside import OutsideMessage, OutsidePage
from lianxi.contracts.parties import PartyPage, PartyView, SealedParties, SealedParty
from lianxi.contracts.publicity import ActivityPage, ActivityView
from lianxi.contracts.reporting import OrderView, StageReportDraft, StageReportList, StageReportView, ToolView
from lianxi.contracts.rewards import RewardPage, RewardView
from lianxi.contracts.rights import BLURRED, MASKED_BY, REDACTED, SHOWS
from lianxi.contracts.rounds import RoundView, Stop
from lianxi.contracts.tips import TipPage, TipSummary, TipView
from lianxi.policy.rights import Standing
from tests.support.gateway_fakes import AGENCY_OF_ROLE, NOON, POLICY, Door, open_door

FILE = Path(__file__).parents[3] / "deploy" / "policy" / "dayong-2015" / "permissions.toml"
TABLE = tomllib.loads(FILE.read_text(encoding="utf-8"))
ROLES = [role["code"] for role in TABLE["role"]]
ACTIONS = ("read", "create", "change", "decide", "close", "export", "unmask")
GRANTS = {(grant["role"], grant["resource"], action): grant for grant in TABLE["grant"] for action in grant["actions"]}
OURS, ANOTHERS = f"{AGENCY_OF_ROLE}/desk", "education/desk"
OF_THE_OFFICE = ("office", "operator")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with open_door(tmp_path_factory.mktemp("rights")) as door:
        yield door


@pytest.fixture(scope="module")
def tokens(house: Door) -> dict[str, dict[str, str]]:
    return {role: house.headers(role) for role in ROLES}


def doors(house: Door) -> list[tuple[str, str, str]]:
    return [
        (method, re.sub(r"{[a-z_]+}", "item_00000000", path), operation["x-right"])
        for path, item in house.app.openapi()["paths"].items()
        for method, operation in item.items()
        if "x-right" in operation
    ]


def test_every_locked_door_names_its_right_and_the_table_knows_it(house: Door) -> None:
    resources = {each["code"] for each in TABLE["resource"]}
    locked = [
        path
        for path, item in house.app.openapi()["paths"].items()
        for operation in item.values()
        # Where a thing is may be read by whoever may read the thing: the right follows from its kind.
        if path != "/v1/where/{item_id}" and any("agency" in each for each in operation.get("security", ()))
    ]
    found = doors(house)

    assert len(found) == len(locked) > 75
    for method, path, right in found:
        resource, _, action = right.partition(".")
        assert resource in resources, path
        assert action in ACTIONS, path
        # A file of evidence is looked at for a reason, which is written down and therefore posted.
        both_ways = right in (
            "policy.read",
            "tip.unmask",
            "reward.unmask",
            "evidence.read",
            "evidence.export",
            "case.export",
        )
        assert (action in ("read", "export")) == (method == "get") or both_ways, path


@pytest.mark.criterion("8.1")
@pytest.mark.criterion("8.2")
@pytest.mark.parametrize("role", ROLES)
def test_every_door_lets_in_whom_the_table_lets_in_and_nobody_else(
    house: Door, tokens: dict[str, dict[str, str]], role: str
) -> None:
    for number, (method, path, right) in enumerate(doors(house)):
        key = {"Idempotency-Key": f"{role}-{number}"} if method != "get" else {}
        content: dict[str, Any] | None = None if method == "get" else {}
        answer = house.http.request(method, path, json=content, headers={**tokens[role], **key})
        is_turned_away = answer.status_code == 403 and answer.json()["code"] == "right.missing"
        resource, _, action = right.partition(".")
        may = (role, resource, action) in GRANTS

        assert is_turned_away != may, (role, method, path, right, answer.text)


ANSWERS: list[tuple[str, str, type[Any], Callable[..., Any] | None]] = [
    ("/v1/tips/item_1", "get_tip", TipView, None),
    ("/v1/tips", "list_tips", TipSummary, TipPage),
    ("/v1/cases/item_1", "get_case", CaseView, None),
    ("/v1/cases", "list_cases", CaseSummary, CasePage),
    ("/v1/criminal-referrals/item_1", "get_referral", ReferralView, None),
    ("/v1/parties/item_1", "get_party", PartyView, None),
    ("/v1/cases/item_1/parties", "list_parties", PartyView, PartyPage),
    ("/v1/evidence/item_1", "get_evidence", EvidenceView, None),
    ("/v1/cases/item_1/evidence", "list_evidence", EvidenceView, EvidenceList),
    ("/v1/assistance/item_1", "get_assistance", AssistanceView, None),
    ("/v1/assistance", "list_assistance", AssistanceView, AssistancePage),
    ("/v1/rentals/R-1", "get_rental", RentalView, None),
    ("/v1/rentals", "list_rentals", RentalView, RentalPage),
    ("/v1/visits/item_1", "get_visit", VisitView, None),
    ("/v1/visit-round", "get_round", Stop, partial(RoundView, on=NOON.date(), due_today=1, due_tomorrow=0)),
    ("/v1/visit-plan/month", "get_month_plan", PlanLine, PlanPage),
    ("/v1/notices/item_1", "get_notice", NoticeView, None),
    ("/v1/outside-messages", "list_outside", OutsideMessage, OutsidePage),
    ("/v1/major-events/item_1", "get_major_event", MajorEventView, None),
    ("/v1/major-events", "list_major_events", MajorEventView, MajorEventPage),
    ("/v1/meetings/item_1", "get_meeting", MeetingView, None),
    ("/v1/meetings", "list_meetings", MeetingLine, MeetingPage),
    ("/v1/meeting-decisions/item_1", "get_decision", DecisionView, None),
    ("/v1/meeting-decisions", "list_decisions", DecisionView, DecisionPage),
    ("/v1/publicity/item_1", "get_activity", ActivityView, None),
    ("/v1/publicity", "list_activities", ActivityView, ActivityPage),
    ("/v1/supervision-orders/item_1", "get_order", OrderView, None),
    ("/v1/stage-reports/item_1/draft", "get_stage_report_draft", StageReportDraft, None),
    ("/v1/stage-reports", "list_stage_reports", StageReportView, StageReportList),
    ("/v1/accountability-tools/item_1", "get_tool", ToolView, None),
    ("/v1/rewards/item_1", "get_reward", RewardView, None),
    ("/v1/rewards", "list_rewards", RewardView, RewardPage),
]


def filled(kind: Any, desk: str) -> Any:
    """Something of a type, with nothing left out, and every name of a desk the same."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is str:
        return desk
    if origin in (typing.Union, types.UnionType):
        return filled(next(each for each in inner if each is not type(None)), desk)
    if origin is Literal:
        return inner[0]
    if origin is tuple:
        return (filled(inner[0], desk),) if inner[0] is str else ()
    if kind in (bool, int, datetime, date):
        return {bool: True, int: 3, datetime: NOON, date: NOON.date()}[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{each.name: filled(hints[each.name], desk) for each in dataclasses.fields(kind)})  # type: ignore[operator]
    return {}


def on_the_bus(answer: Any) -> Any:
    """An answer as its desk gives it: persons of cases cross the broker sealed, here with nothing in the seal."""
    if isinstance(answer, PartyView):
        return SealedParty(party=answer, person=None)
    if isinstance(answer, PartyPage):
        return SealedParties(items=tuple(on_the_bus(each) for each in answer.items))
    return answer


def meets(rule: str, is_ours: bool) -> bool:
    return rule in ("all", "public", "own_area") or (rule != "none" and is_ours)


@pytest.mark.criterion("8.1")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("desk", [OURS, ANOTHERS])
def test_every_answer_shows_each_group_of_fields_as_the_table_says(
    house: Door, tokens: dict[str, dict[str, str]], role: str, desk: str
) -> None:
    theirs = "office/desk" if role in OF_THE_OFFICE and desk == OURS else desk
    for path, method, view, page in ANSWERS:
        shape = SHOWS[view]
        grant = GRANTS.get((role, shape.resource, "read"))
        if grant is None:
            continue
        item = filled(view, theirs)
        house.bus.says(method, on_the_bus(item if page is None else page(items=(item,))))
        told = house.http.get(path, headers=tokens[role]).json()
        shown = told if page is None else told["items"][0]
        # A desk shows an item that involves the reader only by what it does not name, as a past copy does.
        is_ours = desk == OURS or not shape.desks or grant["rows"] == "involved"
        for group, names in shape.groups.items():
            level = grant["fields"].get(group, "absent") if meets(grant["rows"], is_ours) else "absent"
            for name in (each for each in names if hasattr(item, each)):
                assert (name in shown) == (level != "absent"), (role, path, desk, group, name, level)
                if level == "masked" and (shape.resource, group) in MASKED_BY:
                    assert shown[name] == MASKED_BY[shape.resource, group](codec.as_plain(getattr(item, name)))
                    assert shown[name] != codec.as_plain(getattr(item, name))
                elif level == "masked" and (shape.resource, group) not in REDACTED:
                    assert shown[name] in (BLURRED, [], {}, None), (role, path, group, name)


@pytest.mark.criterion("8.1")
def test_the_walk_is_long_enough(house: Door) -> None:
    at_doors = len(ROLES) * len(doors(house))
    readers = {
        (role, view): (role, SHOWS[view].resource, "read") in GRANTS for role in ROLES for *_, view, _ in ANSWERS
    }
    groups = sum(2 * len(SHOWS[view].groups) for (_, view), may in readers.items() if may)

    assert at_doors + groups >= 1_500


def test_every_field_of_an_answer_is_in_one_group_or_names_the_item() -> None:
    open_to_all = {
        *(
            "version",
            "revision",
            "tip_id",
            "number",
            "lead",
            "copies",
            "policy_version",
            "case_id",
            "case_number",
            "owner",
        ),
        *("photo_id", "conflict_id", "kind", "state", "raised_by", "raised_at", "decided_by", "decided_at"),
        *("referral_id", "sender", "receiver", "assistance_id", "asker", "rental_code", "village", "visit_id"),
        *(
            "assistant",
            "notice_id",
            "desk",
            "role",
            "lane",
            "order_id",
            "target",
            "report_id",
            "agency",
            "tool_id",
            "party_id",
            "receivers",
            "run_id",
            "item",
            "reward_id",
        ),
        *("delivery_id", "channel", "event_id"),
        *("evidence_id", "holder", "offered_to", "task_id", "left_out", "deduction_id", "finding_id", "unit"),
        *("meeting_id", "decision_id", "activity_id", "item_id", "agencies"),
        *("batch_id", "row", "transfer_id", "bulletin_id", "campaign_id"),
        *("operation_id", "asked_by", "commander", "desks"),
    }
    for view, shape in SHOWS.items():
        grouped = [name for names in shape.groups.values() for name in names]
        assert len(grouped) == len(set(grouped)), view
        assert {each.name for each in dataclasses.fields(view)} <= {*grouped, *open_to_all}, view
        resource = next(each for each in TABLE["resource"] if each["code"] == shape.resource)
        assert set(shape.groups) <= set(resource["fields"]), view


@pytest.mark.criterion("8.2")
def test_writing_closing_exporting_and_unmasking_are_rights_of_their_own_and_nobody_deletes() -> None:
    assert {action for *_, action in GRANTS} <= set(ACTIONS)
    for action in ("change", "close", "export", "unmask"):
        holders = {role for role, _, granted in GRANTS if granted == action}
        others = {role for role, _, granted in GRANTS if granted != action}
        assert holders < others, f"{action} does not come along with another right"


@pytest.mark.criterion("8.6")
def test_hosting_the_office_gives_an_agency_nothing(house: Door) -> None:
    host = POLICY.agencies["office"].hosted_by
    guests = {"Idempotency-Key": "host"}
    order = {"target": "police/desk", "about": "tip/t", "question": "?", "due_on": "2026-03-20"}
    turned = house.http.post("/v1/supervision-orders", json=order, headers={**house.headers(host), **guests})
    asked = len(house.bus.asked)
    house.http.get("/v1/cases", headers=house.headers(host))
    at_host = house.http.get("/v1/me/permissions", headers=house.headers(host)).json()
    at_other = house.http.get("/v1/me/permissions", headers=house.headers("police")).json()

    assert (turned.status_code, turned.json()["code"]) == (403, "right.missing")
    assert "all" not in house.bus.asked[asked].caller.rows
    assert [{**each} for each in at_host["items"]] == [{**each} for each in at_other["items"]]


def test_the_table_explains_itself(house: Door) -> None:
    mine = house.http.get("/v1/me/permissions?lang=en", headers=house.headers("office")).json()
    whole = house.http.get("/v1/permissions", headers=house.headers("office")).json()
    tip = next(each for each in mine["items"] if each["resource"] == "tip")

    assert mine["roles"] == ["office"]
    assert (tip["rows"], tip["rows_in_words"], tip["clause"]) == ("all", "all", "L24.1")
    assert tip["fields"]["text"] == "masked"
    assert tip["fields"]["author"] == "absent"
    assert len(whole["items"]) == len(TABLE["grant"])


# --- an independent evaluator says the same


def as_cedar() -> str:
    """The table in another language, for another program to decide by."""
    rules = []
    for grant in TABLE["grant"]:
        if grant["rows"] == "none" or not grant["actions"]:
            continue
        actions = ", ".join(f'Action::"{action}"' for action in grant["actions"])
        when = "" if grant["rows"] in ("all", "public") else f" when {{ context.{grant['rows']} }}"
        rules.append(
            f'permit (principal in Role::"{grant["role"]}", action in [{actions}], '
            f'resource == Resource::"{grant["resource"]}"){when};'
        )
    return "\n".join(rules)


CEDAR = as_cedar()
RELATIONS = [field.name for field in dataclasses.fields(Standing)]


@pytest.mark.criterion("8.1")
@settings(max_examples=150, deadline=None)
@given(
    roles=st.sets(st.sampled_from(ROLES), min_size=1, max_size=3),
    resource=st.sampled_from([each["code"] for each in TABLE["resource"]]),
    action=st.sampled_from(ACTIONS),
    relations=st.sets(st.sampled_from(RELATIONS)),
)
def test_an_independent_evaluator_decides_alike(
    roles: set[str], resource: str, action: str, relations: set[str]
) -> None:
    standing = Standing(**{name: name in relations for name in RELATIONS})
    table = POLICY.permissions
    ours = any(standing.meets(grant.rows) for grant in table.grants_of(roles, resource, action))
    parents = [{"type": "Role", "id": role} for role in sorted(roles)]
    theirs = cedarpy.is_authorized(
        {
            "principal": 'User::"somebody"',
            "action": f'Action::"{action}"',
            "resource": f'Resource::"{resource}"',
            "context": {name: name in relations for name in RELATIONS},
        },
        CEDAR,
        [{"uid": {"type": "User", "id": "somebody"}, "attrs": {}, "parents": parents}],
    )

    assert theirs.allowed == ours
    assert ours <= bool(table.rows_of(roles, resource, action))


@pytest.mark.criterion("8.1")
def test_two_roles_never_show_more_of_an_item_than_one_of_them_may_see() -> None:
    table = POLICY.permissions
    clear = ("clear", "masked", "absent")
    for first, second in itertools.combinations(ROLES, 2):
        for resource in TABLE["resource"]:
            for group, flags in itertools.product(resource["fields"], itertools.product((False, True), repeat=2)):
                standing = Standing(involved=flags[0], own_desk=flags[1], own_agency=flags[1])
                alone = [table.level_of((role,), resource["code"], group, standing) for role in (first, second)]
                both = table.level_of((first, second), resource["code"], group, standing)
                assert both == min(alone, key=clear.index)
