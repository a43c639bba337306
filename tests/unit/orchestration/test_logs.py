"""What steps log never tells of a person, also where the handlers are Dagster's."""

import logging
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core.home import Home
from lus_assets.warehouse.dbt_runner import prepare_manifest
from orchestration import definitions
from orchestration.runner import Runner
from tests.unit.privacy.numbers import PERSONNUMMER


@dg.asset
def talkative(context: dg.AssetExecutionContext) -> None:
    context.log.info(f"read {PERSONNUMMER[0]}")
    logging.getLogger("some.library").warning("met %s", PERSONNUMMER[1])
    try:
        raise ValueError(PERSONNUMMER[2])
    except ValueError:
        context.log.exception("failed")


@pytest.mark.parametrize("way", ["code location", "command"])
def test_once_definitions_are_loaded_no_record_holds_a_person_id(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    prepare_manifest()
    monkeypatch.setattr(logging, "_logRecordFactory", logging.LogRecord)
    for name in ("LUS_HOME", "DAGSTER_HOME", "LUS_DAGSTER_STORAGE"):
        monkeypatch.setenv(name, str(tmp_path))
    if way == "command":
        Runner(Home(tmp_path), tmp_path, None)
    else:
        definitions.defs()
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([talkative], instance=instance)
        stored = [entry.user_message for entry in instance.all_logs(result.run_id)]
    told = "\n".join([*stored, caplog.text])
    assert "read [person id]" in told
    assert "met [person id]" in told
    assert not [number for number in PERSONNUMMER if number in told]
