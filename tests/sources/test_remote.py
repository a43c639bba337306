"""A landing area elsewhere keeps what a folder promises, also when the wire to it does not."""

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError, UnreachableError
from lus_assets.core.source_settings import SourceSettings
from lus_assets.ingest import decisions
from lus_assets.ingest.ingest import clean_orphans, ingest_days
from lus_assets.ingest.landing import open_landing
from lus_assets.ingest.pending import pending_days
from lus_assets.ingest.remote import _file_system
from lus_assets.ingest.source import Source
from lus_assets.warehouse.dbt_runner import prepare_manifest
from tests.needs import needs_program
from tests.pipeline.command import lus_here
from tests.sources.senders import S3, SECRET, Memory, Sender, Sftp, s3_sender, sftp_sender
from tests.unit.ingest.support import DAY, County, is_sum_right, row, to_csv

PROMISE = pytest.mark.promise(
    "Deliveries on S3 and SFTP are taken in as from a folder, whole or not at all",
    area="Faults",
    how="real servers on loopback; the wire is cut or falls silent in the middle of a file",
)
SERVERS = [
    pytest.param("s3", marks=[pytest.mark.slow, PROMISE]),
    pytest.param("sftp", marks=[pytest.mark.slow, PROMISE, needs_program("sshd")]),
]
SETTINGS = "[source]\nconnect_seconds = 5\nread_seconds = 1\n"
MANY = to_csv([row("stays", stay_id=f"S{each}") for each in range(3000)])
"""More than any of the clients reads ahead."""


class Elsewhere(County):
    """A home whose deliveries come from a sender, and the same in a folder to compare with."""

    def __init__(self, root: Path, sender: Sender) -> None:
        super().__init__(root)
        self.sender = sender
        self.home.region.joinpath("settings.toml").write_text(SETTINGS)

    @property
    def source(self) -> Source:  # type: ignore[override]
        return open_landing(self.home, self.sender.address)

    def put(self, feed: str, content: bytes, name: str = "a.csv", day: date = DAY) -> str:
        path = super().put(feed, content, name, day)
        self.sender.put(path, content)
        return path

    def kept(self) -> list[str]:
        """What the landing cache holds of contents."""
        return sorted(each.name for each in (self.home.landing_cache / "content").glob("*"))


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with s3_sender() as sender:
        yield sender


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sftp]:
    with sftp_sender(tmp_path_factory.mktemp("sftp")) as sender:
        yield sender


@pytest.fixture
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Elsewhere]:
    """A county whose sender has an empty landing area of its own."""
    sender: Sender
    if request.param == "memory":
        sender = Memory(f"{tmp_path.parent.name}-{tmp_path.name}")
    else:
        sender = request.getfixturevalue(request.param)
    county = Elsewhere(tmp_path, sender)
    county.put("persons", to_csv([row("persons")]), "first.csv")
    yield county
    if sender.wire:
        sender.wire.mend()
    for path in sorted(county.landing.rglob("*.*")):
        sender.remove(path.relative_to(county.landing).as_posix())


everywhere = pytest.mark.parametrize("there", ["memory", *SERVERS], indirect=True)
on_servers = pytest.mark.parametrize("there", SERVERS, indirect=True)


@everywhere
def test_what_is_taken_in_is_what_a_folder_gives(there: Elsewhere, tmp_path: Path) -> None:
    for number, feed in enumerate(("stays", "messages", "disputes"), start=1):
        there.put(feed, to_csv([row(feed)]), f"{number}.csv", date(2024, 3, number))
    there.put("stays", to_csv([row("stays", care_type="x"), row("stays")]), "late.csv")
    report = ingest_days(there.home, there.source, there.pseudonymizer)
    assert is_sum_right(there)
    (tmp_path / "folder").mkdir()
    folder = County(tmp_path / "folder")
    folder.landing.rmdir()
    there.landing.rename(folder.landing)
    try:
        same = ingest_days(folder.home, folder.source, folder.pseudonymizer)
    finally:
        folder.landing.rename(there.landing)
    assert report == same
    assert there.state() == folder.state()
    assert ("messages", date(2024, 3, 1)) in {(gap.feed, gap.delivery_date) for gap in report.gaps}


@everywhere
def test_what_is_known_is_not_read_again_and_a_changed_file_is_refused(there: Elsewhere) -> None:
    path = there.put("stays", to_csv([row("stays")]))
    assert [file.status for file in there.ingest("stays").files] == ["accepted"]
    assert [file.status for file in there.ingest("stays").files] == ["seen"]
    there.put("stays", to_csv([row("stays", care_type="psychiatric")]))
    assert DAY in pending_days(there.home, there.source, there.pseudonymizer)
    (refused,) = there.ingest("stays").refused
    assert refused.reason_code == "FILE_CHANGED"
    assert [each["care_type"] for each in there.lake("stays")] == ["somatic"]
    later = date(2024, 3, 5)
    decisions.accept_correction(
        there.home, there.source, path, "sender mended it", later, there.pseudonymizer
    )
    assert [each["care_type"] for each in there.lake("stays")] == ["somatic", "psychiatric"]


