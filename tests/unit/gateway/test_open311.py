"""Open311 GeoReport v2 at the door: both forms, its own shape of refusals, and the public form's ways underneath."""

from __future__ import annotations

from datetime import date
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest

from gateway.georeport import JSON, Written, told
from gateway.georeport_bodies import ServiceRequest
from gateway.openapi import interface
from lianxi.contracts.public_requests import PublicRequestList, PublicRequestView, PublicStep
from lianxi.contracts.sealing import CONTACT, CONTENT, Opener
from lianxi.contracts.tips import SubmitTip
from lianxi.kernel.ids import derived_id
from tests.support.answers import Described
from tests.support.gateway_fakes import Door, open_door
from tests.unit.gateway.test_public import STATUS, handed_in

V2 = "/open311/v2"
REPORT = {"service_code": "online_scheme", "description": "群里拉人交会费", "address_id": "442000-017"}
SEEN = PublicRequestView(
    number="DY-2026-XXXX-XXXX",
    category="online_scheme",
    is_open=True,
    steps=(PublicStep(code="received", on=date(2026, 3, 1)), PublicStep(code="being_checked", on=date(2026, 3, 2))),
)
EVERYTHING = PublicRequestList(items=(SEEN,))
NOTHING = PublicRequestList(items=())


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return interface()


def fromstring(text: str | bytes) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own


def _part(text: str, name: str) -> ElementTree.Element:
    found = fromstring(text).find(name)
    assert found is not None, text
    return found


def opened(door: Door, command: SubmitTip, what: bytes) -> dict[str, Any]:
    key = Opener((door.settings.gateway_seal_public_key_file.parent / "seal-private").read_text("ascii").strip())
    sealed = command.content if what == CONTENT else command.contact
    assert sealed is not None
    return dict(key.open(sealed, what))


@pytest.mark.criterion("14.4")
def test_a_program_finds_its_way_from_discovery_to_what_may_be_said(door: Door) -> None:
    found = door.http.get(f"{V2}/discovery.json").json()
    assert found["endpoints"][0]["url"].endswith(V2)
    assert found["endpoints"][0]["formats"] == [JSON, "text/xml"]

    services = door.http.get(f"{V2}/services.json", headers={"Accept-Language": "en"}).json()
    assert "online_scheme" in {each["service_code"] for each in services}
    assert {each["metadata"] for each in services} == {True}
    assert {"person_held", "rental_gathering", "other"}.isdisjoint(each["service_code"] for each in services)

    defined = door.http.get(f"{V2}/services/online_scheme.xml", headers={"Accept-Language": "en"})
    assert defined.headers["content-type"].startswith("text/xml")
    tree = fromstring(defined.text)
    assert tree.tag == "service_definition"
    codes = {each.findtext("code"): each for each in tree.iter("attribute")}
    assert set(codes) == {"village", "rental_code", "happened_at", "people_count", "publish"}
    assert [each.findtext("key") for each in codes["publish"].iter("value")] == ["yes", "no"]


@pytest.mark.criterion("14.4")
@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_report_without_coordinates_goes_the_public_form_s_way(door: Door, form: str) -> None:
    answer = door.http.post(f"{V2}/requests.{form}", data=REPORT)
    assert answer.status_code == 200, answer.text
    read = answer.json()[0].get if form == "json" else _part(answer.text, "request").findtext
    command = handed_in(door)

    assert command.tip_id == derived_id("tip", read("token"))
    assert (command.source, command.is_anonymous, command.is_public) == ("open311", True, False)
    assert opened(door, command, CONTENT)["place"] == "地址编码 442000-017"
    assert str(read("receipt")) in str(read("service_notice"))
    assert REPORT["description"] not in repr(command)


