"""Objections come in and are decided: what is taken, what is known, and what is never told."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.received import delivery_source
from lus_assets.invoicing.disputes.decisions import Decided, Decision, decide_disputes
from lus_assets.invoicing.disputes.intake import Intake, import_disputes
from lus_assets.invoicing.disputes.register import known_disputes
from lus_assets.invoicing.review_base.files import review_workbook
from lus_assets.privacy.keys import Pseudonymizer
from tests.unit.ingest.support import row, to_csv
from tests.unit.invoicing.disputes.returned_example import (
    DAYS,
    NEIGHBOUR,
    NEIGHBOURS_WORKBOOK,
    RECEIVED,
    REVIEW,
    SIP,
    WORKBOOK,
    filled,
    issue,
    put,
)
from tests.unit.invoicing.review_base.review_example import CHANGED, document
from tests.unit.privacy.numbers import PERSONNUMMER

PRIVATE = "Hon bor hos sin syster i Tumba"


class Office:
    """A home that issued Huddinge's and Stockholm's review bases, and short ways to work in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = Home(root / "home").prepare()
        (root / "landing").mkdir()
        self.key = Pseudonymizer.from_environment()
        for each in (REVIEW, NEIGHBOUR):
            issue(self.home, each)

    def bring(self, *files: Path, day: date = RECEIVED, sender: str | None = None) -> Intake:
        return import_disputes(self.home, files, day, self.key, sender)

    def back(self, rows: Mapping[int, Mapping[str, Any]], name: str = "tillbaka.xlsx") -> Path:
        return put(self.root, filled(WORKBOOK, rows), name)

    def csv(self, *rows: Mapping[str, str | None]) -> Path:
        return put(self.root, to_csv(rows), "invandningar.csv")

    def ingest(self) -> None:
        source = delivery_source(self.home, self.root / "landing")
        ingest_days(self.home, source, self.key)

    def deliver(self, day: date, **changes: str) -> None:
        """A file in the landing area, ingested."""
        folder = self.root / "landing" / "disputes" / day.isoformat()
        folder.mkdir(parents=True)
        (folder / "a.csv").write_bytes(to_csv([row("disputes", **changes)]))
        self.ingest()

    def statuses(self) -> dict[str, str]:
        return {
            each.newest.episode_id: each.newest.status
            for each in known_disputes(self.home, self.key).values()
        }

    def ids(self) -> list[str]:
        return sorted(known_disputes(self.home, self.key))

    def received(self) -> list[Path]:
        return sorted(self.home.received.rglob("*.csv"))

    def decide(self, status: str, on: date, *ids: str, received: date | None = None) -> Decided:
        decisions = [Decision(each, status, on) for each in ids or self.ids()]
        return decide_disputes(self.home, decisions, self.key, received)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def own(**changes: str | None) -> dict[str, str | None]:
    """A row of the feed about Huddinge's episode S-0004."""
    given = {"episode_id": "S-0004", "municipality_code": "0126", "billing_month": "2024-03"}
    times = {"raised_at": "2024-04-10", "updated_at": "2024-04-10T08:00"}
    return row("disputes", **{**given, **times, **changes})


def told(intake: Intake) -> list[tuple[int, str]]:
    return [(each.row, each.outcome) for file in intake.files for each in file.remarks]


def why(intake: Intake) -> str:
    (remark,) = [each for file in intake.files for each in file.remarks]
    return f"{remark.outcome}: {remark.why}"


def test_a_returned_workbook_becomes_one_delivery_that_ingestion_takes_whole(
    office: Office,
) -> None:
    intake = office.bring(office.back({10: {"ground": DAYS, "words": PRIVATE}, 9: {"ground": SIP}}))
    assert told(intake) == [(9, "taken"), (10, "taken")]
    assert intake.is_whole
    assert intake.path is not None
    assert intake.path.parent.name == "2024-04-15"
    assert intake.path.stat().st_mode & 0o777 == 0o600
    before = known_disputes(office.home, office.key)
    office.ingest()
    assert known_disputes(office.home, office.key) == before
    assert office.statuses() == {"S-0003": "open", "S-0004": "open"}
    grounds = {each.newest.ground for each in before.values()}
    assert grounds == {SIP, f"{DAYS}. {PRIVATE}"}


