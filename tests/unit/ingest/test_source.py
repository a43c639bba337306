"""What a landing area may hold: all of it is read or reported."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.ingest.source import FORMATS, LocalFolder
from tests.unit.ingest.support import DAY, County, row, to_csv

CONTENT = to_csv([row("stays")])


def strangers(county: County, *feeds: str) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in county.source.list_strangers(feeds or ("stays",))]


def test_files_are_found_by_feed_and_day_in_order(county: County):
    for name in (*(f"x.{each}" for each in FORMATS), "B.CSV", ".hidden.csv"):
        county.put("stays", b"", name)
    county.put("persons", b"", "p.csv")
    found = county.source.list_deliveries("stays")
    assert [each.path for each in found] == sorted(each.path for each in found)
    assert {each.format for each in found} == set(FORMATS)
    assert len(found) == len(FORMATS) + 2
    assert county.source.list_deliveries("stays", DAY) == found
    assert county.source.list_deliveries("messages") == []
    assert strangers(county) == []


@pytest.mark.parametrize("name", ["a.txt", "a.csv.part", "a.xlsx", "a.csv.zip", "csv", "a.csv~"])
def test_other_files_are_reported(county: County, name: str):
    county.put("stays", CONTENT, name)
    assert strangers(county) == [(f"stays/{DAY}/{name}", "UNKNOWN_FILE_TYPE")]
    assert county.ingest("stays").is_gap


def test_other_folders_and_misplaced_files_are_reported(county: County):
    for folder in ("stayz", "stays/2024-3-1", "stays/2024-02-30", f"stays/{DAY}/sub.csv"):
        (county.landing / folder).mkdir(parents=True)
    (county.landing / "readme.csv").write_bytes(CONTENT)
    (county.landing / "stays" / "a.csv").write_bytes(CONTENT)
    assert strangers(county) == [
        ("readme.csv", "MISPLACED_FILE"),
        ("stays/2024-02-30", "UNKNOWN_FOLDER"),
        (f"stays/{DAY}/sub.csv", "UNKNOWN_FOLDER"),
        ("stays/2024-3-1", "UNKNOWN_FOLDER"),
        ("stays/a.csv", "MISPLACED_FILE"),
        ("stayz", "UNKNOWN_FOLDER"),
    ]
    assert county.source.list_deliveries("stays") == []
    assert ("stays/a.csv", "MISPLACED_FILE") not in strangers(county, "persons")


def test_links_that_lead_out_or_nowhere_are_refused(county: County, tmp_path: Path):
    path = county.landing / county.put("stays", CONTENT)
    outside = tmp_path / "outside" / "2024-03-02"
    outside.mkdir(parents=True)
    (outside / "b.csv").write_bytes(CONTENT)
    path.with_name("out.csv").symlink_to(outside / "b.csv")
    path.with_name("nowhere.csv").symlink_to(path.with_name("gone.csv"))
    path.with_name("up.csv").symlink_to("../../../outside/2024-03-02/b.csv")
    path.with_name("inside.csv").symlink_to(path)
    (county.landing / "stays" / "2024-03-02").symlink_to(outside)
    (county.landing / "persons").symlink_to(outside.parent)
    assert [each.path for each in county.source.list_deliveries("stays")] == [
        f"stays/{DAY}/a.csv",
        f"stays/{DAY}/inside.csv",
    ]
    assert county.source.list_deliveries("persons") == []
    assert strangers(county, "stays", "persons") == [
        ("persons", "LINK_REFUSED"),
        (f"stays/{DAY}/nowhere.csv", "LINK_REFUSED"),
        (f"stays/{DAY}/out.csv", "LINK_REFUSED"),
        (f"stays/{DAY}/up.csv", "LINK_REFUSED"),
        ("stays/2024-03-02", "LINK_REFUSED"),
    ]


def test_pipes_are_not_opened(county: County):
    path = county.landing / county.put("stays", CONTENT)
    os.mkfifo(path.with_name("pipe.csv"))
    assert len(county.source.list_deliveries("stays")) == 1
    assert strangers(county) == [(f"stays/{DAY}/pipe.csv", "UNKNOWN_FILE_TYPE")]


def test_a_name_that_is_not_utf_8_is_reported(county: County):
    path = county.landing / county.put("stays", CONTENT)
    with open(os.fsencode(path.parent) + b"/\xff.csv", "wb"):  # noqa: PTH123 - bytes are the point
        pass
    assert strangers(county) == [(f"stays/{DAY}/?.csv", "FILE_NAME_NOT_UTF8")]
    assert county.ingest("stays").rows_delivered == 1


def test_no_landing_area_is_told(tmp_path: Path):
    with pytest.raises(LusError, match="no landing area"):
        LocalFolder(tmp_path / "nowhere")


@pytest.mark.parametrize(("of", "what"), [(os, "scandir"), (Path, "open")])
def test_what_may_not_be_read_is_named_by_its_relative_path(
    county: County, monkeypatch: pytest.MonkeyPatch, of: object, what: str
):
    county.put("stays", CONTENT, "197904182396.csv")
    real = getattr(of, what)

    def denied(path: Path, *arguments: object) -> object:
        if DAY.isoformat() in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments)

    monkeypatch.setattr(of, what, denied)
    with pytest.raises(LusError, match="Permission denied") as caught:
        county.ingest("stays")
    expected = f"stays/{DAY}" + ("/[person id].csv" if what == "open" else "")
    assert caught.value.where == expected
    assert str(county.landing) not in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="not run: needs root to become another user")
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_folder_without_permission(county: County, tmp_path: Path, mode: int):
    folder = (county.landing / county.put("stays", CONTENT)).parent
    place = Path("/tmp") / f"lus-denied-{os.getpid()}-{mode}"  # noqa: S108 - nobody can enter pytest's
    shutil.copytree(county.landing, place)
    denied = place / folder.relative_to(county.landing)
    denied.chmod(mode)
    script = (
        "import os, sys; from pathlib import Path\n"
        "from lus_assets.ingest.source import LocalFolder\n"
        "from lus_assets.core.errors import LusError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        f"source = LocalFolder(Path({str(place)!r}))\n"
        "for call in (source.list_deliveries, lambda feed: source.list_strangers([feed])):\n"
        "    try: call('stays')\n"
        "    except LusError as error: print(error.where)\n"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
    finally:
        shutil.rmtree(place)
    assert [line.split("/a.csv")[0] for line in done.stdout.split()] == [f"stays/{DAY}"] * 2
