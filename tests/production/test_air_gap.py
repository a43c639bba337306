"""After install nothing needs the network, and nothing tries to reach it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lus_assets.warehouse.project import DBT_PROJECT, ROOT
from tests.needs import needs_program
from tests.pipeline.command import LUS

NETWORK = re.compile(r"sa_family=AF_(?!UNIX|NETLINK|UNSPEC)\w+.*")
CALLS = "trace=connect,sendto,sendmsg,sendmmsg"


def run_cut_off(folder: Path, *command: object) -> tuple[int, str, list[str]]:
    """A command in a network namespace without network: status, words, tries to reach out."""
    watched = folder / "calls"
    home = folder / "user"
    home.mkdir()
    surroundings = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    done = subprocess.run(
        [
            *("unshare", "--net", "strace", "-f", "--seccomp-bpf", "-qq", "-e", CALLS),
            *("-o", str(watched), *map(str, command)),
        ],
        # a user without settings: whatever is switched off, our files switch off
        env={**surroundings, "HOME": str(home), "PYTHONPATH": str(ROOT)},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, NETWORK.findall(watched.read_text(errors="replace"))


watching = [
    pytest.mark.slow,
    needs_program("strace"),
    needs_program("unshare"),
    pytest.mark.skipif(os.geteuid() != 0, reason="not run: a network namespace needs root"),
]


@pytest.mark.parametrize("_watched", [pytest.param(None, marks=watching)])
def test_a_try_to_leave_is_seen(_watched: None, tmp_path: Path) -> None:
    script = "import socket; socket.create_connection(('192.0.2.1', 80))"
    status, _, tries = run_cut_off(tmp_path, sys.executable, "-c", script)
    assert status != 0, "there is a network"
    assert any("192.0.2.1" in each for each in tries)


@pytest.mark.parametrize("_watched", [pytest.param(None, marks=watching)])
@pytest.mark.promise(
    "The whole demo runs without a network and does not try to reach one",
    area="Production",
    how="a network namespace without interfaces; every connect and send of every process watched",
)
def test_the_demo_runs_cut_off_and_tries_nothing(
    _watched: None, tmp_path: Path, figures: dict[str, object]
) -> None:
    status, said, tries = run_cut_off(
        tmp_path, LUS, "demo", "--home", tmp_path / "demo", "--population", 20_000
    )
    assert status == 0, said[-3000:]
    assert "Where to look" in said
    assert tries == []
    figures["tries to leave"] = len(tries)
    releases = list((tmp_path / "demo" / "home" / "published" / "statistics").glob("*/v1"))
    assert len(releases) == 3


def test_telemetry_is_off_in_files() -> None:
    for file in (ROOT / "dagster.yaml", ROOT / "deploy" / "dagster.yaml"):
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert settings["telemetry"] == {"enabled": False}
        assert settings["nux"] == {"enabled": False}
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["flags"]["send_anonymous_usage_stats"] is False
    profiles = yaml.safe_load((DBT_PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    options = profiles["lus"]["outputs"]["duckdb"]["config_options"]
    assert options["autoinstall_known_extensions"] == "false"
    assert options["autoload_known_extensions"] == "false"