@everywhere
def test_what_is_not_read_is_reported(there: Elsewhere) -> None:
    paths = (
        "readme.csv",
        "stays/a.csv",
        f"stays/{DAY}/a.txt",
        f"stays/{DAY}/sub/b.csv",
        "stays/2024-3-1/a.csv",
        "stayz/2024-03-01/a.csv",
        "_truth/x.csv",
        f"stays/{DAY}/a\tb.csv",
        f"stays/{DAY}/..\\..\\b.csv",
    )
    for path in paths:
        there.sender.put(path, to_csv([row("stays")]))
    try:
        source = there.source
        assert source.list_deliveries("stays") == []
        assert source.list_deliveries("..") == []
        found = {(each.path, each.code.value) for each in source.list_strangers(["stays"])}
    finally:
        for path in paths:
            there.sender.remove(path)
    assert found == {
        ("readme.csv", "MISPLACED_FILE"),
        ("stays/a.csv", "MISPLACED_FILE"),
        (f"stays/{DAY}/a.txt", "UNKNOWN_FILE_TYPE"),
        (f"stays/{DAY}/sub", "UNKNOWN_FOLDER"),
        ("stays/2024-3-1", "UNKNOWN_FOLDER"),
        ("stayz", "UNKNOWN_FOLDER"),
        (f"stays/{DAY}/a\tb.csv", "FILE_NAME_UNSAFE"),
        (f"stays/{DAY}/..\\..\\b.csv", "FILE_NAME_UNSAFE"),
    }


@everywhere
def test_a_content_that_was_damaged_in_the_cache_is_fetched_again(there: Elsewhere) -> None:
    there.deliver("stays", to_csv([row("stays")]))
    for content in (there.home.landing_cache / "content").glob("*"):
        content.write_bytes(b"x" + content.read_bytes()[1:])
    assert [file.status for file in there.ingest("stays").files] == ["seen"]
    assert there.kept() == sorted({*there.kept()} - {""})
    (sha256,) = {each.content_hash for each in there.versions()}
    assert sha256 in there.kept()


@pytest.mark.parametrize("there", ["memory"], indirect=True)
def test_what_was_fetched_is_its_owners_only_and_what_was_half_fetched_goes(
    there: Elsewhere,
) -> None:
    there.deliver("stays", to_csv([row("stays")]))
    cache = there.home.landing_cache
    assert {oct(each.stat().st_mode & 0o077) for each in (cache, *cache.rglob("content/*"))} == {
        "0o0"
    }
    half = cache / "content" / "killed.part"
    half.write_bytes(b"half")
    clean_orphans(there.home)
    assert not half.exists()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="not run: a small disk needs root")
@pytest.mark.parametrize("there", ["memory"], indirect=True)
def test_a_full_disk_leaves_nothing_half_known(there: Elsewhere) -> None:
    cache = there.home.landing_cache
    there.put("stays", MANY)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", cache], check=True)
    try:
        with pytest.raises(LusError, match="landing cache cannot be written"):
            there.ingest("stays")
        assert there.versions() == []
        assert not any(cache.rglob("content/*"))
    finally:
        subprocess.run(["umount", cache], check=True)
    assert there.ingest("stays").rows_delivered == 3000


@on_servers
def test_a_file_that_was_fetched_is_not_fetched_again(
    there: Elsewhere, figures: dict[str, object]
) -> None:
    there.deliver("stays", MANY)
    wire = there.sender.wire
    assert wire is not None
    before = wire.received
    assert before > len(MANY)
    assert [file.status for file in there.ingest("stays").files] == ["seen"]
    assert wire.received - before < len(MANY) // 10
    figures["bytes not fetched twice"] = len(MANY)