def test_the_same_workbook_again_changes_nothing_on_any_day(office: Office) -> None:
    back = office.back({10: {"ground": DAYS}})
    office.bring(back)
    for ingest_between in (False, True):
        if ingest_between:
            office.ingest()
        again = office.bring(back, day=date(2024, 4, 20))
        assert told(again) == [(10, "known")]
        assert again.is_whole
        assert again.path is None
    assert len(office.received()) == 1


def test_an_extended_workbook_adds_only_what_is_new(office: Office) -> None:
    office.bring(office.back({10: {"ground": DAYS}}))
    more = office.bring(
        office.back({10: {"ground": DAYS}, 5: {"ground": SIP}}), day=date(2024, 4, 18)
    )
    assert told(more) == [(5, "taken"), (10, "known")]
    assert more.path is not None
    assert more.path.read_text().count("\n") == 2  # header and one row
    assert len(office.ids()) == 2


def test_a_decided_dispute_is_not_opened_by_the_workbook_coming_again(office: Office) -> None:
    back = office.back({10: {"ground": DAYS}})
    office.bring(back)
    office.decide("rejected", date(2024, 4, 17))
    again = office.bring(back, day=date(2024, 4, 19))
    assert "rejected" in why(again)
    assert office.statuses() == {"S-0004": "rejected"}


def test_a_row_that_repeats_another_is_told(office: Office) -> None:
    rows = {10: {"ground": DAYS}, 12: {"episode": "S-0004", "ground": DAYS, "words": "igen"}}
    intake = office.bring(office.back(rows))
    assert told(intake) == [(10, "taken"), (12, "not taken")]
    assert "row 10 is about the same" in intake.files[0].remarks[1].why


def test_an_episode_that_the_review_base_does_not_have_is_not_taken(office: Office) -> None:
    unknown = office.bring(office.back({12: {"episode": PERSONNUMMER[3], "ground": DAYS}}))
    assert why(unknown) == "not taken: the municipality's review base has no such episode"
    neighbours = office.bring(office.back({12: {"episode": "S-0008", "ground": DAYS}}))
    assert why(neighbours) == "not taken: the episode is in another municipality's review base"
    assert office.received() == []


def test_an_episode_behind_a_correction_is_taken_from_the_workbook_that_announces_it(
    office: Office,
) -> None:
    later = document(version=2, behind=CHANGED)
    issue(office.home, later)
    workbook = review_workbook(later)
    row = 5 + len(later.episode_rows)
    intake = office.bring(put(office.root, filled(workbook, {row: {"ground": DAYS}})))
    assert told(intake) == [(row, "taken")]
    assert office.statuses() == {"F-0001": "open"}


def test_a_personnummer_among_the_words_is_not_taken_and_not_told(office: Office) -> None:
    words = f"Gäller {PERSONNUMMER[3][2:8]}-{PERSONNUMMER[3][8:]}"
    intake = office.bring(office.back({10: {"ground": DAYS, "words": words}, 5: {"ground": SIP}}))
    assert told(intake) == [(5, "taken"), (10, "not taken")]
    assert "holds a valid personnummer" in intake.files[0].remarks[1].why
    office.ingest()
    assert office.statuses() == {"S-0001": "open"}


def test_another_municipality_s_workbook_is_refused_whole(office: Office) -> None:
    stranger = put(office.root, filled(NEIGHBOURS_WORKBOOK, {5: {"ground": DAYS}}), "fel.xlsx")
    intake = office.bring(stranger, office.back({10: {"ground": DAYS}}), sender="0126")
    refused, taken = intake.files
    assert "review base of 0180, not 0126" in str(refused.refusal)
    assert taken.count("taken") == 1
    assert not intake.is_whole
    assert office.statuses() == {"S-0004": "open"}


