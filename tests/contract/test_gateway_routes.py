"""The gateway's public face: every door has a lock or is listed as public, every write a key, every code a sentence."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from gateway import bodies, joint_operation_bodies, reward_bodies, transfer_bodies, upward_report_bodies, visit_bodies
from gateway.principal import SCOPES
from gateway.wording import words
from lianxi.contracts import (
    cases,
    clocks,
    inspections,
    joint_operations,
    operations,
    reporting,
    rewards,
    tips,
    transfers,
    upward_reports,
)
from tests.support.gateway_fakes import build

ROOT = Path(__file__).parents[2]
PUBLIC = {
    ("post", "/v1/public/tips"),
    ("get", "/v1/public/tips/status"),
    ("post", "/v1/public/tips/messages"),
    ("post", "/v1/public/tips/reopening"),
    ("post", "/v1/public/attachments"),
    ("post", "/v1/public/tips/code"),
    ("post", "/v1/public/rewards"),
    ("get", "/v1/public/numbers"),
    ("get", "/v1/public/warnings"),
    ("get", "/v1/public/warnings.atom"),
    ("post", "/oauth/token"),
}
OPEN311 = {
    (method, f"/open311/v2/{path}.{{form}}")
    for methods, path in (
        ("get", "discovery"),
        ("get", "services"),
        ("get", "services/{service_code}"),
        ("get post", "requests"),
        ("get", "requests/{service_request_id}"),
        ("get", "tokens/{token}"),
        ("get post", "servicerequestupdates"),
    )
    for method in methods.split()
}
"""GeoReport v2, for everybody; its refusals have a shape of their own."""
SIGNING_IN = {
    ("post", "/v1/session"),
    ("post", "/v1/invitations/second-factor"),
    ("post", "/v1/invitations/take-up"),
}
"""Doors for whoever is about to be known. Like the token's they take no idempotency key: no answer is remembered."""
BY_KIND = {("get", "/v1/where/{item_id}")}
"""Doors whose scope is that of the kind of thing that is asked for."""
OWN = {
    ("delete", "/v1/session"),
    ("get", "/v1/me"),
    ("post", "/v1/me/password"),
    ("get", "/v1/me/second-factor"),
    ("post", "/v1/me/second-factor"),
}
"""Doors of whoever's session it is."""
PAGES = {
    *(
        "/",
        "/report",
        "/report/check",
        "/report/receipt",
        "/report/proof",
        "/report/pictures",
        "/track/pictures",
        "/track/reward",
        "/track",
        "/track/messages",
        "/track/reopening",
        "/track/code",
        "/warnings",
        "/numbers",
        "/accessibility",
        "/desk",
        "/desk/sign-in",
        "/desk/cases",
        "/desk/cases/{case_id}",
        "/desk/cases/{case_id}/{deed}",
        "/desk/cases/{case_id}/evidence",
        "/desk/cases/{case_id}/timeline",
        "/desk/evidence/{evidence_id}",
        "/desk/evidence/{evidence_id}/{deed}",
        "/desk/departures/{hand_over_id}",
        "/desk/handovers/{item_id}",
        "/desk/handovers/{item_id}/{deed}",
        "/desk/tools",
        "/desk/tools/{tool_id}",
        "/desk/tools/{tool_id}/{deed}",
        "/desk/transfers",
        "/desk/transfers/{transfer_id}",
        "/desk/transfers/{transfer_id}/{deed}",
        "/desk/invitation",
        "/desk/decisions/{decision_id}",
        "/desk/decisions/{decision_id}/{deed}",
        "/desk/assessment",
        "/desk/assessment/folder.zip",
        "/desk/bulletins",
        "/desk/bulletins/{bulletin_id}",
        "/desk/bulletins/{bulletin_id}.docx",
        "/desk/bulletins/{bulletin_id}/{deed}",
        "/desk/deductions/{deduction_id}",
        "/desk/deductions/{deduction_id}/{deed}",
        "/desk/meetings",
        "/desk/meetings/{meeting_id}",
        "/desk/meetings/{meeting_id}/minutes.docx",
        "/desk/meetings/{meeting_id}/{deed}",
        "/desk/upward-reports",
        "/desk/upward-reports/{report_id}",
        "/desk/upward-reports/{report_id}/proof.json",
        "/desk/upward-reports/{report_id}/{deed}",
        "/desk/joint-operations",
        "/desk/joint-operations/{operation_id}",
        "/desk/joint-operations/{operation_id}/{deed}",
        "/desk/campaigns",
        "/desk/campaigns/{campaign_id}",
        "/desk/campaigns/{campaign_id}/{deed}",
        "/desk/publicity",
        "/desk/publicity/{activity_id}",
        "/desk/publicity/{activity_id}/{deed}",
        "/desk/me/sign-in",
        "/desk/me/sign-in/factor",
        "/desk/me/sign-in/password",
        "/desk/obligations",
        "/desk/orders/{order_id}",
        "/desk/orders/{order_id}/{deed}",
        "/desk/parties/{party_id}",
        "/desk/parties/{party_id}/{deed}",
        "/desk/people",
        "/desk/people/new/invite",
        "/desk/people/{account_id}",
        "/desk/people/{account_id}/{deed}",
        "/desk/returns",
        "/desk/returns/{report_id}",
        "/desk/returns/{report_id}/{deed}",
        "/desk/rewards",
        "/desk/rewards/{reward_id}",
        "/desk/rewards/{reward_id}/payee",
        "/desk/rewards/{reward_id}/{deed}",
        "/desk/search",
        "/desk/vault",
        "/desk/vault/{tip_id}/{request_id}",
        "/desk/vault/{tip_id}/{request_id}/{deed}",
        "/desk/search/saved/{deed}",
        "/desk/tips/{tip_id}/words",
        "/desk/sign-out",
        "/desk/me",
        "/desk/tips/{tip_id}",
        "/desk/tips/{tip_id}/{deed}",
        "/desk/notices/{notice_id}/acknowledge",
        "/m",
        "/m/today",
        "/m/help",
        "/m/worker.js",
        "/m/shell",
        "/m/order",
        "/m/setup",
        "/m/authority.crt",
        "/m/visit/{rental_code}",
        "/desk/conflicts/{conflict_id}",
        "/desk/conflicts/{conflict_id}/{deed}",
        "/desk/visits/{visit_id}",
        "/desk/imports",
        "/desk/imports/try",
        "/desk/imports/profile",
        "/desk/imports/apply",
        "/desk/imports/{import_id}",
        "/desk/imports/{import_id}/undo",
        "/desk/photographs",
        "/desk/photographs/{photo_id}/settle",
        "/office",
        "/office/cards",
        "/office/returns",
        "/office/visits",
        "/office/sentences",
        "/office/policy",
        "/office/returns/{report_id}",
        "/office/supervision",
        "/office/supervision/new",
        "/office/supervision/preview",
        "/office/supervision/change",
        "/office/supervision/{order_id}/review",
        "/ops",
        "/ops/parked/{parked_id}",
        "/ops/parked/{parked_id}/{deed}",
        "/developers",
        "/developers/steps",
        "/developers/keys",
        "/developers/keys/{client_id}/revoke",
        "/desk/warnings",
        "/desk/warnings/{warning_id}",
        "/desk/warnings/{warning_id}/{deed}",
        "/developers/webhooks",
        "/developers/webhooks/{hook_id}",
        "/developers/webhooks/{hook_id}/{deed}",
        "/ops/mailbox",
    ),
    "/static/{digest}/{name:path}",
}
NOT_DESCRIBED = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/problems",
    "/problems/{code}",
    "/schemas",
    "/schemas/{name}",
    "/docs",
    "/redoc",
    *PAGES,
}
DESIGN_PATHS = """
post /v1/tips/{tip_id}/vault/requests · get /v1/tips/{tip_id}/vault/requests/{request_id}
post /v1/tips/{tip_id}/vault/requests/{request_id}/decide · post /v1/tips/{tip_id}/vault/requests/{request_id}/withdraw
get /v1/rewards · get /v1/rewards/{reward_id} · post /v1/rewards/{reward_id}/propose
post /v1/rewards/{reward_id}/decide · get /v1/rewards/{reward_id}/payee · post /v1/rewards/{reward_id}/stop
get /v1/rewards/{reward_id}/order · post /v1/rewards/{reward_id}/pay
post /v1/tips/attachments · get /v1/tips/{tip_id}/attachments/{number}
post /v1/tips/{tip_id}/unmask · get /v1/tips/{tip_id}/words · get /v1/unmaskings
get /v1/feedback
get /v1/search · get /v1/search/numbers · get /v1/saved-searches · post /v1/saved-searches
get /v1/saved-searches/{saved_search_id} · get /v1/saved-searches/{saved_search_id}/tips
post /v1/saved-searches/{saved_search_id}/change · delete /v1/saved-searches/{saved_search_id}
get /v1/tips/{tip_id}/similar · get /v1/tips/{tip_id}/links · post /v1/tips/{tip_id}/links
post /v1/tips/{tip_id}/links/{bond_id}/undo
get /v1/vault/requests · get /v1/ops/vault-keys
get /v1/retention · get /v1/retention/preview · get /v1/retention/holds · post /v1/retention/holds
delete /v1/retention/holds/{noun}/{item_id} · get /v1/retention/runs · post /v1/retention/runs
get /v1/retention/runs/{run_id} · post /v1/retention/runs/{run_id}/decide
get /v1/retention/runs/{run_id}/certificate
post /v1/tips/{tip_id}/alarm · post /v1/major-events · get /v1/major-events · get /v1/major-events/{event_id}
post /v1/major-events/{event_id}/supplement
post /v1/meetings · get /v1/meetings · get /v1/meetings/{meeting_id} · post /v1/meetings/{meeting_id}/cancel
post /v1/meetings/{meeting_id}/items · post /v1/meetings/{meeting_id}/items/{item_id}
post /v1/meetings/{meeting_id}/attendance · post /v1/meetings/{meeting_id}/decisions
post /v1/meetings/{meeting_id}/close · get /v1/meetings/{meeting_id}/minutes.docx
get /v1/meeting-decisions · get /v1/meeting-decisions/{decision_id} · post /v1/meeting-decisions/{decision_id}/done
post /v1/meeting-decisions/{decision_id}/reopen
post /v1/publicity · get /v1/publicity · get /v1/publicity/year · get /v1/publicity/{activity_id}
post /v1/publicity/{activity_id}/withdraw
get /v1/plan/policy/versions · get /v1/plan/policy/differences
get /v1/figures/tips · get /v1/figures/visits
get /v1/outside-messages · post /v1/outside-messages/{delivery_id}/report
post /v1/outside-messages/{delivery_id}/retry
get /v1/warnings · post /v1/warnings · get /v1/warnings/{warning_id} · post /v1/warnings/{warning_id}/publish
post /v1/warnings/{warning_id}/withdraw · get /v1/public/warnings · get /v1/public/warnings.atom
get /v1/campaigns · post /v1/campaigns · get /v1/campaigns/plan · get /v1/campaigns/{campaign_id}
post /v1/campaigns/{campaign_id}/text · post /v1/campaigns/{campaign_id}/approve
post /v1/campaigns/{campaign_id}/withdraw · post /v1/campaigns/{campaign_id}/sends/{carrier}/take
post /v1/campaigns/{campaign_id}/sends/{carrier}/proof · post /v1/campaigns/{campaign_id}/sends/{carrier}/send-back
get /v1/webhooks · post /v1/webhooks · delete /v1/webhooks/{hook_id} · post /v1/webhooks/{hook_id}/rotate
post /v1/webhooks/{hook_id}/test · post /v1/webhooks/{hook_id}/replay · get /v1/webhooks/{hook_id}/deliveries
get /v1/clients · post /v1/clients · delete /v1/clients/{client_id} · get /v1/clients/{client_id}/calls
post /v1/tips · get /v1/tips · get /v1/tips/{tip_id} · post /v1/tips/{tip_id}/dispatch · post /v1/tips/{tip_id}/accept
post /v1/tips/{tip_id}/return · post /v1/tips/{tip_id}/verify · post /v1/tips/{tip_id}/close
post /v1/tips/{tip_id}/informant-told
post /v1/tips/{tip_id}/clock-changes · post /v1/tips/{tip_id}/clock-changes/{change_id}/decide
post /v1/tips/{tip_id}/messages · put /v1/rentals/{rental_code} · get /v1/rentals · get /v1/rentals/{rental_code}
post /v1/imports · get /v1/imports · get /v1/imports/{import_id} · get /v1/imports/{import_id}/errors
get /v1/imports/{import_id}/errors.csv · post /v1/imports/{import_id}/undo · get /v1/import-profiles
get /v1/import-profiles/{name} · put /v1/import-profiles/{name}
post /v1/rentals/{rental_code}/grade · get /v1/visit-plan · post /v1/visits · get /v1/visits/{visit_id}
get /v1/visit-round
get /v1/where/{item_id}
get /v1/visit-plan/month · get /v1/visit-plan/missed · get /v1/visit-plan/coverage
put /v1/visits/{visit_id}/photographs/{photo_id} · get /v1/visits/{visit_id}/photographs/{photo_id}
get /v1/visits/{visit_id}/photographs · get /v1/stray-photographs
post /v1/stray-photographs/{photo_id}/settle
put /v1/visits/{visit_id}/edits/{edit_id} · put /v1/visits/{visit_id}/help · get /v1/visit-conflicts
get /v1/visit-conflicts/{conflict_id} · post /v1/visit-conflicts/{conflict_id}/decision
post /v1/cases · get /v1/cases · get /v1/cases/{case_id} · post /v1/cases/{case_id}/measures
post /v1/cases/{case_id}/evidence/files · post /v1/cases/{case_id}/evidence · get /v1/cases/{case_id}/evidence
get /v1/evidence/{evidence_id} · post /v1/evidence/{evidence_id}/view · post /v1/evidence/{evidence_id}/copy
post /v1/evidence/{evidence_id}/seal · post /v1/evidence/{evidence_id}/hand-over
post /v1/evidence/{evidence_id}/return · post /v1/evidence/{evidence_id}/receive
post /v1/evidence/{evidence_id}/decline · post /v1/evidence/{evidence_id}/take-back
post /v1/evidence/{evidence_id}/destroy · post /v1/evidence/{evidence_id}/destroy/decide
post /v1/evidence/{evidence_id}/check
get /v1/tasks · post /v1/cases/{case_id}/tasks · post /v1/cases/{case_id}/tasks/{task_id}/complete
post /v1/cases/{case_id}/tasks/{task_id}/drop · post /v1/cases/{case_id}/reopen
get /v1/cases/{case_id}/timeline · post /v1/cases/{case_id}/bundle
post /v1/cases/{case_id}/close · post /v1/cases/{case_id}/parties · get /v1/cases/{case_id}/parties
get /v1/parties/{party_id} · post /v1/parties/{party_id}/confirm · post /v1/parties/{party_id}/clear
post /v1/parties/{party_id}/correct · post /v1/parties/{party_id}/unmask
post /v1/criminal-referrals · get /v1/criminal-referrals
get /v1/criminal-referrals/{referral_id}/receipt
get /v1/criminal-referrals/{referral_id} · post /v1/criminal-referrals/{referral_id}/decide
post /v1/criminal-referrals/{referral_id}/send · post /v1/criminal-referrals/{referral_id}/accept
post /v1/criminal-referrals/{referral_id}/supplement-request · post /v1/criminal-referrals/{referral_id}/supplement
post /v1/criminal-referrals/{referral_id}/answer · post /v1/criminal-referrals/{referral_id}/complete
post /v1/criminal-referrals/{referral_id}/forward · post /v1/criminal-referrals/{referral_id}/reconsideration
post /v1/criminal-referrals/{referral_id}/reconsideration-decision
post /v1/criminal-referrals/{referral_id}/supervision · post /v1/criminal-referrals/{referral_id}/take-back
post /v1/transfers · get /v1/transfers · get /v1/transfers/{transfer_id} · get /v1/transfers/{transfer_id}/receipt
post /v1/transfers/{transfer_id}/accept · post /v1/transfers/{transfer_id}/refuse
post /v1/transfers/{transfer_id}/resend · post /v1/transfers/{transfer_id}/arbitrate
post /v1/upward-reports · get /v1/upward-reports · get /v1/upward-reports/{report_id}
get /v1/upward-reports/{report_id}/proof · post /v1/upward-reports/{report_id}/sent
post /v1/upward-reports/{report_id}/received
post /v1/joint-operations · get /v1/joint-operations · get /v1/joint-operations/{operation_id}
post /v1/joint-operations/{operation_id}/revise · post /v1/joint-operations/{operation_id}/promise
post /v1/joint-operations/{operation_id}/activate · post /v1/joint-operations/{operation_id}/arrive
post /v1/joint-operations/{operation_id}/stand-down · post /v1/joint-operations/{operation_id}/correct-results
post /v1/joint-operations/{operation_id}/cancel · post /v1/joint-operations/{operation_id}/follow-ups
post /v1/assistance · get /v1/assistance · get /v1/assistance/{assistance_id}
post /v1/assistance/{assistance_id}/accept · post /v1/assistance/{assistance_id}/refuse
post /v1/assistance/{assistance_id}/answer
get /v1/plan/clauses · get /v1/obligations · get /v1/stage-reports · get /v1/stage-reports/{report_id}/draft
post /v1/stage-reports/{report_id}/file · get /v1/notices · get /v1/notices/{notice_id}
post /v1/notices/{notice_id}/acknowledge · get /v1/deliveries · get /v1/ops/processes
get /v1/ops/parked · get /v1/ops/parked/{parked_id}
get /v1/supervision-orders · post /v1/supervision-orders · post /v1/supervision-orders/to-late
get /v1/supervision-orders/near-due · get /v1/supervision-orders/{order_id}
post /v1/supervision-orders/{order_id}/answer · post /v1/supervision-orders/{order_id}/review
post /v1/tips/{tip_id}/supervision-orders · get /v1/accountability-tools · post /v1/accountability-tools
get /v1/accountability-tools/{tool_id} · post /v1/accountability-tools/{tool_id}/state
post /v1/accountability-tools/{tool_id}/decide · post /v1/accountability-tools/{tool_id}/end
get /v1/bulletins · post /v1/bulletins · get /v1/bulletins/figures · get /v1/bulletins/templates
get /v1/bulletins/{bulletin_id}.docx · get /v1/bulletins/{bulletin_id} · post /v1/bulletins/{bulletin_id}/issue
get /v1/readiness · get /v1/assessment · get /v1/assessment/folder.zip · post /v1/assessment/findings
post /v1/assessment/findings/{finding_id}/withdraw · get /v1/assessment/deductions
get /v1/assessment/deductions/{deduction_id} · post /v1/assessment/deductions/{deduction_id}/state
post /v1/assessment/deductions/{deduction_id}/decide · post /v1/assessment/deductions/{deduction_id}/withdraw
get /v1/plan/policy · get /v1/plan/policy/{file} · post /v1/plan/policy/simulate
post /v1/plan/policy/migrations · get /v1/ops/audit/head · get /v1/audit/heads
get /v1/audit/entries · get /v1/audit/reads · get /v1/audit/unusual · get /v1/me/permissions · get /v1/permissions
get /v1/accounts · post /v1/accounts · post /v1/accounts/{account_id}/invitation · post /v1/accounts/{account_id}/duties
post /v1/accounts/{account_id}/acting · post /v1/accounts/{account_id}/acting/{acting_id}/end
get /v1/accounts/{account_id}/held · post /v1/accounts/{account_id}/hand-over · get /v1/hand-overs/{hand_over_id}
post /v1/ops/parked/{parked_id}/replay · post /v1/ops/parked/{parked_id}/bury
"""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    document: dict[str, Any] = build(tmp_path_factory.mktemp("gateway")).app.openapi()
    return document


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def test_every_door_needs_a_scope_or_is_listed_as_public(described: dict[str, Any]) -> None:
    public = set()
    for method, path, operation in operations_of(described):
        schemes = {name for each in operation.get("security", []) for name in each}
        assert ((method, path) in OWN) == ("person" in schemes), (method, path)
        needed = [scope for each in operation.get("security", []) for scope in each.get("agency", [])]
        if not needed:
            public |= {(method, path)} - OWN - BY_KIND
            continue
        assert len(needed) == 1, path
        assert needed[0] in SCOPES
        assert needed[0].endswith(":read") == (method == "get"), (method, path, needed)
    assert public == PUBLIC | OPEN311 | SIGNING_IN


