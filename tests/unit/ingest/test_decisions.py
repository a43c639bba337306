"""Corrections, replays and acknowledged gaps: recorded, dated, and undone by nobody."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.errors import LusError
from lus_assets.ingest.catalog import Catalog, Decision
from lus_assets.ingest.decisions import accept_correction, acknowledge_gap, replay
from tests.unit.ingest.support import DAY, County, is_sum_right, row, to_csv
from tests.unit.privacy.numbers import PERSONNUMMER

LATER = DAY + timedelta(days=10)
OLD, NEW = to_csv([row("stays")]), to_csv([row("stays", care_type="psychiatric")])


def decided(county: County) -> list[Decision]:
    with Catalog.opened(county.home) as catalog:
        return catalog.decisions()


def accept(county: County, path: str = f"stays/{DAY}/a.csv", **changes: Any):
    given = {"reason": "sender mended the care type", "counts_from": LATER, **changes}
    return accept_correction(
        county.home,
        county.source,
        path,
        given["reason"],
        given["counts_from"],
        county.pseudonymizer,
    )


def read_again(county: County, counts_from: date = LATER):
    path = f"stays/{DAY}/a.csv"
    arguments = (path, "reader mended", counts_from, county.pseudonymizer)
    return replay(county.home, county.source, *arguments)


def test_a_refused_file_counts_from_the_date_given_once_accepted(county: County):
    for content in (OLD, NEW):
        county.deliver("stays", content)
    report = accept(county)
    assert (report.status, report.rows_delivered) == ("accepted", 1)
    old, refused, new = county.versions()
    assert (old.counts_from, old.counts_until) == (DAY, LATER)
    assert (new.kind, new.counts_from, new.counts_until) == ("correction", LATER, None)
    assert refused.counts_until == refused.counts_from
    assert [each["care_type"] for each in county.lake("stays")] == ["somatic", "psychiatric"]
    assert county.ingest("stays").files[0].status == "seen"
    assert is_sum_right(county)
    (decision,) = decided(county)
    assert (decision.kind, decision.path) == ("accept_correction", old.path)
    assert (decision.counts_from, decision.content_hash) == (LATER, new.content_hash)
    assert decision.reason == "sender mended the care type"


def test_a_correction_needs_no_ingestion_in_between(county: County):
    county.deliver("stays", OLD)
    county.put("stays", NEW)
    accept(county)
    assert [version.kind for version in county.versions()] == ["delivery", "correction"]


def test_a_correction_of_a_correction_leaves_no_day_with_two_versions(county: County):
    county.deliver("stays", OLD)
    for content, counts_from in ((NEW, LATER), (OLD, DAY + timedelta(days=3))):
        county.put("stays", content)
        accept(county, counts_from=counts_from)
    for offset in range(20):
        as_of = DAY + timedelta(days=offset)
        counting = [
            version
            for version in county.versions()
            if version.counts_from <= as_of
            and (version.counts_until is None or as_of < version.counts_until)
        ]
        assert len(counting) == 1
        assert counting[0].kind == ("delivery" if offset < 3 else "correction")
    assert len({version.file_version_id for version in county.versions()}) == 3


def test_a_quarantined_file_can_be_put_right(county: County):
    county.deliver("stays", OLD.replace(b",", b";"))
    assert county.deliver("stays", OLD).files[0].status == "refused"
    assert accept(county, counts_from=DAY).rows_quarantined == 0


def test_what_cannot_be_read_is_no_correction(county: County):
    county.deliver("stays", OLD)
    before = (county.state(), county.versions())
    county.put("stays", NEW.replace(b",", b";"))
    with pytest.raises(LusError, match="semicolons"):
        accept(county)
    assert (county.state(), county.versions(), decided(county)) == (*before, [])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"counts_from": DAY - timedelta(days=1)}, "before it was delivered"),
        ({"reason": "  "}, "no reason"),
        ({"reason": f"wrong person {PERSONNUMMER[0]}"}, "like a person id"),
        ({"path": f"stays/{DAY}/b.csv"}, "no such file"),
        ({"path": f"stayz/{DAY}/a.csv"}, "no such file"),
        ({"path": "../etc/passwd"}, "no such file"),
    ],
)
def test_a_decision_without_ground_is_refused(county: County, changes: dict[str, Any], told: str):
    county.deliver("stays", OLD)
    county.put("stays", NEW)
    with pytest.raises(LusError, match=told) as caught:
        accept(county, **changes)
    assert PERSONNUMMER[0] not in str(caught.value)
    assert decided(county) == []
    assert len(county.versions()) == 1


def test_the_content_that_counts_is_no_correction(county: County):
    county.deliver("stays", OLD)
    with pytest.raises(LusError, match="counts already"):
        accept(county)


def test_a_file_never_read_is_no_correction(county: County):
    county.put("stays", OLD)
    with pytest.raises(LusError, match="never read"):
        accept(county)


def test_a_replay_reads_the_same_content_with_todays_code(
    county: County, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as broken:
        broken.setattr("lus_assets.ingest.read_csv.find_records", all_broken)
        county.deliver("stays", OLD)
    assert county.reasons("stays") == ["NOT_CSV"]
    read_again(county)
    assert county.reasons("stays") == ["NOT_CSV", None]
    first, second = county.versions()
    assert (first.counts_until, second.kind, second.counts_from) == (LATER, "replay", LATER)
    assert first.content_hash == second.content_hash
    assert [each.kind for each in decided(county)] == ["replay"]
    assert county.ingest("stays").files[0].status == "seen"


def all_broken(data: bytes, width: int, *, is_last: bool):
    from lus_assets.ingest.lines import find_records

    return find_records(data, width + 1, is_last=is_last)


def test_other_content_is_no_replay(county: County):
    county.deliver("stays", OLD)
    county.put("stays", NEW)
    with pytest.raises(LusError, match="other content"):
        read_again(county)


def test_a_gap_is_acknowledged_once_with_its_reason(county: County):
    first = acknowledge_gap(county.home, "placements", DAY, "the sender confirmed: none")
    second = acknowledge_gap(county.home, "placements", DAY, "the sender confirmed: none")
    assert first.decision_id == second.decision_id
    (decision,) = decided(county)
    assert (decision.kind, decision.feed) == ("acknowledge_gap", "placements")
    assert (decision.delivery_date, decision.path) == (DAY, None)


def test_a_day_with_a_delivery_is_no_gap(county: County):
    county.deliver("stays", OLD)
    with pytest.raises(LusError, match="no gap"):
        acknowledge_gap(county.home, "stays", DAY, "really")
    with pytest.raises(LusError, match="no such feed"):
        acknowledge_gap(county.home, "stayz", DAY, "really")


def test_ids_do_not_depend_on_the_place_or_time(tmp_path: Path):
    ids = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        county = County(tmp_path / name)
        county.deliver("stays", OLD)
        county.put("stays", NEW)
        accept(county)
        ids.append(
            [each.file_version_id for each in county.versions()]
            + [each.decision_id for each in decided(county)]
        )
    assert ids[0] == ids[1]
    assert {len(each) for each in ids[0]} == {32}


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_file_is_found_by_its_path_or_by_the_recorded_one(county: County, is_recorded: bool):
    path = county.put("stays", OLD, f"{PERSONNUMMER[0]}.csv")
    county.ingest("stays")
    county.put("stays", NEW, f"{PERSONNUMMER[0]}.csv")
    report = accept(county, county.versions()[0].path if is_recorded else path)
    assert PERSONNUMMER[0] not in report.path
    assert len(county.versions()) == 2