def test_a_workbook_that_was_never_issued_here_is_refused(office: Office) -> None:
    forged = put(office.root, filled(review_workbook(document(version=3)), {5: {"ground": DAYS}}))
    (file,) = office.bring(forged).files
    assert "review base 2024-03 0126 v3, which was never issued here" in str(file.refusal)


@pytest.mark.parametrize("name", ["brev.docx", "saknas.csv", "skräp.xlsx", "skräp.csv"])
def test_a_file_that_is_nothing_we_know_is_refused_by_name(office: Office, name: str) -> None:
    if "saknas" not in name:
        put(office.root, b"hej", name)
    (file,) = office.bring(office.root / name).files
    assert file.refusal is not None
    assert file.refusal.where == name
    assert office.received() == []


def test_a_csv_in_the_layout_of_the_feed_is_taken_like_a_delivery(office: Office) -> None:
    rows = [
        own(),
        own(dispute_id="D2", episode_id="S-0003-a"),  # any stay of an episode
        own(dispute_id="D3", municipality_code="0180"),
        own(dispute_id="D4", billing_month="2024-02"),
        own(dispute_id="D5", status="lost"),
        own(dispute_id="D6", ground=None),
        own(dispute_id="D7", episode_id="S-9999"),
    ]
    intake = office.bring(office.csv(*rows))
    assert told(intake) == [
        (2, "taken"),
        (3, "taken"),
        *((number, "not taken") for number in range(4, 9)),
    ]
    reasons = [each.why for each in intake.files[0].remarks[2:]]
    assert "another municipality's" in reasons[0]
    assert "no review base of 2024-02" in reasons[1]
    assert "a code is none of those listed" in reasons[2]
    assert "a required value is empty" in reasons[3]
    assert office.ids() == ["D1", "D2"]


def test_a_csv_brings_new_versions_and_the_same_again_changes_nothing(office: Office) -> None:
    office.bring(office.csv(own()))
    upheld = own(status="upheld", updated_at="2024-04-14T09:00")
    newer = office.bring(office.csv(own(), upheld))
    assert told(newer) == [(2, "known"), (3, "taken")]
    assert office.statuses() == {"S-0004": "upheld"}
    assert told(office.bring(office.csv(own(), upheld))) == [(2, "known"), (3, "known")]
    other = office.bring(office.csv({**upheld, "status": "rejected"}))
    assert why(other) == "not taken: the dispute is known with other content of the same time"


def test_a_delivered_dispute_is_known_and_can_be_decided_with_its_ground(office: Office) -> None:
    ours = {"episode_id": "S-0004", "municipality_code": "0126", "billing_month": "2024-03"}
    office.deliver(date(2024, 4, 11), **ours, ground=PRIVATE)
    assert office.statuses() == {"S-0004": "open"}
    office.decide("upheld", date(2024, 4, 20))
    office.ingest()
    (known,) = known_disputes(office.home, office.key).values()
    assert (known.newest.status, known.newest.ground) == ("upheld", PRIVATE)
    assert known.newest.raised_at.date() == date(2024, 3, 10)
    assert known.newest.updated_at.date() == known.delivery_date == date(2024, 4, 20)


def test_a_decision_waits_for_no_run_and_stands_after_one(office: Office) -> None:
    office.bring(office.back({10: {"ground": DAYS}, 5: {"ground": SIP}}))
    decided = office.decide("upheld", RECEIVED)  # the day it came: the later received counts
    assert [each.outcome for each in decided.remarks] == ["taken", "taken"]
    assert len(decided.paths) == 1
    for _ in range(2):
        assert set(office.statuses().values()) == {"upheld"}
        office.ingest()


def test_the_same_decision_again_is_a_no_op_and_another_one_replaces_it(office: Office) -> None:
    office.bring(office.back({10: {"ground": DAYS}}))
    office.decide("upheld", date(2024, 4, 20))
    again = office.decide("upheld", date(2024, 4, 20))
    assert [each.outcome for each in again.remarks] == ["known"]
    assert again.is_whole
    assert again.paths == []
    office.decide("rejected", date(2024, 4, 20))
    office.ingest()
    assert office.statuses() == {"S-0004": "rejected"}


