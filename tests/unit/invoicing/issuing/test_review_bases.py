"""Review bases: who gets one, what it freezes, and that none tells of another's people."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.outcome import IssueReport
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.ledger.ledger import Entry, Ledger
from lus_assets.privacy import vault
from lus_assets.privacy.arrow import pc
from lus_assets.privacy.vault import FORMER_SCHEMA, IDENTITY_SCHEMA, VaultRows
from lus_assets.publishing.release import verify_release
from lus_assets.warehouse.connection import connect
from tests.unit.invoicing.issuing.bases import contents, entries
from tests.unit.invoicing.review_base.review_example import (
    MONTH,
    PSYCHIATRIC,
    SOMATIC,
    episode,
    finding,
    month_row,
)
from tests.unit.publishing.tiny_marts import build_warehouse

REVIEWED, LATER = date(2024, 4, 5), date(2024, 4, 12)
MARTS = (
    *("dim_municipality", "dim_ruleset", "dim_snapshot", "fct_correction_line"),
    *("fct_discharge_episode", "fct_episode_finding", "fct_municipality_month"),
    "fct_restatement",
)
Row = dict[str, Any]
HERS, HIS = episode(1, 4), episode(2, 7, liable_municipality_code="0127")
MISSING = ("SIP_CALL_MISSING", "Kallelse till samordnad individuell planering saknas.")


def municipality(code: str, *, in_region: bool = True) -> Row:
    return {
        "municipality_code": code,
        "municipality_name": f"Kommun {code}",
        "county_code": "01" if in_region else "99",
        "is_in_region": in_region,
    }


def build(
    home: Home,
    episodes: Sequence[Row] = (HERS, HIS),
    *,
    as_of: date = REVIEWED,
    months: Sequence[Row] | None = None,
    corrections: Sequence[Row] = (),
    restated: Sequence[Row] = (),
    reviews: Sequence[Row] = (),
) -> None:
    """0126 and 0127 have an episode each, 0128 of the region has none, 0380 is another region's."""
    shown = [{name: row[name] for name in row if name != "person_id"} for row in episodes]
    codes = sorted({row["liable_municipality_code"] for row in episodes})
    rows = {
        "dim_municipality": [
            *(municipality(code) for code in ("0126", "0127", "0128")),
            *(municipality(code, in_region=False) for code in ("0380", "0381")),
        ],
        "dim_ruleset": [{**SOMATIC}, {**PSYCHIATRIC}],
        "fct_discharge_episode": shown,
        "fct_episode_finding": [finding(row["episode_id"], *MISSING) for row in shown],
        "fct_municipality_month": months
        if months is not None
        else [month_row(municipality_code=code) for code in codes],
        "fct_correction_line": corrections,
        "fct_restatement": restated,
        "staging.stg_review": reviews,
        "intermediate.int_billed_episode": [_billed(row) for row in shown],
        "intermediate.int_stay_episode": [
            {"episode_id": row["episode_id"], "stay_id": stay}
            for row in shown
            for stay in (row["episode_id"], f"{row['episode_id']}-2")
        ],
    }
    build_warehouse(home, as_of, rows, MARTS)
    people = [
        {**{name: row[name] for name in ("person_key", "person_id")}, "person_id_kind": "reserve"}
        for row in episodes
    ]
    identities = [pa.Table.from_pylist(people, schema=IDENTITY_SCHEMA)] if people else []
    vault.write(home, VaultRows(identities=identities))


def _billed(row: Row) -> Row:
    same = ("episode_id", "discharge_date", "ruleset_id", "liability_entry_date")
    same += ("ready_days", "liable_days", "billing_month")
    return {name: row[name] for name in same} | {
        "municipality_code": row["liable_municipality_code"],
        "billing_model": "mean_excess",
        "rate_source": "national",
        "mean_level": Decimal(2),
        "is_billable_before_disputes": row["is_billable"],
        "is_cut_out": False,
    }


def correction(code: str, days: str, month: date = date(2024, 2, 1)) -> Row:
    kind = "credit" if Decimal(days) < 0 else "debit"
    return {
        "original_month": month,
        "municipality_code": code,
        "line_type": kind,
        "corrects_line_id": "L1" if kind == "credit" else None,
        "ruleset_id": SOMATIC["ruleset_id"],
        "episode_id": None,
        "quantity_days": Decimal(days),
        "unit_price_sek": Decimal(11600),
        "amount_sek": Decimal(days) * 11600,
    }


def restatement(code: str, episode_id: str, change_type: str = "changed") -> Row:
    """An episode of February that is known otherwise than when it was reviewed."""
    then, now = {"ready_days": 5, "is_billable": True}, {"ready_days": 3, "is_billable": True}
    return {
        "billing_month": date(2024, 2, 1),
        "municipality_code": code,
        "episode_id": episode_id,
        "change_type": change_type,
        "discharge_date_reviewed": date(2024, 2, 20),
        "discharge_date_now": date(2024, 2, 18),
        **{f"{name}_reviewed": value for name, value in then.items()},
        **{f"{name}_now": value for name, value in now.items()},
    }


