"""The command line: every command shows an example, and says in words what is wrong."""

import os
import resource
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lus_assets.core.home import Home
from lus_assets.core.lock import writer_lock
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy.keys import Pseudonymizer
from orchestration.cli import lus as group
from tests.golden.contract import write_landing
from tests.pipeline.command import Said, lus, lus_here


def commands(of: click.Group, before: str = "") -> dict[str, click.Command]:
    """Every command by the words that call it; a group gives way to its own."""
    found: dict[str, click.Command] = {}
    for name, command in of.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, f"{before}{name} ")
        else:
            found[f"{before}{name}"] = command
    return found


COMMANDS = commands(group)
RUN = ("run", "--month", "2024-03")


def test_the_promised_commands_are_there() -> None:
    assert {"demo", "simulate", "run", "ui", "prepare"} <= set(COMMANDS)
    assert {"ledger verify", "backup", "restore", "explain"} <= set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_shows_an_example_that_uses_its_own_options(name: str) -> None:
    shown = CliRunner().invoke(group, [*name.split(), "--help"])
    assert shown.exit_code == 0
    examples = shown.output.partition("Example")[2].partition("Options:")[0]
    assert f"lus {name}" in examples
    command = COMMANDS[name]
    known = {option for param in command.params for option in param.opts}
    used = {word for word in examples.split() if word.startswith("--")}
    assert used <= known
    needed = {
        param.opts[0]
        for param in command.params
        if isinstance(param, click.Option) and param.required
    }
    assert needed <= used


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--landing", "x", "--month", "2024-13"), "is not a month"),
        (("run", "--landing", "x", "--month", "mars"), "write it as 2024-01"),
        (("run", "--landing", "x", "--month", "2024-03", "--as-of", "2024-02-30"), "is not a date"),
        (("run", "--landing", "x", "--month", "2024-03", "--through", "all"), "'all'"),
        (("run", "--month", "2024-03"), "'--landing'"),
        (("acknowledge-gap", "stays", "igår", "--reason", "x"), "is not a date"),
        (("acknowledge-gap", "stays", "2024-03-01"), "'--reason'"),
        (
            ("acknowledge-gap", "stays", "2024-03-05", "2024-03-02", "--reason", "x"),
            "2024-03-02 is before 2024-03-05",
        ),
    ],
)
def test_an_option_that_cannot_be_read_is_a_usage_error_that_says_how_to_write_it(
    arguments: tuple[str, ...], said: str
) -> None:
    ended = CliRunner().invoke(group, list(arguments))
    assert ended.exit_code == 2
    assert said in ended.output
    assert "Traceback" not in ended.output


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    from datetime import date

    write_landing(tmp_path / "landing", [], date(2024, 3, 1), date(2024, 3, 1))
    return tmp_path / "landing"


def refused_for_its_key(ended: Said, home: Path) -> bool:
    told = "LUS_PSEUDONYM_KEY" in ended.err and "Traceback" not in ended.err
    return ended.status == 1 and told and not home.exists()


@pytest.mark.parametrize("key", ["", "short"])
def test_without_a_good_key_nothing_starts_and_the_variable_is_named(
    key: str, landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("LUS_PSEUDONYM_KEY", key)
    ended = lus_here(*RUN, "--landing", landing, "--home", home)
    assert refused_for_its_key(ended, home)


def test_the_simulated_county_comes_in_the_format_asked_for(tmp_path: Path) -> None:
    day = ("--from", "2024-01-01", "--to", "2024-01-01", "--population", "1000")
    out = tmp_path / "landing"
    told = CliRunner().invoke(group, ["simulate", "--out", str(out), *day, "--format", "parquet"])
    assert told.exit_code == 0
    delivered = [path for path in out.rglob("delivery.*") if "_truth" not in path.parts]
    assert [path.suffix for path in delivered] == [".parquet"] * 5


def test_without_a_key_the_process_ends_and_shows_no_trace(landing: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    ended = lus(*RUN, "--landing", landing, "--home", home, LUS_PSEUDONYM_KEY=None)
    assert refused_for_its_key(ended, home)


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_landing_area_without_deliveries_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = lus_here(*RUN, "--landing", tmp_path / name, "--home", tmp_path / "home")
    assert ended.status == 1
    assert name in ended.err
    assert "to do:" in ended.err


def test_deliveries_from_before_the_first_day_name_the_variable_to_set(tmp_path: Path) -> None:
    from datetime import date

    write_landing(tmp_path / "landing", [], date(2017, 12, 31), date(2018, 1, 1))
    ended = lus_here(*RUN, "--landing", tmp_path / "landing", "--home", tmp_path / "home")
    assert ended.status == 1
    assert "2017-12-31" in ended.err
    assert "LUS_FIRST_DAY" in ended.err


@pytest.mark.parametrize(("through", "status"), [("review", 1), ("invoice", 3)])
def test_what_is_asked_for_before_its_review_day_is_known_is_not_there_and_told_from_when(
    through: str, status: int, landing: Path, tmp_path: Path
) -> None:
    """Only an invoice base is refused (3); a review base too early is simply not there (1)."""
    home = Home(tmp_path / "home")
    key = Pseudonymizer.from_environment()
    ingest_days(home.prepare(), LocalFolder(landing), key)
    ended = lus_here(*RUN, "--landing", landing, "--home", home.root, "--through", through)
    assert ended.status == status
    assert "the review base of 2024-03 is of 2024-04-05" in ended.err
    assert "ask for it at 2024-04-05 or later" in ended.err
    assert not list(home.published.rglob("*.json"))


def test_a_second_run_on_a_home_is_refused_and_told_which_process_holds_it(
    landing: Path, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    with writer_lock(home):
        ended = lus(*RUN, "--landing", landing, "--home", home.root)
    assert ended.status == 1
    assert f"process {os.getpid()}" in ended.err
    assert not (home.lake / "catalog.sqlite").exists()


def test_a_gap_can_be_acknowledged_only_where_there_is_one(landing: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home").prepare().root
    unknown = lus_here("acknowledge-gap", "wards", "2024-03-02", "--home", home, "--reason", "x")
    assert (unknown.status, "no such feed" in unknown.err) == (1, True)
    good = lus_here("acknowledge-gap", "stays", "2024-03-02", "--home", home, "--reason", "none")
    assert (good.status, "stays 2024-03-02" in good.out) == (0, True)


def test_a_correction_of_a_file_that_was_never_read_is_refused(
    landing: Path, tmp_path: Path
) -> None:
    ended = lus_here(
        *("accept-correction", "stays/2024-03-01/delivery.csv", "--landing", landing),
        *("--home", Home(tmp_path / "home").prepare().root, "--reason", "x"),
        *("--counts-from", "2024-03-02"),
    )
    assert ended.status == 1
    assert "never read" in ended.err


@pytest.mark.promise(
    "A process that crashes writes no core file, which would hold persons and the key",
    area="Privacy",
    how="the limit that a command sets itself when it starts: none, and none can raise it",
)
def test_no_command_may_write_a_core_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the call: a limit once lowered could not be raised again for the test."""
    set_to: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *given: set_to.append(given))
    assert lus_here("--help").status == 0
    assert set_to == [(resource.RLIMIT_CORE, (0, 0))]