@pytest.mark.criterion("14.4")
def test_who_gives_a_name_may_choose_to_be_followed_and_the_name_is_sealed(door: Door) -> None:
    more = {
        "address_id": "banyan", "lat": "22.4612", "long": "113.2967", "first_name": "小明", "last_name": "王",
        "phone": "13800000000", "email": "a@b.example", "attribute[publish]": "yes", "attribute[people_count]": "12",
        "device_id": "0f0f", "account_id": "7", "media_url": "http://x.example/1.jpg", "api_key": "k",
    }  # fmt: skip
    answer = door.http.post(f"{V2}/requests.json", data=REPORT | more, headers={"Accept-Language": "en"})
    command = handed_in(door)

    assert (command.village, command.is_anonymous, command.is_public) == ("village/banyan", False, True)
    content = opened(door, command, CONTENT)
    assert (content["place"], content["people_count"]) == ("22.461200, 113.296700", 12)
    assert opened(door, command, CONTACT) == {"name": "王 小明", "phone": "13800000000", "other": "a@b.example"}
    assert "picture was not fetched" in answer.json()[0]["service_notice"]


def test_the_same_key_is_the_same_report(door: Door) -> None:
    key = {"Idempotency-Key": "one-and-the-same-report"}
    first, again = (door.http.post(f"{V2}/requests.json", data=REPORT, headers=key).json() for _ in range(2))
    other = door.http.post(f"{V2}/requests.json", data=REPORT | {"description": "别的事"}, headers=key)

    assert first == again
    assert len(door.bus.handed_in) == 1
    assert (other.status_code, other.json()[0]["code"]) == (400, 400)
    assert other.json()[0]["description"].startswith("idempotency.")


@pytest.mark.criterion("14.4")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (REPORT | {"service_code": "person_held"}, "open311.service_unknown"),
        ({**REPORT, "address_id": ""}, "open311.place_missing"),
        (REPORT | {"lat": "22.4"}, "open311.coordinates_wrong"),
        (REPORT | {"lat": "nan", "long": "113"}, "open311.coordinates_wrong"),
        (REPORT | {"lat": "91", "long": "113"}, "open311.coordinates_wrong"),
        ({**REPORT, "description": ""}, "request.invalid"),
        (REPORT | {"description": "x" * 5_000}, "request.invalid"),
        (REPORT | {"address_string": "控\x07制"}, "request.invalid"),
        (REPORT | {"attribute[village]": "nowhere"}, "village.unknown"),
    ],
)
def test_refusals_come_in_georeport_s_shape(door: Door, data: dict[str, str], code: str) -> None:
    answer = door.http.post(f"{V2}/requests.xml", data=data)
    error = _part(answer.text, "error")

    assert (answer.status_code, error.findtext("code")) == (400, "400")
    assert str(error.findtext("description")).startswith(f"{code}: ")
    assert door.bus.handed_in == []


