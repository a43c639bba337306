"""What happens around a run: other runs, readers, signals, clocks, little memory, full disks."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from tests.faults.conftest import Undisturbed, snapshot_hash
from tests.faults.forks import Forks
from tests.needs import needs_program
from tests.pipeline.command import start_lus
from tests.promises import Figure

pytestmark = pytest.mark.slow
ROOM = 96 * 1024
"""Bytes that a full disk has left: enough to begin to write, too little to end."""
WRITERS = ("lake", "vault", "warehouse", "published", "dagster", "logs")


def new_home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.mark.promise(
    "Of two runs on one home one works and the other says so",
    area="Faults",
    how="Two processes started together; the loser ends with status 1, names the holder and has"
    " changed nothing; the winner's marts are as undisturbed",
)
def test_two_runs_on_one_home(undisturbed: Undisturbed, tmp_path: Path) -> None:
    home = new_home(tmp_path)
    both = [start_lus(*undisturbed.options(home)) for _ in range(2)]
    ended = [(*process.communicate(), process.returncode) for process in both]
    assert sorted(status for *_, status in ended) == [0, 1], ended
    (said,) = [err for _, err, status in ended if status == 1]
    winner = next(each.pid for each in both if each.returncode == 0)
    assert f"another run is writing to this home (process {winner})" in said
    assert undisturbed.differences(home) == []


@pytest.mark.promise(
    "A reader that never closes hinders no run, and keeps what it opened",
    area="Faults",
    how="The snapshot and the warehouse are held open by another process while a run replaces them",
)
def test_a_reader_that_never_closes(undisturbed: Undisturbed, forks: Forks, tmp_path: Path) -> None:
    home = new_home(tmp_path)
    shutil.copytree(undisturbed.home.root, home.root)
    count = "select count(*) from marts.fct_discharge_episode"
    with reader(home.published / "bi" / "lus.duckdb") as snapshot, reader(home.warehouse) as own:
        before = [ask(each, count) for each in (snapshot, own)]
        assert forks.run(*undisturbed.options(home)) == 0, forks.said()
        assert [ask(each, count) for each in (snapshot, own)] == before
    assert undisturbed.differences(home) == []


@contextmanager
def reader(path: Path) -> Generator[subprocess.Popen[str]]:
    """A process that opens a DuckDB file once and answers questions from it."""
    program = (
        "import duckdb, sys\n"
        f"connection = duckdb.connect({str(path)!r}, read_only=True)\n"
        "for line in sys.stdin:\n"
        "    print(connection.execute(line).fetchone()[0], flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(process: subprocess.Popen[str], sql: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(sql + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


@pytest.mark.promise(
    "SIGTERM ends a run cleanly, and the next one goes on",
    area="Faults",
    how="Runs are asked to end at moments over their whole length; no process and nothing half-made"
    " is left, and a normal run's marts are as undisturbed",
)
def test_sigterm(
    undisturbed: Undisturbed, forks: Forks, tmp_path: Path, figures: dict[str, Figure]
) -> None:
    home = new_home(tmp_path)
    shares = (0.05, 0.2, 0.4, 0.6, 0.8)
    asked = 0
    for share in shares:
        run = forks.start(*undisturbed.options(home))
        time.sleep(share * undisturbed.seconds)
        forks.send(run, signal.SIGTERM)
        status = forks.ended()
        asked += status != 0
        assert status in (0, 130), forks.said()
        assert "Traceback" not in forks.said()
    assert asked > 0
    assert forks.run(*undisturbed.options(home)) == 0, forks.said()
    assert undisturbed.differences(home) == []
    figures["signals"] = asked


@needs_program("faketime")
@pytest.mark.promise(
    "A clock that is set back changes no figure",
    area="Faults",
    how="The second run's clock stands a month before the first one's, with new deliveries between"
    " them; marts by hash as with a clock that goes right",
)
def test_a_clock_set_back(undisturbed: Undisturbed, tmp_path: Path) -> None:
    home = new_home(tmp_path)
    middle = sorted(each.name for each in undisturbed.landing.glob("stays/*"))[8]
    early = tmp_path / "early"
    for folder in undisturbed.landing.glob("*/*"):
        if folder.name <= middle:
            shutil.copytree(folder, early / folder.relative_to(undisturbed.landing))
    first = [*undisturbed.options(home)]
    first[first.index(undisturbed.landing)] = early
    for options, clock in ((first, "+0"), (list(undisturbed.options(home)), "-30d")):
        ran = subprocess.run(
            [
                "faketime",
                "-f",
                clock,
                str(Path(sys.executable).with_name("lus")),
                *map(str, options),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
    assert snapshot_hash(home) == undisturbed.hash


@pytest.mark.promise(
    "Too little memory ends a run with words, and loses nothing",
    area="Faults",
    how="The engine's limit is set to 20 MB: the run fails and says what to set; with the default"
    " the marts are as undisturbed",
)
def test_too_little_memory(undisturbed: Undisturbed, forks: Forks, tmp_path: Path) -> None:
    home = new_home(tmp_path).prepare()
    settings = home.region / "settings.toml"
    settings.write_text('memory_limit = "20MB"\n', encoding="utf-8")
    assert forks.run(*undisturbed.options(home)) == 1
    assert "Traceback" not in forks.said()
    assert "raise memory_limit in region/settings.toml" in forks.said()
    settings.unlink()
    assert forks.run(*undisturbed.options(home)) == 0, forks.said()
    assert undisturbed.differences(home) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="not run: mounting a small file system needs root")
@pytest.mark.promise(
    "A full disk ends a run with words, at every writer, and loses nothing",
    area="Faults",
    how="Each folder of the home in turn lies on a file system with 96 KiB left; the run ends with"
    " status 1; with room again the marts are as undisturbed",
)
@pytest.mark.parametrize("folder", WRITERS)
def test_a_full_disk(
    folder: str,
    undisturbed: Undisturbed,
    forks: Forks,
    tmp_path: Path,
    figures: dict[str, Figure],
) -> None:
    home = new_home(tmp_path).prepare()
    place = home.root / folder
    with small_disk(place, ROOM) as grow:
        status = forks.run(*undisturbed.options(home))
        said = forks.said()
        grow()
        assert forks.run(*undisturbed.options(home)) == 0, forks.said()
        assert undisturbed.differences(home) == []
    # logs may be full: a run does not end for them
    assert status == 1 or folder == "logs", said
    assert "Traceback" not in said
    figures["full disks"] = 1


@contextmanager
def small_disk(place: Path, size: int) -> Generator[Callable[[], object]]:
    """A file system of that size in place of a folder; what is yielded gives it room."""
    place.mkdir(parents=True, exist_ok=True)
    shutil.copytree(place, aside := place.with_name(f"{place.name}-before"))
    held = sum(each.stat().st_size for each in aside.rglob("*") if each.is_file())
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={held + size}", "tmpfs", str(place)], check=True
    )
    try:
        shutil.copytree(aside, place, dirs_exist_ok=True)
        shutil.rmtree(aside)
        yield lambda: subprocess.run(["mount", "-o", "remount,size=1g", str(place)], check=True)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