def review(home: Home, as_of: date = REVIEWED, reason: str | None = None) -> IssueReport:
    return issue_review_bases(home, MONTH, as_of, reason)


def part(home: Home, code: str, name: str) -> list[Row]:
    with Ledger.opened(home) as ledger:
        entry = ledger.newest("review", MONTH, code)
        assert entry is not None
        return pq.read_table(pa.BufferReader(ledger.part(entry, name))).to_pylist()


def newest(home: Home, code: str) -> Entry:
    with Ledger.opened(home) as ledger:
        entry = ledger.newest("review", MONTH, code)
    assert entry is not None
    return entry


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).prepare()


def test_every_municipality_of_the_region_gets_one_also_without_patients(home: Home) -> None:
    build(home)
    report = review(home)
    assert [each.municipality_code for each in report.outcomes] == ["0126", "0127", "0128"]
    assert report.count("issued") == 3
    assert part(home, "0128", "episodes") == part(home, "0128", "billed") == []
    assert [each.number for each in entries(home)] == [None] * 3


def test_another_region_s_municipality_gets_one_when_it_has_patients_or_corrections(
    home: Home,
) -> None:
    guest = episode(3, 5, liable_municipality_code="0380")
    build(home, [HERS, guest], corrections=[correction("0381", "2")])
    report = review(home)
    assert [each.municipality_code for each in report.outcomes] == [
        *("0126", "0127", "0128", "0380", "0381"),
    ]


def test_a_base_holds_its_own_people_by_person_id_and_no_other_and_no_pseudonym(
    home: Home,
) -> None:
    build(home)
    review(home)
    hers = contents(home.published / "review" / "2024-03" / "v1" / "0126")
    his = contents(home.published / "review" / "2024-03" / "v1" / "0127")
    assert HERS["person_id"].encode() in hers["episodes.csv"]
    for name, content in hers.items():
        assert HIS["person_id"].encode() not in content, name
        assert HIS["episode_id"].encode() not in content, name
    for content in (*hers.values(), *his.values()):
        assert HERS["person_key"].encode() not in content
        assert HIS["person_key"].encode() not in content


def test_the_ledger_holds_no_person_id(home: Home) -> None:
    build(home)
    review(home)
    assert sum(len(entry.parts) for entry in entries(home)) > 20
    for entry in entries(home):
        for name in entry.parts:
            text = str(part(home, entry.municipality_code, name))
            assert HERS["person_id"] not in text
            assert HIS["person_id"] not in text
        assert HERS["person_id"] not in str(entry.facts)


def test_only_the_owner_reads_review_bases(home: Home) -> None:
    build(home)
    review(home)
    paths = list((home.published / "review").rglob("*"))
    assert len(paths) > 20
    for path in paths:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_it_says_what_it_was_made_from_and_until_when_one_may_object(home: Home) -> None:
    build(home)
    outcome = review(home).outcomes[0]
    assert outcome.folder == home.published / "review" / "2024-03" / "v1" / "0126"
    assert verify_release(outcome.folder).is_intact
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    assert (manifest["as_of"], manifest["objections_until"]) == ("2024-04-05", "2024-04-26")
    assert (manifest["version"], manifest["reason"]) == (1, None)
    assert [each["status"] for each in manifest["rulesets"]] == ["assumption"]
    assert manifest["ledger"]["entry_hash"] == newest(home, "0126").entry_hash


def test_the_episodes_behind_corrections_stand_there_with_their_people(home: Home) -> None:
    february = {"billing_month": date(2024, 2, 1)}
    build(
        home,
        [HERS, HIS, episode(3, 3, **february)],
        corrections=[correction("0126", "-2"), correction("0126", "3")],
        restated=[
            restatement("0126", "S-0003"),
            # it went to the neighbour: whose days it is now, and how many, is not told here
            restatement("0126", "S-0002", "disappeared"),
            restatement("0127", "S-0002", "appeared"),
        ],
    )
    review(home)
    (gone, there) = part(home, "0126", "changed")
    assert there["episode_id"] == "S-0003"
    assert (there["ready_days_reviewed"], there["ready_days_now"]) == (5, 3)
    assert (gone["episode_id"], gone["ready_days_now"], gone["person_key"]) == (
        "S-0002",
        None,
        None,
    )
    # of a month without corrections nothing is told
    assert part(home, "0127", "changed") == []
    folder = contents(home.published / "review" / "2024-03" / "v1" / "0126")
    assert episode(3, 3)["person_id"].encode() in folder["changes.csv"]
    assert HIS["person_id"].encode() not in b"".join(folder.values())