@on_servers
@pytest.mark.parametrize("how", ["break_after", "fall_silent_after"])
def test_a_wire_that_breaks_in_the_middle_of_a_file_leaves_nothing_and_the_next_run_does_the_rest(
    there: Elsewhere, how: str, figures: dict[str, object]
) -> None:
    there.put("stays", MANY, "b.csv")
    there.deliver("stays", to_csv([row("stays", stay_id="first")]), "a.csv", date(2024, 2, 1))
    before = (there.versions(), there.state(), there.kept())
    wire = there.sender.wire
    assert wire is not None
    source = there.source
    assert len(source.list_deliveries("stays")) == 2
    getattr(wire, how)(len(MANY) // 2)
    with pytest.raises(UnreachableError, match="does not answer"):
        ingest_days(there.home, source, there.pseudonymizer, feeds=["stays"])
    assert (there.versions(), there.state(), there.kept()) == before
    wire.mend()
    days = ingest_days(there.home, there.source, there.pseudonymizer, feeds=["stays"]).days
    assert sum(day.rows_delivered for day in days) == 3001
    assert is_sum_right(there)
    figures["broken transfers"] = 1


@on_servers
def test_a_server_that_says_nothing_at_all_is_told(there: Elsewhere) -> None:
    wire = there.sender.wire
    assert wire is not None
    wire.fall_silent_after(0)
    with pytest.raises(UnreachableError, match="does not answer"):
        there.source.list_deliveries("stays")


@on_servers
def test_no_landing_area_is_told(there: Elsewhere) -> None:
    source = open_landing(there.home, f"{there.sender.address}/nowhere")
    with pytest.raises(LusError, match="no such place") as told:
        source.list_deliveries("stays")
    assert told.value.where


@pytest.mark.parametrize("there", SERVERS[:1], indirect=True)
def test_an_account_that_may_not_read_is_told_without_its_secret(
    there: Elsewhere, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    there.deliver("stays", to_csv([row("stays")]))
    assert SECRET not in caplog.text
    kept = [each.read_bytes() for each in there.home.root.rglob("*") if each.is_file()]
    assert kept
    assert not any(SECRET.encode() in each for each in kept)


@pytest.mark.parametrize("there", SERVERS[1:], indirect=True)
def test_links_and_pipes_on_an_sftp_server_are_not_followed(there: Elsewhere) -> None:
    sender = there.sender
    assert isinstance(sender, Sftp)
    there.put("stays", to_csv([row("stays")]))
    folder = sender.folder / "stays" / DAY.isoformat()
    (folder / "out.csv").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.csv")
    shutil.rmtree(sender.folder / "messages", ignore_errors=True)
    (sender.folder / "messages").symlink_to("/")
    try:
        source = there.source
        found = {each.path: each.code.value for each in source.list_strangers(["stays"])}
        assert [each.path for each in source.list_deliveries("stays")] == [f"stays/{DAY}/a.csv"]
        assert source.list_deliveries("messages") == []
    finally:
        for name in ("out.csv", "pipe.csv"):
            (folder / name).unlink()
        (sender.folder / "messages").unlink()
    assert found["messages"] == "LINK_REFUSED"
    assert found[f"stays/{DAY}/out.csv"] == "LINK_REFUSED"
    assert found[f"stays/{DAY}/pipe.csv"] == "UNKNOWN_FILE_TYPE"


@pytest.mark.parametrize("there", SERVERS[1:], indirect=True)
def test_a_name_that_is_not_utf_8_on_an_sftp_server_is_told(there: Elsewhere) -> None:
    sender = there.sender
    assert isinstance(sender, Sftp)
    there.put("stays", to_csv([row("stays")]))
    name = os.fsencode(sender.folder / "stays" / DAY.isoformat()) + b"/\xff.csv"
    os.close(os.open(name, os.O_CREAT))
    try:
        with pytest.raises(LusError, match="is not UTF-8"):
            there.source.list_deliveries("stays")
    finally:
        os.unlink(name)  # noqa: PTH108 - bytes are the point


@pytest.mark.parametrize("there", SERVERS[1:], indirect=True)
def test_an_unknown_host_key_is_refused(
    there: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUS_SFTP_KNOWN_HOSTS", str(tmp_path / "none"))
    (tmp_path / "none").touch()
    with pytest.raises(UnreachableError):
        there.source.list_deliveries("stays")


def test_what_a_store_needs_of_its_client_is_kept_beside_the_times() -> None:
    style = {"s3": {"addressing_style": "path"}}
    settings = SourceSettings(read_seconds=7, options={"config_kwargs": style})
    store, _ = _file_system("s3://county/lus", settings)
    assert store.config_kwargs["s3"] == {"addressing_style": "path"}
    assert store.config_kwargs["read_timeout"] == 7


@pytest.mark.parametrize("there", SERVERS[:1], indirect=True)
def test_a_command_reads_from_an_address(there: Elsewhere) -> None:
    prepare_manifest()
    for feed in ("stays", "messages", "placements", "disputes"):
        there.put(feed, to_csv([row(feed)]))
    options = ("--home", there.home.root, "--month", "2024-02", "--through", "marts")
    ran = lus_here("run", "--landing", there.sender.address, *options)
    assert ran.status == 0, ran.err
    assert "s3://county/lus has deliveries from 2024-03-01 to 2024-03-01" in ran.out
    again = lus_here("run", "--landing", there.sender.address, *options)
    assert "nothing new" in again.out
