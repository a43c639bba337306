"""The production setup: units, compose file, and the services themselves with PostgreSQL."""

import json
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from lus_assets.core.home import Home
from lus_assets.publishing.marts import marts_hash
from lus_assets.warehouse.dbt_runner import prepare_manifest
from lus_assets.warehouse.project import ROOT
from tests.needs import needs_program
from tests.oracle.landing_strategy import nasty_landing
from tests.postgres import PASSWORD, Cluster, needs_postgres, running_cluster
from tests.production.services import (
    BIN,
    DATABASE_PASSWORD,
    DATABASE_ROLE,
    DEPLOY,
    Services,
)

UNITS = sorted((DEPLOY / "systemd").glob("*.service")) + sorted(
    (DEPLOY / "systemd").glob("*.timer")
)


@pytest.mark.slow
@needs_program("systemd-analyze")
@pytest.mark.promise(
    "systemd units and compose file are valid", area="Production",
    how="systemd-analyze verify; a parser of the compose specification",
)  # fmt: skip
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/lus/.venv/bin", str(BIN))
        (tmp_path / unit.name).write_text(text.replace("/opt/lus", str(ROOT)), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(UNITS) >= 7


def test_every_service_runs_without_rights_that_it_does_not_need() -> None:
    for unit in (each for each in UNITS if each.suffix == ".service"):
        lines = unit.read_text(encoding="utf-8").splitlines()
        for wanted in ("User=lus", "NoNewPrivileges=yes", "UMask=0077", "LimitCORE=0"):
            assert wanted in lines, f"{unit.name} lacks {wanted}"
        assert "ProtectSystem=strict" in lines
        assert not any("0.0.0.0" in line for line in lines), "nothing listens beyond loopback"  # noqa: S104


@pytest.mark.promise(
    "systemd units and compose file are valid", area="Production",
    how="systemd-analyze verify; a parser of the compose specification",
)  # fmt: skip
def test_the_compose_file_is_one_and_opens_loopback_only() -> None:
    from compose_spec import PyCompose

    file = DEPLOY / "compose" / "compose.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    parsed = PyCompose.from_json(json.dumps(content))  # raises where the specification is not kept
    assert set(parsed.service_names()) == {"database", "code", "daemon", "web", "viewer"}
    services = content["services"]
    for name, service in services.items():
        assert service["healthcheck"], f"{name} has no health check"
        ports = service.get("ports", [])
        assert all(port.startswith("127.0.0.1:") for port in ports), f"{name} opens {ports}"
        if name != "database":
            assert service["read_only"]
            assert service["cap_drop"] == ["ALL"]


def test_every_rule_for_prometheus_has_a_runbook_and_asks_for_metrics_that_there_are() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "runbooks" / "alerts.md").read_text(encoding="utf-8")
    sections = {line.removeprefix("## ").strip("`") for line in page.splitlines() if "## " in line}
    code = (ROOT / "lus_assets" / "operations" / "metrics.py").read_text(encoding="utf-8")
    asked = [rule for group in rules["groups"] for rule in group["rules"]]
    assert asked
    for rule in asked:
        assert rule["labels"]["runbook"] in sections
        metrics = {word for word in rule["expr"].replace("(", " ").split() if "lus_" in word}
        assert metrics
        for metric in metrics:
            name = metric.split("{")[0].split("[")[0].rstrip(")")
            assert f'"{name}"' in code, f"{rule['alert']} asks for {name}"


def test_production_keeps_what_protects_the_one_writer() -> None:
    shipped, production = (
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (ROOT / "dagster.yaml", DEPLOY / "dagster.yaml")
    )
    assert production["concurrency"]["runs"] == {"max_concurrent_runs": 1}
    for name in ("telemetry", "nux", "run_monitoring", "retention"):
        assert production[name] == shipped[name]
    assert production["concurrency"]["pools"] == shipped["concurrency"]["pools"]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        with psycopg.connect(running.url(), password=PASSWORD, autocommit=True) as connection:
            connection.execute(f"create role {DATABASE_ROLE} login password '{DATABASE_PASSWORD}'")
        yield running


def make_database(cluster: Cluster, name: str) -> None:
    with psycopg.connect(cluster.url(), password=PASSWORD, autocommit=True) as connection:
        connection.execute(f"create database {name} owner {DATABASE_ROLE}")
        connection.execute(f"revoke all on database {name} from public")


def ask(port: int, question: str, **variables: object) -> dict[str, Any]:
    import requests

    answer = requests.post(
        f"http://127.0.0.1:{port}/graphql",
        json={"query": question, "variables": variables},
        timeout=120,
    )
    return answer.json()


PLACE = {"repositoryName": "__repository__", "repositoryLocationName": "lus"}
START_SENSOR = """mutation($at: SensorSelector!) { startSensor(sensorSelector: $at) {
  __typename ... on Sensor { sensorState { status } } ... on PythonError { message } } }"""