def test_what_is_no_form_or_of_another_town_is_refused(door: Door) -> None:
    as_json = door.http.post(f"{V2}/requests.json", json=REPORT)
    twice = door.http.post(
        f"{V2}/requests.json", content="lat=1&lat=2", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    elsewhere = door.http.get(f"{V2}/services.json?jurisdiction_id=elsewhere")
    large = door.http.post(f"{V2}/requests.json", data={"description": "x" * 2_000_000})

    told = [each.json()[0]["description"].partition(":")[0] for each in (as_json, twice, elsewhere, large)]
    assert told == ["open311.form_needed", "open311.form_unreadable", "open311.jurisdiction_unknown", "body.too_large"]
    assert [each.status_code for each in (as_json, twice, elsewhere, large)] == [400, 400, 404, 413]
    assert door.http.get(f"{V2}/services.json?jurisdiction_id=dayong-2015").status_code == 200


def test_the_public_s_limits_hold_here(tmp_path: Any) -> None:
    with open_door(tmp_path, gateway_public_requests_per_minute=2) as door:
        answers = [door.http.get(f"{V2}/services.json") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[-1].json()[0]["description"].startswith("rate.exceeded")
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.criterion("14.4")
def test_read_back_is_how_it_stands_and_nothing_else(door: Door, described: dict[str, Any]) -> None:
    door.bus.says("list_public_requests", EVERYTHING)
    door.bus.says("find_public_requests", EVERYTHING)
    known, english = Described(described), {"Accept-Language": "en"}
    token = "ab" * 32

    (row,) = door.http.get(f"{V2}/requests.json", headers=english).json()
    assert {key for key, value in row.items() if value is None} == {
        name for name, field in ServiceRequest.model_fields.items() if not field.is_required()
    }
    assert (row["service_request_id"], row["status"]) == (SEEN.number, "open")
    assert (row["requested_datetime"], row["updated_datetime"]) == (
        "2026-03-01T00:00:00+08:00",
        "2026-03-02T00:00:00+08:00",
    )
    assert door.http.get(f"{V2}/requests/{SEEN.number}.json", headers=english).json() == [row]
    assert door.http.get(f"{V2}/tokens/{token}.json").json() == [{"service_request_id": SEEN.number, "token": token}]
    updates = door.http.get(f"{V2}/servicerequestupdates.json?start_date=2026-03-02T00:00:00%2B08:00").json()
    assert [(each["status"], each["updated_datetime"]) for each in updates] == [("open", "2026-03-02T00:00:00+08:00")]

    for path in ("requests.json", f"requests/{SEEN.number}.json", "servicerequestupdates.json", "services.json"):
        answer = door.http.get(f"{V2}/{path}")
        request = httpx2.Request("GET", f"http://x{V2}/{path}")
        plain = httpx2.Response(200, content=answer.content, headers={"content-type": JSON}, request=request)
        assert list(known.wrongs("GET", f"{V2}/{path}", plain)) == [], path
        as_xml = fromstring(door.http.get(f"{V2}/{path.replace('.json', '.xml')}").text)
        assert len(as_xml) == len(answer.json()), path


@pytest.mark.criterion("14.4")
def test_what_is_asked_reaches_the_desk_as_days_and_codes(door: Door) -> None:
    door.bus.says("list_public_requests", NOTHING)
    door.bus.says("find_public_requests", NOTHING)
    query = "start_date=2026-01-01T23:30:00Z&end_date=2026-02-01T00:00:00Z&status=closed"
    query += "&service_code=job_lure,online_scheme"

    assert door.http.get(f"{V2}/requests.json?{query}").json() == []
    assert door.http.get(f"{V2}/requests.json?service_request_id=A,B").json() == []
    listed, found = (each.request for each in door.bus.asked)
    assert (listed.received_from, listed.received_to) == (date(2026, 1, 2), date(2026, 2, 1))
    assert (listed.categories, listed.is_open, found.numbers) == (("job_lure", "online_scheme"), False, ("A", "B"))
    for wrong in ("start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z", "start_date=1999-01-01T00:00:00Z"):
        refused = door.http.get(f"{V2}/requests.json?{wrong}&end_date=2026-01-01T00:00:00Z")
        assert refused.json()[0]["description"].startswith("open311.days_wrong")
    for path in ("requests/A.json", f"tokens/{'0' * 64}.json"):
        assert door.http.get(f"{V2}/{path}").json()[0]["description"].startswith("open311.request_unknown")


@pytest.mark.criterion("14.4")
def test_only_who_holds_the_receipt_code_adds_to_a_report(door: Door) -> None:
    door.bus.says("find_tip_by_receipt", STATUS)
    door.bus.says("post_informant_message", STATUS)
    update = {"service_request_id": STATUS.number, "description": "又有一批人来了"}
    code = {"Lianxi-Receipt": "1234-5678-9012-3456"}

    without = door.http.post(f"{V2}/servicerequestupdates.json", data=update)
    of_another = door.http.post(
        f"{V2}/servicerequestupdates.json", data=update | {"service_request_id": "X"}, headers=code
    )
    assert [each.method for each in door.bus.asked] == ["find_tip_by_receipt"]
    added = door.http.post(f"{V2}/servicerequestupdates.json", data=update, headers=code)

    assert without.json()[0]["description"].startswith("receipt.missing")
    assert of_another.json()[0]["description"].startswith("receipt.not_found")
    assert added.json()[0]["update_id"].startswith("update_")
    assert door.bus.asked[-1].method == "post_informant_message"
    assert update["description"] not in repr(door.bus.asked[-1].request)


@pytest.mark.parametrize("text", ["</description><evil/>", "\"&<>'", "a\x00b\x1fc\ud800d\uffffe", "]]>"])
def test_no_value_can_write_xml(text: str) -> None:
    tree = fromstring(bytes(told(Written.XML, "errors", [{"code": 1, "description": text}]).body))

    assert [each.tag for each in tree.iter()] == ["errors", "error", "code", "description"]
    kept = "".join(letter for letter in text if letter not in "\x00\x1f\ud800\uffff")
    assert tree.findtext("error/description") == kept
