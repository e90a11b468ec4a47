"""What this system must never hold has no field to lie in: in no contract, answer, body, document, metric or right.

The twelve kinds of domain 5.3. Ten are about fields and stand here; that nothing of the kind is typed into a text is
redaction's and the redrawn pictures' work, and that unverified words end is retention's, each with tests of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mongoengine import Document, EmbeddedDocument
from mongoengine.base import get_document
from prometheus_client import REGISTRY

from deploy.local.generate import schema_of
from lianxi.contracts.registry import COMMANDS, EVENTS
from services.cases import documents as cases
from services.inspections import documents as inspections
from services.notifications import documents as notifications
from services.reporting import documents as reporting
from services.tips import documents as tips
from tests.support.gateway_fakes import POLICY, build

FORBIDDEN = {
    "1 bodies": r"fingerprint|biometric|\bdna\b|dna_|urine|blood|iris|gait|\bface\b|face_|faces|retina|voiceprint",
    "2 beliefs and health": r"ethnic|religio|politic|health|illness|diagnos|sexual|hukou|native_place|nationality",
    "3 bank accounts": r"bank|account_number|card_number|iban|alipay|wechat_pay",
    "4 telecommunications and tracks": r"subscriber|call_record|imsi|imei|cell_id|gps|latitude|longitude|\btracks?\b",
    "5 whole identity numbers": r"^id_number$|^id_card|identity_number|citizen_id|passport",
    "6 lists of persons": r"blacklist|watchlist|high_risk|risk_score|risk_tier|person_score|suspicion_score",
    "7 tenants": r"tenant|occupant|roster|lodger|resident_name",
    "8 where informants write from": r"ip_address|client_address|remote_addr|user_agent|device_id",
    "9 children": r"child_name|minor_name|birth|school_class",
    "10 officials' discipline": r"sanction|disciplin|demerit",
    "11 interrogation": r"interrogat|custody_(from|until|time)|detained_(at|since|until)|statement_of_suspect",
    "penalties by default": r"default_penalty|maximum_penalty|penalty_amount",
}
TEXTS = {name: re.compile(pattern) for name, pattern in FORBIDDEN.items()}


def offences(names: set[str]) -> list[str]:
    told = {name: name.replace("tenancy", "") for name in names}
    return sorted(
        f"{name}: {kind}" for name in names for kind, text in TEXTS.items() if text.search(told[name].lower())
    )


def names_in(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (str(each) for each in schema.get("properties", {}))
        for each in schema.values():
            yield from names_in(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from names_in(each)


def fields_of(document: type[Document] | type[EmbeddedDocument]) -> set[str]:
    return set(document._fields)


def test_the_list_knows_what_it_forbids() -> None:
    planted = {"fingerprint", "religion", "bank_account", "call_records", "id_number", "risk_score", "tenant_names"}
    assert len(offences(planted | {"client_address", "birth_date", "sanctions", "interrogation_record"})) >= 11
    assert offences({"tenancy", "account_id", "custody", "grade", "surface", "interface"}) == []


def test_no_event_and_no_command_has_a_field_for_it() -> None:
    names = {name for key, contract in {**EVENTS, **COMMANDS}.items() for name in names_in(schema_of(key, contract))}
    assert len(names) > 80
    assert offences(names) == []


def test_no_body_and_no_answer_of_the_gateway_has_a_field_for_it(tmp_path: Path) -> None:
    document = build(tmp_path).app.openapi()
    schemas = document["components"]["schemas"]
    taken_in = [name for name, schema in schemas.items() if "id_number" in schema.get("properties", {})]
    # A number is typed in to be told apart by a keyed hash, and never shown, kept or sent on.
    assert sorted(taken_in) == ["NewParty", "PartyCorrection"]
    names = set(names_in(schemas)) - {"id_number"}
    asked = {
        each["name"]
        for item in document["paths"].values()
        for operation in item.values()
        for each in operation.get("parameters", [])
    }
    assert len(names) > 200
    assert offences(names | asked) == []


def test_nobody_is_looked_up_by_who_they_are(tmp_path: Path) -> None:
    """No list over persons, and no question by name, telephone or number, across cases (5.3 item 6, 5.7 item 3)."""
    document = build(tmp_path).app.openapi()
    for path, item in document["paths"].items():
        assert path not in {"/v1/parties", "/v1/persons", "/v1/people"}
        for operation in item.values():
            asked = {each["name"].lower() for each in operation.get("parameters", []) if each["in"] == "query"}
            assert not asked & {"name", "phone", "telephone", "id_number", "person", "plate"}, path


@pytest.mark.parametrize("desk", [cases, inspections, notifications, reporting, tips], ids=lambda desk: desk.__name__)
def test_no_collection_has_a_field_for_it(desk: Any) -> None:
    names = {name for document in desk.DOCUMENTS for name in fields_of(document)}
    assert names
    assert offences(names) == []
    assert all(get_document(document.__name__) is document for document in desk.DOCUMENTS)


def test_no_metric_and_no_right_speaks_of_it() -> None:
    labels = {
        name
        for metric in REGISTRY._names_to_collectors.values()
        for name in (*getattr(metric, "_labelnames", ()), str(getattr(metric, "_name", "")))
    }
    groups = {group for resource in POLICY.permissions.resources for group in (*resource.fields, resource.code)}
    assert offences(labels) == []
    assert offences(groups) == []
    assert not labels & {"tip", "tip_id", "case_id", "actor", "name", "phone", "address"}
