"""Files as large as a county's history: bounded memory, and one bad row costs one row."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.ingest.support import DAY, VALID, County, is_sum_right, row, to_csv

MEMORY_MAX_MB = 1_200


def write_many(path: Path, rows: int, bad: int) -> None:
    """That many messages, one of them unreadable."""
    header = to_csv([row("messages")]).split(b"\r\n")[0] + b"\n"
    values = ",".join(VALID["messages"][name] for name in list(VALID["messages"])[1:])
    path.parent.mkdir(parents=True)
    with path.open("wb") as stream:
        stream.write(header)
        for start in range(0, rows, 100_000):
            numbers = range(start, min(start + 100_000, rows))
            lines = "".join(f'"M{n}\n' if n == bad else f"M{n:012d},{values}\n" for n in numbers)
            stream.write(lines.encode())


def ingested_apart(county: County) -> int:
    """Ingests the day in a process of its own; its peak memory in megabytes."""
    script = (
        "from datetime import date; from pathlib import Path\n"
        "from lus_assets.core.home import Home; from lus_assets.ingest.ingest import ingest_day\n"
        "from lus_assets.ingest.source import LocalFolder\n"
        "from lus_assets.privacy.keys import Pseudonymizer\n"
        "from tests.memory import peak_memory_mib\n"
        f"ingest_day(Home(Path({str(county.home.root)!r})),"
        f" LocalFolder(Path({str(county.landing)!r})), 'messages', date(2024, 3, 1),"
        " Pseudonymizer.from_environment())\n"
        "print(peak_memory_mib())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.slow
def test_a_million_rows_with_one_bad_one(county: County):
    path = county.landing / f"messages/{DAY}/a.csv"
    write_many(path, 1_000_000, 765_432)
    (file,) = county.ingest("messages").files
    assert (file.rows_delivered, file.reasons) == (1_000_000, {"NOT_CSV": 1})
    assert county.reasons("messages").index("NOT_CSV") == 765_432
    assert is_sum_right(county)


@pytest.mark.slow
def test_a_gigabyte_is_read_in_bounded_memory(county: County):
    path = county.landing / f"messages/{DAY}/a.csv"
    write_many(path, 11_500_000, 8_765_432)
    assert path.stat().st_size > 900_000_000
    assert ingested_apart(county) < MEMORY_MAX_MB
    (version,) = county.versions()
    assert (version.rows_delivered, version.rows_quarantined) == (11_500_000, 1)