@pytest.mark.parametrize(
    ("on", "received", "reason"),
    [
        (date(2024, 4, 14), None, "before 2024-04-15, when its newest version came"),
        (date(2024, 4, 20), date(2024, 4, 19), "cannot count from 2024-04-19"),
    ],
)
def test_a_decision_that_cannot_have_been_taken_then_is_not(
    office: Office, on: date, received: date | None, reason: str
) -> None:
    office.bring(office.back({10: {"ground": DAYS}}))
    decided = office.decide("upheld", on, received=received)
    assert reason in decided.remarks[0].why
    assert not decided.is_whole
    assert office.statuses() == {"S-0004": "open"}


def test_an_unknown_dispute_is_not_decided_and_the_others_are(office: Office) -> None:
    office.bring(office.back({10: {"ground": DAYS}}))
    decided = office.decide("upheld", date(2024, 4, 20), "inv-nothing", *office.ids())
    assert [each.outcome for each in decided.remarks] == ["not taken", "taken"]


@pytest.mark.parametrize("ingests", [True, False])
def test_a_decision_can_be_changed_and_changed_back_on_one_day(
    ingests: bool, office: Office
) -> None:
    office.bring(office.back({10: {"ground": DAYS}}))
    for status in ("upheld", "rejected", "upheld"):
        if ingests:
            office.ingest()
        decided = office.decide(status, date(2024, 4, 20))
        assert [each.outcome for each in decided.remarks] == ["taken"]
        assert len(decided.paths) == 1
    office.ingest()
    assert office.statuses() == {"S-0004": "upheld"}


def test_a_decision_recorded_later_counts_from_the_day_it_was_recorded(office: Office) -> None:
    office.bring(office.back({10: {"ground": DAYS}}))
    decided = office.decide("upheld", date(2024, 4, 20), received=date(2024, 5, 2))
    (path,) = decided.paths
    assert path.parent.name == "2024-05-02"
    assert ",upheld,2024-04-15T00:00:00,2024-04-20T00:00:00" in path.read_text()


def test_no_ground_and_no_person_is_in_what_is_told(office: Office) -> None:
    rows = {row: {"ground": DAYS, "words": f"{PRIVATE} {row}"} for row in range(5, 12)}
    rows[12] = {"episode": PERSONNUMMER[3], "ground": DAYS, "words": PRIVATE}
    rows[13] = {"ground": PRIVATE}
    intake = office.bring(office.back(rows), office.csv(own(ground=PRIVATE, status="lost")))
    said = repr([each for file in intake.files for each in (*file.remarks, file.refusal)])
    assert "Tumba" not in said
    assert not [each for each in PERSONNUMMER if each in said]


def test_a_home_that_cannot_be_written_has_received_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    back = office.back({10: {"ground": DAYS}})
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(LusError, match="what was received cannot be kept"):
        office.bring(back)
    monkeypatch.undo()
    assert office.ids() == []
    assert office.bring(back).count("taken") == 1


_FILLED = st.dictionaries(
    st.integers(5, 11), st.sampled_from([DAYS, SIP]).map(lambda ground: {"ground": ground})
)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_FILLED, min_size=1, max_size=4))
def test_whatever_comes_back_how_often_every_objection_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, returns: list[dict[int, dict[str, str]]]
) -> None:
    office = Office(tmp_path_factory.mktemp("office"))
    for number, rows in enumerate(returns):
        office.bring(office.back(rows), day=date(2024, 4, 10 + number))
        if number % 2:
            office.ingest()
    office.ingest()
    wanted = {(row, cells["ground"]) for rows in returns for row, cells in rows.items()}
    assert len(office.ids()) == len(wanted)
    delivered = sum(path.read_text().count("\n") - 1 for path in office.received())
    assert delivered == len(wanted)