def test_every_path_of_the_design_that_the_desks_serve_is_there(described: dict[str, Any]) -> None:
    wanted = {tuple(each.split()) for line in DESIGN_PATHS.strip().splitlines() for each in line.split(" · ")}
    there = {(method, path) for method, path, _ in operations_of(described)}
    assert there == wanted | PUBLIC | OPEN311 | SIGNING_IN | OWN


@pytest.mark.criterion("2.2")
def test_no_address_of_ours_holds_a_receipt_code(described: dict[str, Any]) -> None:
    for method, path, operation in operations_of(described):
        for each in operation.get("parameters", []):
            tells = "receipt" in each["name"].lower()
            assert not tells or each["in"] == "header", f"{method} {path}"
        assert not path.startswith("/v1/public/") or "{" not in path, path


def test_no_undescribed_door_but_the_known_ones(tmp_path: Path) -> None:
    app = build(tmp_path).app
    found = set()
    for area in app.routes:
        for route in getattr(getattr(area, "original_router", area), "routes", [area]):
            if isinstance(route, APIRoute) and not route.include_in_schema:
                found.add(route.path)
    assert found == NOT_DESCRIBED


@pytest.mark.criterion("14.2")
def test_every_write_takes_an_idempotency_key_and_every_decision_a_version(described: dict[str, Any]) -> None:
    for method, path, operation in operations_of(described):
        headers = {each["name"] for each in operation.get("parameters", []) if each["in"] == "header"}
        if method != "get" and (method, path) not in {("post", "/oauth/token"), *SIGNING_IN, *OWN}:
            assert "Idempotency-Key" in headers, path
        if path.endswith(("/accept", "/decide", "/close", "/verify", "/dispatch", "/return", "/grade", "/file")):
            assert "If-Match" in headers, path


