"""Hooks: who hears of what, in which order, how often it is tried, and what a body says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from lianxi.contracts.cases import CaseKind, CaseOpened
from lianxi.contracts.tips import TipAccepted, TipClosed, TipDispatched, TipRungReached
from lianxi.contracts.webhooks import (
    DeleteWebhook,
    HookDeliveryState,
    HookState,
    ListWebhooks,
    ReplayWebhook,
    RotateWebhook,
    SendTestEvent,
    StopWebhooksOf,
)
from lianxi.kernel.errors import Conflict, NotFound, Refused
from lianxi.policy.policy import Policy
from lianxi.runtime.hook_courier import headers_of
from services.notifications.domain.outside import AGAIN_AFTER
from tests.support.hook_receiver import is_signed
from tests.unit.notifications.hooking import ADDRESS, NOON, Hooks, machine

DISPATCHED = TipDispatched(
    tip_id="tip_1", number="DY-2026-7K3M-9QXD", category="rental_gathering", lane="normal", dispatch_id="dispatch_1",
    round=1, lead="police/station", copies=("market/desk",), clause="L35.1", dispatched_at=NOON, is_anonymous=True,
)  # fmt: skip
ACCEPTED = TipAccepted(tip_id="tip_1", desk="police/station", accepted_at=NOON)
OPENED = CaseOpened(
    case_id="case_1", number="DY-2026-1", kind=CaseKind.FACILITATION, owner="market/desk", tip_id="tip_1",
    rental_code=None, opened_at=NOON,
)  # fmt: skip
OTHER = "https://93.184.216.35/hooks"


@pytest.fixture
def hooks(policy: Policy) -> Hooks:
    return Hooks(policy)


@pytest.mark.criterion("14.3")
def test_an_agency_hears_of_its_own_items_and_of_no_others(hooks: Hooks) -> None:
    for place, agency in enumerate(("police", "market", "education")):
        hooks.register(agency, at=f"https://93.184.216.{place + 1}/")
    hooks.register("office", "office", at="https://93.184.216.9/")
    hooks.hear(DISPATCHED, "event-1")
    hooks.shelf.notices["tip/tip_1"] = {"police/station", "market/desk"}
    hooks.hear(ACCEPTED, "event-2", sequence=2)
    hooks.hear(OPENED, "event-3", item="case/case_1")
    hooks.run(1)

    heard = {(each.address[-2], each.event_id) for each in hooks.receivers.taken}
    told = {("1", "event-1"), ("1", "event-2"), ("2", "event-1"), ("2", "event-2"), ("2", "event-3")}
    assert heard == told | {("9", f"event-{each}") for each in (1, 2, 3)}


@pytest.mark.criterion("14.3")
def test_a_key_that_may_not_read_hears_nothing_and_one_of_a_desk_only_of_that_desk(hooks: Hooks) -> None:
    hooks.register("market", "assessor", at="https://93.184.216.1/")
    hooks.register("police", "case_officer", at="https://93.184.216.2/", desks=("police/economic",))
    hooks.register("police", "case_officer", at="https://93.184.216.3/", desks=("police/station",))
    hooks.hear(replace(OPENED, owner="police/station"), "event-1", item="case/case_1")
    hooks.hear(OPENED, "event-2", item="case/case_2")
    hooks.run(1)

    assert [(each.address, each.event_id) for each in hooks.receivers.taken] == [("https://93.184.216.3/", "event-1")]


def test_whom_a_rung_calls_is_not_involved_by_it(hooks: Hooks) -> None:
    hooks.register("education")
    hooks.hear(
        TipRungReached(
            item="tip_1", clock="rescue", ladder="rescue", rung="five-minutes", mark="red", owner="police/criminal",
            receivers=("education/desk",), acknowledge=True, due_at=NOON, reached_at=NOON,
        ),
        "event-1",
    )  # fmt: skip

    assert hooks.sent.all() == []


@pytest.mark.criterion("14.3")
def test_only_the_types_that_were_asked_for_come(hooks: Hooks) -> None:
    hooks.register("police", events=(TipAccepted.KEY,))
    hooks.hear(DISPATCHED, "event-1")
    hooks.hear(ACCEPTED, "event-2", sequence=2)
    hooks.run(1)

    assert hooks.receivers.ids() == ["event-2"]
    with pytest.raises(Refused, match=r"webhook\.event_unknown"):
        hooks.register("police", at=OTHER, events=("tips.identity.opened.v1",))


@pytest.mark.criterion("14.3")
def test_a_body_says_which_item_and_nothing_of_it(hooks: Hooks) -> None:
    hooks.register("police")
    hooks.hear(DISPATCHED, "event-1")
    hooks.run(1)

    assert json.loads(hooks.receivers.taken[0].body) == {
        "specversion": "1.0",
        "id": "event-1",
        "source": "/lianxi/tips",
        "type": "tips.tip.dispatched.v1",
        "subject": "tip/tip_1",
        "time": NOON.isoformat(),
        "sequence": "1",
        "datacontenttype": "application/json",
        "dataschema": "/schemas/webhook.v1.json",
        "data": {"item": "tip/tip_1", "href": "/v1/tips/tip_1", "due_at": None},
    }


@pytest.mark.criterion("14.3")
def test_an_event_heard_twice_is_delivered_once(hooks: Hooks) -> None:
    hooks.register("police")
    for _ in range(2):
        hooks.hear(DISPATCHED, "event-1")
        hooks.run(1)

    assert hooks.receivers.ids() == ["event-1"]


@pytest.mark.criterion("14.3")
def test_after_rotation_both_secrets_verify_for_a_day(hooks: Hooks) -> None:
    made = hooks.register("police")
    turned = hooks.desk.rotate(RotateWebhook(hook_id=made.hook_id), machine("police", command="d"))
    hooks.hear(DISPATCHED, "event-1")
    hooks.run(1)
    hooks.clock.instant += timedelta(hours=25)
    hooks.hear(ACCEPTED, "event-2", sequence=2)
    hooks.run(1)

    assert made.secret
    assert turned.secret
    assert made.secret != turned.secret
    first, second = hooks.receivers.taken
    assert is_signed(made.secret, headers_of(first), first.body)
    assert is_signed(turned.secret, headers_of(first), first.body)
    assert is_signed(turned.secret, headers_of(second), second.body)
    assert not is_signed(made.secret, headers_of(second), second.body)


def test_no_list_shows_a_secret_and_none_is_kept(hooks: Hooks) -> None:
    made = hooks.register("police")
    (listed,) = hooks.desk.list_hooks(ListWebhooks(), machine("police")).items

    assert listed == replace(made, secret=None)
    assert str(made.secret) not in repr(hooks.kept.all())
    assert hooks.desk.list_hooks(ListWebhooks(), machine("market")).items == ()


@pytest.mark.criterion("4.3")
def test_what_fails_climbs_the_ladder_and_is_parked_and_the_agency_is_told_once(hooks: Hooks) -> None:
    hooks.receivers.dead = {ADDRESS}
    hooks.register("police")
    hooks.hear(DISPATCHED, "event-1")
    hooks.run(9)

    waits = [after.at - before.at for before, after in pairwise(hooks.receivers.tried)]
    assert len(waits) == len(AGAIN_AFTER)
    assert all(step <= wait <= step + timedelta(seconds=31) for wait, step in zip(waits, AGAIN_AFTER, strict=True))
    (delivery,) = hooks.sent.all()
    assert (delivery.state, delivery.status, delivery.trouble) == (HookDeliveryState.PARKED, 500, "webhook.answered")
    assert [each.type for each in hooks.kept.announced] == ["notifications.webhook.failing.v1"]
    assert hooks.kept.all()[0].state is HookState.FAILING


@pytest.mark.criterion("14.3")
def test_of_one_item_nothing_comes_before_what_is_still_under_way(hooks: Hooks) -> None:
    hooks.receivers.dead = {ADDRESS}
    hooks.register("police")
    hooks.hear(DISPATCHED, "event-1")
    hooks.hear(ACCEPTED, "event-2", sequence=2)
    hooks.hear(replace(DISPATCHED, tip_id="tip_2"), "event-3", item="tip/tip_2")
    hooks.run(0.01)
    assert {each.event_id for each in hooks.receivers.tried} == {"event-1", "event-3"}
    hooks.receivers.dead = set()
    hooks.run(2)

    assert hooks.receivers.ids().index("event-1") < hooks.receivers.ids().index("event-2")
    assert sorted(hooks.receivers.ids()) == ["event-1", "event-2", "event-3"]


@pytest.mark.criterion("14.3")
def test_what_stands_behind_a_parked_one_is_parked_too_and_a_replay_brings_all_in_order(hooks: Hooks) -> None:
    hooks.receivers.dead = {ADDRESS}
    made = hooks.register("police")
    hooks.hear(DISPATCHED, "event-1")
    hooks.hear(ACCEPTED, "event-2", sequence=2)
    hooks.run(9)
    assert {each.trouble for each in hooks.sent.all()} == {"webhook.answered", "webhook.behind"}
    hooks.receivers.dead = set()
    again = hooks.desk.replay(
        ReplayWebhook(hook_id=made.hook_id, from_event="event-1"), machine("police", command="again")
    )
    hooks.run(1)

    assert (again.replayed, again.next_event) == (2, None)
    assert hooks.receivers.ids() == ["event-1", "event-2"]
    assert hooks.kept.all()[0].state is HookState.ACTIVE


@pytest.mark.criterion("14.3")
def test_a_replay_starts_at_the_given_event_and_gives_the_same_ids(hooks: Hooks) -> None:
    made = hooks.register("police")
    for place in (1, 2, 3):
        hooks.hear(DISPATCHED, f"event-{place}", item=f"tip/tip_{place}")
    hooks.run(1)
    hooks.desk.replay(ReplayWebhook(hook_id=made.hook_id, from_event="event-2"), machine("police", command="again"))
    hooks.run(1)

    assert hooks.receivers.ids() == ["event-1", "event-2", "event-3", "event-2", "event-3"]
    with pytest.raises(NotFound, match=r"webhook\.event_not_found"):
        hooks.desk.replay(ReplayWebhook(hook_id=made.hook_id, from_event="event-9"), machine("police"))


@pytest.mark.criterion("4.3")
def test_a_dead_receiver_delays_no_other(hooks: Hooks) -> None:
    hooks.receivers.dead = {ADDRESS}
    hooks.register("police")
    hooks.register("office", "office", at=OTHER)
    for place in range(60):
        hooks.hear(replace(DISPATCHED, lead="police/station"), f"event-{place}", item=f"tip/tip_{place}")
    hooks.sender.send_due()

    assert len(hooks.receivers.taken) == 60
    assert {each.address for each in hooks.receivers.taken} == {OTHER}


@pytest.mark.criterion("14.3")
def test_a_test_event_goes_out_at_once_and_says_that_it_is_one(hooks: Hooks) -> None:
    made = hooks.register("police")
    told = hooks.desk.test(SendTestEvent(hook_id=made.hook_id), machine("police", command="t"))
    hooks.run(1)

    (taken,) = hooks.receivers.taken
    assert (taken.event_id, json.loads(taken.body)["type"]) == (told.event_id, "notifications.webhook.tested.v1")
    with pytest.raises(NotFound, match=r"webhook\.not_found"):
        hooks.desk.test(SendTestEvent(hook_id=made.hook_id), machine("market"))


@pytest.mark.criterion("14.1")
def test_with_its_key_a_hook_ends_and_what_waits_is_not_sent(hooks: Hooks) -> None:
    made = hooks.register("police")
    hooks.hear(DISPATCHED, "event-1")
    assert hooks.desk.stop_of(StopWebhooksOf(client_id="police"), machine("police", command="s")).stopped == 1
    hooks.hear(ACCEPTED, "event-2", sequence=2)
    hooks.run(1)

    assert hooks.receivers.tried == []
    assert [(each.event_id, each.trouble) for each in hooks.sent.all()] == [("event-1", "webhook.stopped")]
    with pytest.raises(Conflict, match=r"webhook\.stopped"):
        hooks.desk.rotate(RotateWebhook(hook_id=made.hook_id), machine("police", command="r"))
    gone = hooks.desk.delete(DeleteWebhook(hook_id=made.hook_id), machine("police", command="x"))
    assert gone.state is HookState.STOPPED


@pytest.mark.criterion("2.7")
def test_of_an_anonymous_tip_only_the_hour_is_kept_once_it_is_delivered(hooks: Hooks) -> None:
    hooks.clock.instant = NOON + timedelta(minutes=17, seconds=9)
    hooks.register("police")
    hooks.hear(DISPATCHED, "event-1")
    hooks.run(1)

    (kept,) = hooks.sent.all()
    assert (kept.written_at, kept.delivered_at, kept.next_try_at) == (NOON, NOON, None)


@pytest.mark.criterion("14.3")
def test_a_forged_body_does_not_verify(hooks: Hooks) -> None:
    made = hooks.register("police")
    hooks.hear(TipClosed(tip_id="tip_1", desk="police/station", verification=None, case_id=None, closed_at=NOON), "e")
    hooks.run(1)
    (taken,) = hooks.receivers.taken

    assert is_signed(str(made.secret), headers_of(taken), taken.body)
    assert not is_signed(str(made.secret), headers_of(taken), taken.body.replace(b"tip_1", b"tip_2"))
