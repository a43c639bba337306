"""Disks that fill, processes that die: nothing half-written counts, a rerun does the rest."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lus_assets.core.errors import LusError
from lus_assets.ingest.batch import Batch
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.decisions import accept_correction
from lus_assets.ingest.ingest import clean_orphans
from lus_assets.ingest.lake import LakeFile
from lus_assets.privacy import vault
from tests.unit.ingest.support import DAY, County, row, to_csv

CONTENT = to_csv([row("persons"), row("persons", valid_from="2021-01-01")])


class KilledError(BaseException):
    """Stands for the process's end: nothing catches it."""


def killed(*_: Any, **__: Any) -> None:
    raise KilledError


def full_disk(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def births(county: County) -> list[Any]:
    with vault.reading(county.home) as connection:
        return connection.execute("select * from birth order by all").fetchall()


STEPS: list[tuple[str, object, str]] = [
    ("reading", Batch, "_read_file"),
    ("typing", Batch, "_type_waiting"),
    ("writing", LakeFile, "write"),
    ("finishing", LakeFile, "finish"),
    ("vault", vault, "write"),
    ("renaming", LakeFile, "publish"),
    ("catalog", Catalog, "record"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("place", STEPS, ids=[each[0] for each in STEPS])
def test_a_kill_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: tuple[str, object, str],
    after: bool,
):
    name, owner, step = place
    for folder in ("whole", "killed"):
        (tmp_path / folder).mkdir()
    whole, county = County(tmp_path / "whole"), County(tmp_path / "killed")
    for each in (whole, county):
        each.put("persons", CONTENT)
        each.put("persons", to_csv([row("persons", birth_date="2000-02-29")]), "b.csv")
    whole.ingest("persons")
    real: Callable[..., Any] = getattr(owner, step)

    def kill_after(*arguments: Any, **named: Any) -> None:
        real(*arguments, **named)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(owner, step, kill_after if after else killed)
        # a killed process cleans nothing up
        patch.setattr(LakeFile, "discard", lambda _: None)
        with pytest.raises(KilledError):
            county.ingest("persons")
    counting = len(county.versions())
    assert counting == (2 if (name, after) == ("catalog", True) else 0)
    county.ingest("persons")
    clean_orphans(county.home)
    assert county.state() == whole.state()
    assert births(county) == births(whole)
    assert [each.file_version_id for each in county.versions()] == [
        each.file_version_id for each in whole.versions()
    ]


@pytest.mark.parametrize(
    "target",
    [
        "pyarrow.parquet.ParquetWriter.write_table",
        "pyarrow.parquet.ParquetWriter.close",
        "os.fsync",
        "pathlib.Path.replace",
    ],
)
def test_a_full_disk_is_told_and_leaves_nothing_that_counts(
    county: County, monkeypatch: pytest.MonkeyPatch, target: str
):
    county.put("persons", CONTENT)
    with monkeypatch.context() as patch:
        patch.setattr(target, full_disk)
        with pytest.raises(LusError, match="No space left on device") as caught:
            county.ingest("persons")
    assert caught.value.where.startswith("lake/persons/2024-03-01/")
    assert county.versions() == []
    assert county.state() == {}
    assert county.ingest("persons").files[0].status == "accepted"


def test_a_full_disk_under_a_correction_leaves_the_old_content_in_force(
    county: County, monkeypatch: pytest.MonkeyPatch
):
    county.deliver("persons", CONTENT)
    path = county.put("persons", CONTENT.replace(b"0180", b"0184"))
    before = (county.state(), county.versions())
    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "record", full_disk)
        with pytest.raises(OSError, match="No space"):
            accept_correction(county.home, county.source, path, "mended", DAY, county.pseudonymizer)
    assert county.versions() == before[1]
    clean_orphans(county.home)
    assert county.state() == before[0]


def test_a_file_that_changes_while_it_is_read_does_not_count(
    county: County, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lus_assets.ingest.files.BLOCK_BYTES", 100)
    county.put("persons", CONTENT)
    real = Batch._type_waiting

    def grow(batch: Batch, *arguments: Any) -> None:
        county.put("persons", CONTENT + CONTENT.split(b"\r\n")[1] + b"\r\n")
        real(batch, *arguments)

    monkeypatch.setattr("lus_assets.ingest.batch.TYPED_TOGETHER_ROWS", 1)
    monkeypatch.setattr(Batch, "_type_waiting", grow)
    with pytest.raises(LusError, match="changed while it was being read"):
        county.ingest("persons")
    assert county.versions() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False
    )
    if mounted.returncode:
        pytest.skip("not run: no right to mount a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_disk_that_is_really_full(county: County, small_disk: Path):
    county.put("persons", CONTENT, "a.csv")
    rows = [row("stays", stay_id=f"S{n}", hospital_unit=f"{n * 7919}") for n in range(60_000)]
    (county.home.lake / "stays").symlink_to(small_disk)
    county.put("stays", to_csv(rows))
    with pytest.raises(LusError, match="No space left on device"):
        county.ingest("stays")
    assert list(small_disk.rglob("*.parquet*")) == []
    assert county.versions() == []
    assert county.ingest("persons").files[0].status == "accepted"
    (county.home.lake / "stays").unlink()
    assert county.ingest("stays").rows_delivered == 60_000
    assert pq.read_table(county.home.lake / str(county.versions()[-1].lake_file)).num_rows == 60_000


@pytest.mark.slow
def test_a_process_that_is_really_killed(county: County):
    """SIGKILL at moments all along; in the end all is there once."""
    rows = [row("persons", valid_from=f"20{n % 20:02d}-01-01") for n in range(30_000)]
    for number in range(4):
        county.put("persons", to_csv(rows), f"{number}.csv")
    script = (
        "from datetime import date; from pathlib import Path;"
        "from lus_assets.core.home import Home; from lus_assets.ingest.ingest import ingest_day;"
        "from lus_assets.ingest.source import LocalFolder;"
        "from lus_assets.privacy.keys import Pseudonymizer;"
        f"ingest_day(Home(Path({str(county.home.root)!r})),"
        f" LocalFolder(Path({str(county.landing)!r})), 'persons', date(2024, 3, 1),"
        " Pseudonymizer.from_environment())"
    )
    for seconds in (0.6, 0.9, 1.2, 1.5, 1.8, 2.1):
        process = subprocess.Popen([sys.executable, "-c", script])
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    county.ingest("persons")
    clean_orphans(county.home)
    assert [version.rows_delivered for version in county.versions()] == [30_000] * 4
    assert len(county.state()) == 4
    assert len(births(county)) == 120_000
