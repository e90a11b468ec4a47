"""Alerts watch metrics that exist, say what to do in both languages, and fire when they should."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from deploy.local.places import CHECKOUT
from lianxi.runtime import metrics
from tests.architecture.source import modules

FOLDER = CHECKOUT / "deploy" / "prometheus"
OURS = re.compile(r"\blianxi_[a-z0-9_]+")
LABEL = re.compile(r"(lianxi_[a-z0-9_]+)\{([^}]*)\}")
KINDS = (Counter, Gauge, Histogram)
SUFFIXES = ("_bucket", "_count", "_sum", "_created")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    assert program, "promtool is missing: apt-get install prometheus"
    return subprocess.run([program, *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)


def declared() -> dict[str, set[str]]:
    """Every metric of ours with its labels, as Prometheus sees it."""
    found = {}
    for value in vars(metrics).values():
        for family in value.collect() if isinstance(value, KINDS) else ():
            name = f"{family.name}_total" if family.type == "counter" else family.name
            found[name] = set(value._labelnames)
    return found


def base_name(name: str) -> str:
    return next((name.removesuffix(each) for each in SUFFIXES if name.endswith(each)), name)


def test_the_rules_are_valid() -> None:
    checked = promtool("check", "config", "deploy/prometheus/prometheus.yml")

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_alert_fires_when_it_should_and_is_silent_otherwise() -> None:
    tested = promtool("test", "rules", "deploy/prometheus/alerts.test.yml")

    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_is_tested_both_ways() -> None:
    cases = yaml.safe_load((FOLDER / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    names = {rule["alert"] for rule in rules()}
    fires = {test["alertname"] for case in cases for test in case["alert_rule_test"] if test["exp_alerts"]}
    silent = {test["alertname"] for case in cases for test in case["alert_rule_test"] if not test["exp_alerts"]}

    assert fires == silent == names


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_what_happened_and_what_to_do(rule: dict[str, Any]) -> None:
    said = rule["annotations"]

    assert set(said) == {"summary", "what_to_do", "what_to_do_zh", "runbook"}
    assert rule["labels"]["who"] in {"page", "office", "operators"}
    assert re.search(r"[\u4e00-\u9fff]{4}", said["what_to_do_zh"])
    page, _, anchor = said["runbook"].partition("#")
    headings = re.findall(r"^### (.+)$", (CHECKOUT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_watches_metrics_and_labels_that_are_declared(rule: dict[str, Any]) -> None:
    known = declared()

    assert {base_name(name) for name in OURS.findall(rule["expr"])} <= set(known)
    for name, labels in LABEL.findall(rule["expr"]):
        assert {each.partition("=")[0].strip(" !") for each in labels.split(",")} <= known[base_name(name)], name


def test_every_declared_metric_begins_with_the_product_s_name() -> None:
    assert all(name.startswith("lianxi_") for name in declared())


def test_every_declared_metric_is_set_somewhere() -> None:
    text = "\n".join(module.text for module in modules("lianxi", "services", "gateway"))
    objects = {name for name, value in vars(metrics).items() if isinstance(value, KINDS)}

    assert {name for name in objects if not re.search(rf"\bmetrics\.{name}\b|import .*\b{name}\b", text)} == set()


def test_labels_come_from_closed_sets() -> None:
    open_ended = {
        "id",
        "item",
        "name",
        "phone",
        "receipt",
        "path",
        "url",
        "event_id",
        "tip",
        "case",
        "actor",
        "village",
    }

    assert {name: labels & open_ended for name, labels in declared().items() if labels & open_ended} == {}


def test_prometheus_asks_every_process_where_it_answers() -> None:
    services = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    asked = {target for job in jobs for group in job["static_configs"] for target in group["targets"]}
    answering = {
        f"{name}:{row['environment'].get('LIANXI_GATEWAY_PORT') or row['environment']['LIANXI_METRICS_PORT']}"
        for name, row in services.items()
        if "build" in row
    }

    assert asked == answering | {"rabbitmq:15692"}
    assert "rabbitmq_prometheus" in (CHECKOUT / "deploy" / "docker" / "enabled_plugins").read_text(encoding="utf-8")