def test_it_freezes_what_the_invoice_base_is_made_of(home: Home) -> None:
    build(home, corrections=[correction("0126", "-2"), correction("0126", "3")])
    review(home)
    (billed,) = part(home, "0126", "billed")
    assert (billed["episode_id"], billed["ready_days"], billed["liable_days"]) == ("S-0001", 4, 1)
    assert (billed["billing_model"], billed["mean_level"]) == ("mean_excess", Decimal("2.0000"))
    assert billed["is_billable_before_disputes"]
    assert [row["stay_id"] for row in part(home, "0126", "stays")] == ["S-0001", "S-0001-2"]
    corrections = part(home, "0126", "corrections")
    assert [(row["line_number"], row["line_type"]) for row in corrections] == [
        *((1, "credit"), (2, "debit")),
    ]
    assert part(home, "0127", "corrections") == []


def test_only_corrections_of_earlier_months_are_announced(home: Home) -> None:
    lines = [correction("0126", "3", month) for month in (date(2024, 2, 1), MONTH)]
    build(home, corrections=[*lines, correction("0126", "3", date(2024, 4, 1))])
    review(home)
    announced = [row["original_month"] for row in part(home, "0126", "corrections")]
    assert announced == [date(2024, 2, 1)]


@pytest.mark.parametrize("as_of", [date(2024, 3, 1), date(2024, 3, 31)])
def test_a_month_that_is_not_over_cannot_be_reviewed(home: Home, as_of: date) -> None:
    build(home, as_of=as_of)
    with pytest.raises(LusError, match="2024-03 is not over"):
        review(home, as_of)
    assert not home.ledger.exists()


def test_the_day_after_the_month_it_can(home: Home) -> None:
    build(home, as_of=date(2024, 4, 1))
    assert review(home, date(2024, 4, 1)).count("issued") == 3


def test_issued_is_frozen_whatever_is_known_later(home: Home) -> None:
    build(home)
    review(home)
    before = contents(home.published / "review")
    build(home, [episode(1, 6)], as_of=LATER)
    report = review(home, LATER)
    assert [each.status for each in report.outcomes] == ["unchanged"] * 3
    assert contents(home.published / "review") == before
    assert part(home, "0126", "billed")[0]["ready_days"] == 4


def test_with_a_reason_those_whose_content_is_another_get_a_new_version(home: Home) -> None:
    build(home)
    review(home)
    before = contents(home.published / "review")
    build(home, [episode(1, 6), HIS], as_of=LATER)
    report = review(home, LATER, "Klinikens utskrivningsdatum var fel")
    assert [each.status for each in report.outcomes] == ["issued", "unchanged", "unchanged"]
    entry = newest(home, "0126")
    assert (entry.version, entry.as_of) == (2, LATER)
    assert entry.facts["reason"] == "Klinikens utskrivningsdatum var fel"
    assert entry.facts["objections_until"] == "2024-05-03", "21 days from its own date"
    assert report.outcomes[0].folder == home.published / "review" / "2024-03" / "v2" / "0126"
    after = contents(home.published / "review")
    assert {name: after[name] for name in before} == before
    assert newest(home, "0127").version == 1


def test_who_has_nobody_left_gets_a_new_version_too_in_another_region_as_well(home: Home) -> None:
    """Otherwise two municipalities would be charged for one patient: 0380's has moved to 0127."""
    build(home, [{**HERS, "liable_municipality_code": "0380"}, HIS])
    review(home)
    reviewed = {"billing_month": MONTH, "municipality_code": "0380", "as_of": REVIEWED}
    moved = {**HERS, "liable_municipality_code": "0127"}
    build(home, [moved, HIS], as_of=LATER, reviews=[reviewed])
    review(home, LATER, "Fel folkbokföring")
    assert (newest(home, "0380").version, newest(home, "0127").version) == (2, 2)
    assert part(home, "0380", "billed") == []


def test_the_same_content_with_a_reason_is_no_new_version(home: Home) -> None:
    build(home)
    review(home)
    build(home, as_of=LATER)
    assert review(home, LATER, "Ingen skillnad").count("issued") == 0


def test_another_description_or_pseudonym_is_no_other_content(home: Home) -> None:
    """After an upgrade, or a new key, nobody's days for objections begin again."""
    build(home)
    review(home)
    new_key = {**HERS, "person_key": "b" * 32}
    former = {"former_key": [HERS["person_key"]], "person_key": [new_key["person_key"]]}
    with vault.opened(home) as store:
        store.append("former_key", pa.table(former, schema=FORMER_SCHEMA))
    build(home, [new_key, HIS], as_of=LATER)
    with connect(home.warehouse) as connection:
        connection.execute("comment on column marts.fct_discharge_episode.ready_days is 'Days.'")
    assert review(home, LATER, "Uppgradering").count("issued") == 0
    build(home, [{**new_key, "ready_days": 5}, HIS], as_of=LATER)
    assert review(home, LATER, "Ett dygn till").count("issued") == 1


def test_a_person_unknown_to_the_vault_has_an_empty_person_id(home: Home) -> None:
    build(home)
    with vault.opened(home) as store:
        store.keep_rows(
            "identity", lambda rows: pc.not_equal(rows["person_key"], HERS["person_key"])
        )
    assert review(home).count("issued") == 3