RUNS = "{ runsOrError(limit: 20) { ... on Runs { results { runId jobName status } } } }"
LAUNCH = """mutation($at: JobOrPipelineSelector!) { launchRun(executionParams:
  {selector: $at, runConfigData: {}}) { __typename ... on LaunchRunSuccess { run { runId } } } }"""


def runs(services: Services, job: str) -> list[str]:
    found = ask(services.web_port, RUNS)["data"]["runsOrError"]["results"]
    return [each["status"] for each in found if each["jobName"] == job]


def start_all(services: Services, *pages: str) -> None:
    socket = services.root / "run" / "code.sock"
    services.start("lus-code")
    services.wait_for("the code server's socket", socket.exists)
    check = (BIN / "dagster", "api", "grpc-health-check", "--socket", socket)
    services.wait_for("the code server", lambda: services.run(*check).returncode == 0)
    for name in (*pages, "lus-daemon"):
        services.start(name)
    for port in (services.web_port, services.viewer_port)[: len(pages)]:
        services.wait_for("a page", lambda port=port: services.page_answers(port))


@pytest.mark.slow
@needs_postgres
@pytest.mark.promise(
    "Production setup: a delivery becomes a run that ends green; backup and restore give the same",
    area="Production",
    how="the units' commands as processes, Debian's PostgreSQL; into a new home and database",
)
def test_services_run_a_delivery_are_backed_up_and_brought_back(
    cluster: Cluster, tmp_path: Path, figures: dict[str, object]
) -> None:
    prepare_manifest()
    nasty = nasty_landing(17, "01")
    nasty.write_landing(tmp_path / "landing")
    make_database(cluster, "dagster")
    with (
        tempfile.TemporaryDirectory(prefix="lus-", dir="/tmp") as first,
        tempfile.TemporaryDirectory(prefix="lus-", dir="/tmp") as second,
    ):
        services = Services(Path(first), cluster, "dagster", tmp_path / "landing")
        services.install()
        start_all(services, "lus-web", "lus-viewer")
        try:
            a_delivery_becomes_a_run(services)
            viewers_only_look(services)
            alive = services.run(BIN / "dagster-daemon", "liveness-check")
            assert alive.returncode == 0, alive.stderr
            made = marts_hash(Home(services.home).published / "bi" / "lus.duckdb")
            kept = services.run(ROOT / "deploy" / "backup", tmp_path / "backup")
            assert kept.returncode == 0, kept.stderr
        finally:
            ended = services.stop()
        assert set(ended) <= {0, -15}, services.last_words()
        assert DATABASE_PASSWORD not in services.logs()
        brought_back = restored(cluster, tmp_path, Path(second))
        try:
            start_all(brought_back, "lus-web")
            assert set(runs(brought_back, "morning")) == {"SUCCESS"}
            launched = ask(brought_back.web_port, LAUNCH, at={**PLACE, "jobName": "marts"})
            assert launched["data"]["launchRun"]["__typename"] == "LaunchRunSuccess"
            brought_back.wait_for("a run", lambda: runs(brought_back, "marts") == ["SUCCESS"])
        finally:
            brought_back.stop()
        again = marts_hash(Home(brought_back.home).published / "bi" / "lus.duckdb")
        assert again == made
        figures["runs through the services"] = 2


def a_delivery_becomes_a_run(services: Services) -> None:
    at = {**PLACE, "sensorName": "new_deliveries"}
    started = ask(services.web_port, START_SENSOR, at=at)
    answer = started["data"]["startSensor"]
    assert answer["__typename"] == "Sensor", answer.get("message")

    def is_over() -> bool:
        found = runs(services, "morning")
        assert "FAILURE" not in found, services.last_words()
        return set(found) == {"SUCCESS"}

    services.wait_for("the morning run", is_over)


def viewers_only_look(services: Services) -> None:
    at = {**PLACE, "jobName": "marts"}
    refused = ask(services.viewer_port, LAUNCH, at=at)
    assert refused["data"]["launchRun"]["__typename"] == "UnauthorizedError"
    assert ask(services.viewer_port, RUNS)["data"]["runsOrError"]["results"]


def restored(cluster: Cluster, kept: Path, root: Path) -> Services:
    """The backup in a new home and a new database, on the same landing area."""
    (tar,) = (kept / "backup").glob("*.tar")
    (dump,) = (kept / "backup").glob("*.dagster")
    assert {stat.S_IMODE(each.stat().st_mode) for each in (tar, dump)} == {0o600}
    make_database(cluster, "restored")
    services = Services(root, cluster, "restored", kept / "landing")
    shutil.rmtree(services.home)
    done = services.run(BIN / "lus", "restore", "--home", services.home, tar)
    assert done.returncode == 0, done.stderr
    services.install()
    target = cluster.url("restored", DATABASE_ROLE)
    done = services.run("pg_restore", "--no-owner", "--dbname", target, dump)
    assert done.returncode == 0, done.stderr
    verified = services.run(BIN / "lus", "ledger", "verify", "--home", services.home)
    assert verified.returncode == 0, verified.stderr
    return services
