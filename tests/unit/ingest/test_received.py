"""What the home received itself is ingested beside the landing area, by the same promises."""

from datetime import timedelta

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.installation import Installation
from lus_assets.ingest.decisions import acknowledge_gap, replay
from lus_assets.ingest.ingest import ingest_day, ingest_days
from lus_assets.ingest.pending import pending_days
from lus_assets.ingest.received import delivery_source, receive
from lus_assets.ingest.report import DayReport
from lus_assets.warehouse.assets import as_of_date
from tests.unit.ingest.support import DAY, County, is_sum_right, row, to_csv

NEXT = DAY + timedelta(days=1)
CONTENT = to_csv([row("disputes"), row("disputes", dispute_id="D2", status="lost")])
OTHER = to_csv([row("disputes", dispute_id="D3")])


def take_in(county: County) -> DayReport:
    source = delivery_source(county.home, county.landing)
    return ingest_day(county.home, source, "disputes", DAY, county.pseudonymizer)


def test_received_rows_are_read_and_counted_like_delivered_ones(county: County) -> None:
    county.put("disputes", OTHER)
    path = receive(county.home, "disputes", DAY, CONTENT)
    assert path is not None
    report = take_in(county)
    assert [file.path.split("/")[0] for file in report.files] == ["disputes", "received"]
    assert (report.rows_delivered, report.rows_quarantined) == (3, 1)
    assert is_sum_right(county)
    assert {file.status for file in take_in(county).files} == {"seen"}


def test_only_the_owner_reads_what_was_received(county: County) -> None:
    path = receive(county.home, "disputes", DAY, CONTENT)
    assert path is not None
    assert path.read_bytes() == CONTENT
    assert path.stat().st_mode & 0o777 == 0o600
    folders = (path.parent, path.parent.parent, county.home.received)
    assert {each.stat().st_mode & 0o777 for each in folders} == {0o700}
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_same_content_again_is_a_no_op_on_any_day(county: County) -> None:
    first = receive(county.home, "disputes", DAY, CONTENT)
    assert receive(county.home, "disputes", DAY, CONTENT) is None
    assert receive(county.home, "disputes", NEXT, CONTENT) is None
    second = receive(county.home, "disputes", DAY, OTHER)
    assert first is not None
    assert second is not None
    assert [first.name[:4], second.name[:4]] == ["001-", "002-"]


def test_a_kill_while_writing_leaves_nothing_that_is_read(county: County) -> None:
    day = county.home.received / "disputes" / DAY.isoformat()
    day.mkdir(parents=True)
    (day / ".receiving.part").write_bytes(b"dispute_id,half of")
    assert take_in(county).files == ()
    assert receive(county.home, "disputes", DAY, CONTENT) is not None
    assert take_in(county).rows_delivered == 2


def test_a_day_with_only_received_files_is_still_a_gap_that_can_be_acknowledged(
    county: County,
) -> None:
    receive(county.home, "disputes", DAY, CONTENT)
    assert take_in(county).is_gap
    assert acknowledge_gap(county.home, "disputes", DAY, "no feed yet").delivery_date == DAY
    county.put("disputes", OTHER)
    assert not take_in(county).is_gap


def test_a_received_file_makes_its_day_pending_until_it_was_read(county: County) -> None:
    source = delivery_source(county.home, county.landing)
    assert pending_days(county.home, source, county.pseudonymizer) == []
    receive(county.home, "disputes", NEXT, CONTENT)
    assert pending_days(county.home, source, county.pseudonymizer) == [NEXT]
    report = ingest_days(county.home, source, county.pseudonymizer)
    assert sum(day.rows_delivered for day in report.days) == 2
    assert pending_days(county.home, source, county.pseudonymizer) == []


def test_a_received_file_that_was_changed_is_refused_and_the_read_content_stays(
    county: County,
) -> None:
    path = receive(county.home, "disputes", DAY, CONTENT)
    assert path is not None
    take_in(county)
    path.write_bytes(OTHER)
    assert [file.status for file in take_in(county).files] == ["refused"]
    assert next(each["dispute_id"] for each in county.lake("disputes")) == "D1"


def test_a_received_file_can_be_replayed_by_its_path(county: County) -> None:
    receive(county.home, "disputes", DAY, CONTENT)
    (file,) = take_in(county).files
    source = delivery_source(county.home, county.landing)
    again = replay(county.home, source, file.path, "reader mended", NEXT, county.pseudonymizer)
    assert (again.status, again.rows_delivered) == ("accepted", 2)


def test_a_full_disk_is_told_and_nothing_is_received(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(LusError, match="No space left"):
        receive(county.home, "disputes", DAY, CONTENT)
    monkeypatch.undo()
    assert take_in(county).files == ()


def test_an_objection_of_today_does_not_make_today_known(county: County) -> None:
    county.put("disputes", OTHER)
    receive(county.home, "disputes", NEXT, CONTENT)
    source = delivery_source(county.home, county.landing)
    ingest_days(county.home, source, county.pseudonymizer)
    assert as_of_date(Installation(county.home, county.landing)) == DAY