def test_every_refusal_is_described_as_a_problem_document(described: dict[str, Any]) -> None:
    for method, path, operation in operations_of(described):
        shape = {"application/json", "text/xml"} if (method, path) in OPEN311 else {"application/problem+json"}
        assert set(operation["responses"]["default"]["content"]) == shape, path
        assert "422" not in operation["responses"]
        assert operation["summary"]
        assert operation["description"]
    schemas = described["components"]["schemas"]
    assert {"type", "title", "status", "detail", "code", "clause", "retryable"} <= set(
        schemas["ProblemDocument"]["properties"]
    )
    assert "HTTPValidationError" not in schemas
    assert set(described["x-problem-codes"]) == set(words().problems)


def test_the_description_holds_together(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    names = set(described["components"]["schemas"])
    for reference in references(described):
        assert reference.startswith("#/components/schemas/")
        assert reference.rsplit("/", 1)[1] in names
    identifiers = [operation["operationId"] for _, _, operation in operations_of(described)]
    assert len(identifiers) == len(set(identifiers))


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref":
                yield each
            else:
                yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def raised_codes() -> dict[str, str]:
    """Every code that any door of ours can answer with: the first argument of an error that is raised or made."""
    kinds = {
        *("Refused", "NotFound", "Conflict", "Forbidden", "Malformed", "RuleBroken"),
        *("Unavailable", "StoreDown", "BrokerDown", "TimedOut", "TooBusy", "SpoolFull"),
        *("BadRequest", "NotKnown", "NotAllowed", "NoSuchThing", "Taken", "TooLong", "WrongType", "Unusable"),
        *("TooMany", "HeadersTooLong", "UnreadableBody"),
    }
    found: dict[str, str] = {}
    folders = ("gateway", "services", "lianxi/bus", "lianxi/greenroom", "lianxi/store", "lianxi/contracts")
    for file in (each for folder in folders for each in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found[first.value] = str(file.relative_to(ROOT))
    return found


def test_every_code_says_what_happened_and_what_to_do() -> None:
    silent = {code: where for code, where in raised_codes().items() if code not in words().problems}
    assert silent == {}
    for wording in (*words().problems.values(), *words().kinds.values()):
        for said in (wording.what, wording.to_do):
            assert any("\u4e00" <= letter <= "\u9fff" for letter in said.zh), wording.code
            assert said.en.isascii(), wording.code


def test_every_code_has_a_page(tmp_path: Path) -> None:
    http = build(tmp_path).http
    for code in words().problems:
        page = http.get(f"/problems/{code}")
        assert page.status_code == 200
        assert code in page.text
    assert http.get("/problems/nothing.known").status_code == 404
    assert "<script" not in http.get("/problems").text


def test_the_docs_ask_nobody_else_for_anything(tmp_path: Path) -> None:
    http = build(tmp_path).http
    for path in ("/docs", "/redoc"):
        text = http.get(path).text
        assert "http://" not in text
        assert "https://" not in text
    for file in ("swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js", "favicon.png"):
        assert http.get(f"/static-docs/{file}").status_code == 200


@pytest.mark.parametrize(
    ("body", "contract", "from_elsewhere"),
    [
        (bodies.Dispatch, tips.DispatchTip, {"tip_id", "expected_version"}),
        (bodies.Return, tips.ReturnTip, {"tip_id", "expected_version"}),
        (bodies.Verification, tips.VerifyTip, {"tip_id", "expected_version"}),
        (bodies.Closing, tips.CloseTip, {"tip_id", "expected_version"}),
        (bodies.Telling, tips.TellInformant, {"tip_id", "expected_version"}),
        (bodies.ClockAsking, clocks.AskClockChange, {"item_id", "expected_version"}),
        (bodies.ClockDecision, clocks.DecideClockChange, {"item_id", "change_id", "expected_version"}),
        (bodies.Rental, inspections.RegisterRental, {"rental_code"}),
        (bodies.Grading, inspections.GradeRental, {"rental_code", "expected_version"}),
        (visit_bodies.Visit, inspections.RecordVisit, {"submitted_by", "received_at", "areas"}),
        (bodies.NewCase, cases.OpenCase, set()),
        (bodies.TakenMeasure, cases.RecordMeasure, {"case_id", "expected_version"}),
        (bodies.CaseClosing, cases.CloseCase, {"case_id", "expected_version"}),
        (bodies.ReferralPaper, cases.Paper, set()),
        (bodies.NewReferral, cases.DraftReferral, set()),
        (bodies.ReferralDecision, cases.DecideReferral, {"referral_id", "expected_version"}),
        (bodies.ReferralAcceptance, cases.AcceptReferral, {"referral_id", "expected_version"}),
        (bodies.MissingPapers, cases.RequestSupplement, {"referral_id", "expected_version"}),
        (bodies.Supplement, cases.SupplementReferral, {"referral_id", "expected_version"}),
        (bodies.ReferralAnswer, cases.AnswerReferral, {"referral_id", "expected_version"}),
        (bodies.ReferralAnswer, cases.DecideReconsideration, {"referral_id", "expected_version"}),
        (bodies.PassingOn, cases.ForwardReferral, {"referral_id", "expected_version"}),
        (bodies.Reasons, cases.RequestReconsideration, {"referral_id", "expected_version"}),
        (bodies.Reasons, cases.SuggestSupervision, {"referral_id", "expected_version"}),
        (transfer_bodies.NewTransfer, transfers.SendTransfer, set()),
        (transfer_bodies.TransferAcceptance, transfers.AcceptTransfer, {"transfer_id", "expected_version"}),
        (transfer_bodies.TransferRefusing, transfers.RefuseTransfer, {"transfer_id", "expected_version"}),
        (transfer_bodies.TransferResending, transfers.ResendTransfer, {"transfer_id", "expected_version"}),
        (transfer_bodies.TransferArbitration, transfers.ArbitrateTransfer, {"transfer_id", "expected_version"}),
        (joint_operation_bodies.JointOperationPlan, joint_operations.PlanJointOperation, set()),
        (joint_operation_bodies.Place, joint_operations.TargetPlace, set()),
        (joint_operation_bodies.Promise, joint_operations.PromiseForce, {"operation_id", "expected_version"}),
        (joint_operation_bodies.Command, joint_operations.ActivateJointOperation, {"operation_id", "expected_version"}),
        (joint_operation_bodies.Arrival, joint_operations.ReportArrival, {"operation_id", "expected_version"}),
        (joint_operation_bodies.Counted, joint_operations.Results, set()),
        (joint_operation_bodies.Following, joint_operations.FollowUp, {"operation_id", "expected_version"}),
        (upward_report_bodies.UpwardReportBody, upward_reports.WriteUpwardReport, set()),
        (upward_report_bodies.Sending, upward_reports.RecordSending, {"report_id", "expected_version"}),
        (upward_report_bodies.Confirmation, upward_reports.RecordReceipt, {"report_id", "expected_version"}),
        (bodies.HelpWanted, cases.RequestAssistance, set()),
        (bodies.HelpRefused, cases.RefuseAssistance, {"assistance_id", "expected_version"}),
        (bodies.HelpGiven, cases.AnswerAssistance, {"assistance_id", "expected_version"}),
        (bodies.StageReport, reporting.FileStageReport, {"report_id", "expected_version"}),
        (bodies.NewOrder, reporting.IssueOrder, set()),
        (bodies.TipOrder, reporting.IssueOrder, {"about"}),
        (bodies.OrdersToLate, reporting.IssueOrdersToLate, set()),
        (bodies.OrderAnswer, reporting.AnswerOrder, {"order_id", "expected_version"}),
        (bodies.OrderReview, reporting.ReviewOrder, {"order_id", "expected_version"}),
        (bodies.ToolProposal, reporting.ProposeTool, set()),
        (bodies.ToolStatement, reporting.StateOnTool, {"tool_id", "expected_version"}),
        (bodies.ToolDecision, reporting.DecideTool, {"tool_id", "expected_version"}),
        (bodies.ToolEnding, reporting.EndTool, {"tool_id", "expected_version"}),
        (reward_bodies.RewardProposal, rewards.ProposeReward, {"reward_id", "expected_version"}),
        (reward_bodies.RewardDecision, rewards.DecideReward, {"reward_id", "expected_version"}),
        (reward_bodies.RewardStop, rewards.StopReward, {"reward_id", "expected_version"}),
        (reward_bodies.RewardPayment, rewards.PayReward, {"reward_id", "expected_version"}),
        (bodies.Migration, operations.MigrateItems, set()),
        (bodies.Burial, operations.BuryParked, {"parked_id"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_body_and_its_path_say_exactly_what_the_contract_wants(
    body: type[bodies.Body], contract: Any, from_elsewhere: set[str]
) -> None:
    assert {field.name for field in dataclasses.fields(contract)} == set(body.model_fields) | from_elsewhere
