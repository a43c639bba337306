"""The doctor names what is wrong and how to mend it, changes nothing, and shows no value."""

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from lus_assets.core.lock import writer_lock
from lus_assets.ledger.ledger import Ledger
from lus_assets.operations import doctor
from lus_assets.operations.doctor import examine
from lus_assets.privacy import vault
from lus_assets.privacy.vault import VaultRows
from orchestration.runner import dagster_home
from tests.pipeline.command import lus_here
from tests.unit.ledger.drafts import draft
from tests.unit.privacy.test_vault import identities

OTHER = "another key of thirty-two characters or more"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("DAGSTER_HOME", "LUS_DAGSTER_STORAGE"):
        monkeypatch.setenv(name, "replaced by dagster_home")
    monkeypatch.setattr(doctor, "PARTS", {**doctor.PARTS, "manifest": lambda _: iter(())})
    home = Home(tmp_path / "home").prepare()
    dagster_home(home)
    vault.write(home, VaultRows(identities=[identities("a")]))
    with Ledger.opened(home) as ledger:
        ledger.append([draft()])
    return home


def problems(home: Home) -> dict[str, list[str]]:
    return {name: [each.what for each in found] for name, found in examine(home).items() if found}


def test_a_sound_home_has_no_problem_and_nothing_is_touched(home: Home) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.root.rglob("*") if path.is_file()}
    assert problems(home) == {}
    said = lus_here("doctor", "--home", home.root)
    assert said.status == 0, said.err
    assert "ledger: ok" in said.out
    after = {path: path.stat().st_mtime_ns for path in home.root.rglob("*") if path.is_file()}
    changed = {path.parent.name for path in before if before[path] != after[path]}
    assert after.keys() == before.keys()
    assert changed <= {"vault", "ledger"}, "these are opened; their rows stay"


def open_to_all(home: Home) -> None:
    home.vault.chmod(0o644)
    home.lake.chmod(0o755)


def other_key(home: Home) -> None:
    os.environ["LUS_PSEUDONYM_KEY"] = OTHER


def no_key(home: Home) -> None:
    del os.environ["LUS_PSEUDONYM_KEY"]


def no_vault(home: Home) -> None:
    home.vault.write_bytes(b"not a database")


def changed_ledger(home: Home) -> None:
    with sqlite3.connect(home.ledger) as connection:
        connection.execute("drop trigger entry_is_fixed")
        connection.execute("update entry set as_of = '2020-01-01'")


def stale_log(home: Home) -> None:
    home.warehouse.with_name(home.warehouse.name + ".wal").write_bytes(b"x")


def told_home(home: Home) -> None:
    (home.dagster / "dagster.yaml").write_text("telemetry:\n  enabled: true\n")


def broken_settings(home: Home) -> None:
    (home.region / "settings.toml").write_text("region = 1\n")


def broken_recipient(home: Home) -> None:
    (home.region / "invoice_recipient.csv").write_text("municipality_code,valid_from\n")


def killed_swap(home: Home) -> None:
    home.swap.mkdir()
    (home.swap / "READY.json").write_text('{"names": [], "obsolete": []}')


@pytest.mark.promise(
    "What is wrong with an installation is named, with what to do, and nothing is touched",
    area="Privacy",
    how="one harm at a time: file modes open to others, another key, no key, a damaged vault, a"
    " changed ledger, stale logs, telemetry on, broken settings, a killed swap",
)
@pytest.mark.parametrize(
    ("harm", "part", "word"),
    [
        (open_to_all, "modes", "others may read"),
        (other_key, "key and vault", "not the one that this home was filled under"),
        (no_key, "key and vault", "no usable pseudonym key"),
        (no_vault, "key and vault", "restricted store"),
        (changed_ledger, "ledger", "it was changed"),
        (stale_log, "write-ahead logs", "a killed process left"),
        (told_home, "telemetry", "telemetry is not off"),
        (broken_settings, "settings and own rows", "wrong type"),
        (broken_recipient, "settings and own rows", "missing column"),
        (killed_swap, "lock", "is not finished"),
    ],
)
def test_each_harm_is_named_with_what_to_do(
    harm: Callable[[Home], None], part: str, word: str, home: Home
) -> None:
    harm(home)
    found = examine(home)
    assert [name for name, each in found.items() if each] == [part]
    assert any(word in each.what for each in found[part])
    assert all(each.where and each.todo for each in found[part])
    said = lus_here("doctor", "--home", home.root)
    assert said.status == 1
    assert word in said.out
    assert "to do: " in said.out


def test_a_disk_that_is_nearly_full_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_SHARE", 1.01)
    assert list(problems(home)) == ["disk"]


def test_another_version_of_a_pinned_library_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = doctor.metadata.version
    monkeypatch.setattr(
        doctor.metadata, "version", lambda name: "0" if name == "duckdb" else version(name)
    )
    assert "duckdb is 0, not 1.5.5" in problems(home)["versions"]


def test_while_a_run_writes_it_says_so_and_leaves_the_stores_alone(home: Home) -> None:
    import subprocess
    import sys

    script = (
        "import sys; from pathlib import Path; from lus_assets.core.home import Home;"
        "from lus_assets.core.lock import writer_lock\n"
        "with writer_lock(Home(Path(sys.argv[1]))): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as run:
        assert run.stdout
        run.stdout.readline()
        assert problems(home) == {
            "lock": [f"process {run.pid} is writing; vault and ledger are not looked at"]
        }
        assert run.stdin
        run.stdin.close()


@pytest.mark.promise(
    "Vault and ledger are closed to others whenever something starts",
    area="Privacy",
    how="files that were opened to all have mode 0600 again after a command's start",
)
def test_what_starts_closes_the_stores_to_others(home: Home) -> None:
    for path in (home.vault, home.ledger):
        path.chmod(0o644)
    home.prepare()
    with writer_lock(home):
        assert {stat.S_IMODE(each.stat().st_mode) for each in (home.vault, home.ledger)} == {0o600}


@pytest.mark.promise(
    "Nothing listens beyond this machine by default",
    area="Doors",
    how="the commands that `lus ui` turns into, for operators and for viewers",
)
@pytest.mark.parametrize(
    ("given", "program"),
    [((), ["dagster", "dev"]), (("--read-only",), ["dagster-webserver", "--read-only"])],
)
def test_the_ui_listens_on_loopback_only_and_viewers_can_start_nothing(
    given: tuple[str, ...], program: list[str], home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LUS_HOME", "LUS_LANDING"):
        monkeypatch.setenv(name, "replaced by the command")
    started: list[list[str]] = []

    def execv(path: Path, arguments: list[str]) -> None:
        started.append([Path(arguments[0]).name, *arguments[1:]])
        assert path.exists()

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(os, "chdir", lambda _: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    lus_here("ui", "--home", home.root, *given)
    (command,) = started
    *start, flag, host, _, port = command
    assert start[: len(program)] == program
    assert (flag, host, port) == ("-h", "127.0.0.1", "3000")
