"""The public description of the door: every refusal is a problem document, every code is listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.problems import MEDIA_TYPE, ProblemDocument
from gateway.rights import cut_fields
from gateway.routes import add_routes
from gateway.wording import words
from lianxi import __version__

_PROBLEM = {
    "description": "No, or not now; `code` says why and `detail` what to do",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
}
_TAGS = (
    ("public", "For everybody, without an account"),
    ("open311", "GeoReport v2 for everybody: reports in public categories, and how those stand that are to be seen"),
    ("tips", "受理: tips and their dialogue"),
    ("inspections", "巡查: rentals and visits"),
    ("cases", "办案: cases and criminal referrals"),
    ("reporting", "通报考核: the plan's sentences and stage reports"),
    ("notifications", "告知: notices and their acknowledgement"),
    ("operators", "What stopped, and where letters are"),
    ("people", "Officials: signing in, accounts, standing in, handing over"),
    ("tokens", "Client credentials"),
)


def describe(app: FastAPI) -> dict[str, Any]:
    """Write the OpenAPI document, once."""
    if app.openapi_schema is None:
        app.openapi_schema = _description(app)
    return app.openapi_schema


def interface() -> dict[str, Any]:
    """Describe the interface without a house behind it; nothing is opened for it."""
    app = FastAPI(title="Lianxi 联席", version=__version__)
    add_routes(app)
    return _description(app)


def _description(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS],
    )
    schemas: dict[str, Any] = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    # The code stays an open text: a client must live with codes that come later.
    problem["properties"]["code"]["examples"] = ["request.invalid"]
    schemas["ProblemDocument"] = problem
    rights = dict(_rights(app))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if (method.upper(), path) in rights:
                operation["x-right"] = rights[method.upper(), path]
            operation["responses"].pop("422", None)
            operation["responses"].setdefault("default", _PROBLEM)
    for name, missing in cut_fields().items():
        # Whoever may know of an item without seeing all of it gets an answer in which these fields are not there.
        if name in schemas:
            schemas[name]["required"] = [each for each in schemas[name].get("required", ()) if each not in missing]
    document["x-problem-codes"] = {code: wording.what.en for code, wording in sorted(words().problems.items())}
    return document


def _rights(app: FastAPI) -> Iterator[tuple[tuple[str, str], str]]:
    """Name the right that each route needs, as its own dependencies have it."""
    for area in app.routes:
        for route in getattr(getattr(area, "original_router", area), "routes", [area]):
            for needed in getattr(getattr(route, "dependant", None), "dependencies", ()):
                if right := getattr(needed.call, "right", None):
                    yield from (((method, route.path), right) for method in route.methods)
