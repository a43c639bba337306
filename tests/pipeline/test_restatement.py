"""A month that is known otherwise after it was reviewed and invoiced: what changed and by what, and
the way back from each line of the ledger. Worked out by hand from case MEAN-2."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.installation import Installation
from lus_assets.explain.line import explain_line
from lus_assets.explain.restatement import restatement_report
from lus_assets.invoicing.assets import _show_issued
from lus_assets.invoicing.issuing.invoice_bases import issue_invoice_bases
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.ledger.ledger import Ledger
from lus_assets.publishing.marts import open_marts
from lus_assets.publishing.snapshot import publish_snapshot
from lus_assets.warehouse.connection import connect
from tests.golden.cases import CaseGroup, case_groups
from tests.golden.contract import FEED_COLUMNS, write_landing
from tests.pipeline.command import lus_here
from tests.pipeline.deliveries import write_rows
from tests.pipeline.marts import query, write_region
from tests.pipeline.quick_marts import know

MONTH, NEXT = date(2024, 3, 1), date(2024, 4, 1)
REVIEWED, INVOICED = date(2024, 4, 5), date(2024, 4, 26)
REVIEWED_NEXT, INVOICED_NEXT = date(2024, 5, 5), date(2024, 5, 26)
ACTIVE = {
    "ruleset_invoicing.csv": "ruleset_id,valid_from,invoicing\n"
    "stockholm-2020-somatic,2024-03-01,active\n"
    "stockholm-2020-psychiatric,2024-03-01,active\n"
}
LATER = {
    "stay_id": "MEAN-2-c",
    "person_id": "R-MEAN-2-c",
    "hospital_unit": "Medicinavdelning 1",
    "care_type": "somatic",
    "admission_type": "unplanned",
    "admitted_at": "2024-03-04 08:00",
    "discharged_at": "2024-03-18 15:00",
    "discharge_type": "home",
    "updated_at": "2024-04-10 09:00",
}
"""Patient c of MEAN-2 left two days later than was first delivered: 7 ready days, not 5."""
UPHELD = {
    "dispute_id": "d-1",
    "episode_id": "MEAN-2-b",
    "municipality_code": "0115",
    "billing_month": "2024-03",
    "ground": "Kommunen bestrider",
    "status": "upheld",
    "raised_at": "2024-04-12 09:00",
    "updated_at": "2024-04-12 09:00",
}
SOMATIC, PSYCHIATRIC = "stockholm-2020-somatic", "stockholm-2020-psychiatric"


@dataclass(frozen=True)
class County:
    home: Home
    landing: Path
    episodes: list[tuple]
    months: list[tuple]
    lines: dict[str, str]


def deliver(landing: Path, feed: str, day: date, row: dict[str, str]) -> None:
    columns = list(FEED_COLUMNS[feed])
    path = landing / feed / day.isoformat() / "late.csv"
    write_rows(path, columns, [dict.fromkeys(columns, "") | row])


EPISODES = """
    select municipality_code, episode_id, change_type, changed_by, feed, delivery_date, path,
        row_number, ready_days_reviewed, ready_days_now, liable_days_reviewed, liable_days_now,
        discharge_date_reviewed, discharge_date_now, is_billable_reviewed, is_billable_now
    from marts.fct_restatement order by all
"""
MONTHS = """
    select municipality_code, ruleset_id, episodes_changed, amount_reviewed_sek, amount_issued_sek,
        amount_now_sek, correction_due_sek
    from marts.fct_restatement_month where billing_month = date '2024-03-01' order by all
"""
LINES = """
    select coalesce(episode_id, line_type || ' ' || municipality_code), invoice_line_id
    from marts.fct_invoice_line
"""


def reviewed_then_changed(folder: Path, ids: Sequence[str], last: date) -> tuple[Home, Path]:
    """Home and landing area of these cases, delivered to a last day: reviewed, then a discharge
    corrected and a dispute upheld; as known when the invoice bases are due."""
    world = next(group for group in case_groups() if group.name == "spring-2024")
    cases = [case for case in world.cases if case.id in ids]
    group = CaseGroup(world.name, world.region, world.first_day, last, {}, cases)
    home, landing = Home(folder / "home"), folder / "landing"
    write_landing(landing, group.rows(), group.first_day, last)
    deliver(landing, "stays", date(2024, 4, 10), LATER)
    deliver(landing, "disputes", date(2024, 4, 12), UPHELD)
    write_region(home, rows=ACTIVE)
    know(home, landing, REVIEWED)
    issue_review_bases(home, MONTH, REVIEWED)
    know(home, landing, INVOICED)
    return home, landing


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    folder = tmp_path_factory.mktemp("restatement")
    home, landing = reviewed_then_changed(folder, ("MEAN-2", "MEAN-4", "MEAN-5"), INVOICED_NEXT)
    with query(home) as ask:
        episodes, months = ask(EPISODES), ask(MONTHS)
    issue_invoice_bases(home, MONTH, INVOICED)
    know(home, landing, REVIEWED_NEXT)
    issue_review_bases(home, NEXT, REVIEWED_NEXT)
    know(home, landing, INVOICED_NEXT)
    issue_invoice_bases(home, NEXT, INVOICED_NEXT)
    know(home, landing, INVOICED_NEXT)
    publish_snapshot(home, INVOICED_NEXT)
    with query(home) as ask:
        lines = dict(ask(LINES))
    return County(home, landing, episodes, months, lines)


def copied(county: County, folder: Path) -> tuple[Home, Path]:
    """Home and landing area of the county, to go on with."""
    home, landing = Home(folder / "home"), folder / "landing"
    shutil.copytree(county.home.root, home.root)
    shutil.copytree(county.landing, landing)
    return home, landing


def told(county: County, kind: str, as_of: date = INVOICED_NEXT) -> list[str]:
    with open_marts(county.home, as_of) as marts, Ledger.opened(county.home) as ledger:
        return [each.strip() for each in explain_line(marts, ledger, county.lines[kind])]


def part(lines: list[str], number: int) -> list[str]:
    """The lines below a numbered heading."""
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{number}. "))
    return lines[start + 1 : lines.index("", start)]


def test_each_changed_episode_stands_there_with_the_delivery_that_changed_it(
    county: County,
) -> None:
    stood, left = date(2024, 3, 13), (date(2024, 3, 16), date(2024, 3, 18))
    dispute = ("dispute", "disputes", date(2024, 4, 12), "disputes/2024-04-12/late.csv", 1)
    stay = ("delivery", "stays", date(2024, 4, 10), "stays/2024-04-10/late.csv", 1)
    assert county.episodes == [
        ("0115", "MEAN-2-b", "changed", *dispute, 2, 2, 0, 0, stood, stood, True, False),
        ("0115", "MEAN-2-c", "changed", *stay, 5, 7, 2, 4, *left, True, True),
    ]


def test_reviewed_issued_and_known_amounts_stand_side_by_side(county: County) -> None:
    # reviewed, b taken out: 5 - 2 x 2 = 1 day; now: 7 - 2 x 2 = 3 days
    nothing, days = Decimal("0.00"), Decimal("23200.00")
    other = (days, nothing, days, nothing)
    assert county.months == [
        ("0115", SOMATIC, 2, Decimal("11600.00"), nothing, Decimal("34800.00"), nothing),
        ("0120", SOMATIC, 0, nothing, nothing, nothing, nothing),
        ("0123", PSYCHIATRIC, 0, *other),
        ("0123", SOMATIC, 0, *other),
    ]


def test_once_corrected_what_is_issued_is_what_is_known(county: County) -> None:
    with query(county.home) as ask:
        row, *_ = ask(MONTHS)
    amounts = (Decimal("11600.00"), Decimal("34800.00"), Decimal("34800.00"), Decimal("0.00"))
    assert row == ("0115", SOMATIC, 2, *amounts)


def test_a_charge_is_explained_by_what_was_frozen_when_it_was_issued(county: County) -> None:
    lines = told(county, "charge 0115")
    assert lines[0].endswith(": charge of 2024-03, Vallentuna (0115)")
    assert part(lines, 1)[0] == "LUS-000001, base 2024-03-0115, issued as known at 2024-04-26"
    assert part(lines, 1)[-1].startswith(
        "It follows review base 2024-03 v1, as known at 2024-04-05 (ledger entry"
    )
    assert part(lines, 2)[0] == f"1 × 11 600.00 = 11 600.00 SEK, {SOMATIC}"
    assert {each.split()[3] for each in part(lines, 2)[2:]} == {"credit", "debit"}
    assert part(lines, 3)[-2:] == [
        "Mean: 5 ready days / 2 episodes = 2.5000: above the level 2.00.",
        "Above the level: 5 − 2 × 2.00 = 1 day; 1 × 11 600.00 = 11 600.00 SEK",
    ]
    assert part(lines, 4) == [
        "MEAN-2-a: discharged 2024-03-11, 0 ready days, 0 liable days; in the mean",
        "MEAN-2-b: discharged 2024-03-13, 2 ready days, 0 liable days; out, its dispute was upheld",
        "MEAN-2-c: discharged 2024-03-16, 5 ready days, 2 liable days; in the mean",
        "Together in the mean: 2 episodes with 5 ready days.",
    ]
    assert "Episode MEAN-2-c, as known at 2024-05-26" in lines


def test_who_was_out_of_a_charge_is_so_also_when_another_municipality_is_liable_now(
    county: County, tmp_path: Path
) -> None:
    home, landing = copied(county, tmp_path)
    later = INVOICED_NEXT + timedelta(days=1)
    moved = {"person_id": "R-MEAN-2-b", "municipality_code": "0120", "valid_from": "2024-01-02"}
    deliver(landing, "persons", later, moved)
    know(home, landing, later)
    with query(home) as ask:
        assert ask(
            "select liable_municipality_code, effect from marts.fct_discharge_episode"
            " inner join marts.fct_dispute using (episode_id) where episode_id = 'MEAN-2-b'"
        ) == [("0120", "removes_episode")]
    lines = told(County(home, landing, [], [], county.lines), "charge 0115", later)
    assert part(lines, 4)[1].endswith("; out, its dispute was upheld")


def test_an_individual_charge_is_explained_by_its_one_episode(county: County) -> None:
    lines = told(county, "MEAN-5-b")
    assert part(lines, 2)[0] == f"2 × 11 600.00 = 23 200.00 SEK, {PSYCHIATRIC}"
    assert part(lines, 3)[-1] == (
        "The episode's own days at this price: 2 liable days; 2 × 11 600.00 = 23 200.00 SEK"
    )
    assert part(lines, 4) == [
        "MEAN-5-b: discharged 2024-03-18, 7 ready days, 2 liable days; charged by itself"
    ]
    assert (
        f"Issued: charge of 23 200.00 SEK in base 2024-03-0123, line {county.lines['MEAN-5-b']}"
        in lines
    )


CHANGES = [
    "The month is known otherwise since its own review base:",
    "MEAN-2-b: changed; billable yes → no",
    "by an upheld dispute: disputes/2024-04-12/late.csv, row 1",
    "MEAN-2-c: changed; discharged 2024-03-16 → 2024-03-18, ready days 5 → 7, liable days 2 → 4",
    "by stays/2024-04-10/late.csv, row 1",
]


def test_a_debit_is_explained_by_what_was_known_at_its_review_base(county: County) -> None:
    lines = told(county, "debit 0115")
    assert part(lines, 1)[0].startswith("LUS-0000")
    assert "base 2024-04-0115, issued as known at 2024-05-26" in part(lines, 1)[0]
    why = part(lines, 3)
    assert why[0] == (
        "It charges 2024-03 anew, as known at 2024-05-05, instead of line"
        f" {county.lines['charge 0115']}."
    )
    assert "Mean: 7 ready days / 2 episodes = 3.5000: above the level 2.00." in why
    assert "Above the level: 7 − 2 × 2.00 = 3 days; 3 × 11 600.00 = 34 800.00 SEK" in why
    assert why[-5:] == CHANGES
    assert part(lines, 4)[1].endswith("2 ready days, 0 liable days; not billable")


def test_a_credit_names_the_line_that_it_takes_back_and_how_that_came_about(
    county: County,
) -> None:
    lines = told(county, "credit 0115")
    assert part(lines, 2)[0] == f"-1 × 11 600.00 = -11 600.00 SEK, {SOMATIC}"
    why = part(lines, 3)
    assert why[0] == (
        f"It takes back line {county.lines['charge 0115']} of base 2024-03-0115 in full"
        " (11 600.00 SEK). That line came about so:"
    )
    assert "Above the level: 5 − 2 × 2.00 = 1 day; 1 × 11 600.00 = 11 600.00 SEK" in why
    assert why[-5:] == CHANGES


def test_the_command_tells_lines_and_restatements_and_writes_the_episodes_as_csv(
    county: County, tmp_path: Path
) -> None:
    home = ("--home", county.home.root)
    line = lus_here("explain", county.lines["charge 0115"], *home)
    assert (line.status, line.out.splitlines()[0].split(":")[1]) == (
        0,
        " charge of 2024-03, Vallentuna (0115)",
    )
    out = tmp_path / "restated.csv"
    ended = lus_here("restatement", "--month", "2024-03", *home, "--out", out)
    assert ended.status == 0
    assert "correction due 0.00" in ended.out
    assert "Unchanged, by municipality and ruleset: 3" in ended.out
    rows = out.read_text(encoding="utf-8").splitlines()
    assert len(rows) == 3
    assert rows[0].startswith("billing_month,municipality_code,episode_id,change_type,changed_by")
    assert out.stat().st_mode & 0o777 == 0o600
    later = lus_here("restatement", "--month", "2024-05", *home)
    assert later.status == 1
    assert "lus months" in later.err


def cancel_all(landing: Path, day: date, *episodes: str) -> None:
    """Messages of that day that cancel what brought the episodes into the discharge process."""
    columns = list(FEED_COLUMNS["messages"])
    rows = [
        {
            "message_id": f"{episode}-{what}-cancelled",
            "stay_id": episode,
            "message_type": "cancellation",
            "sender_unit": "Medicinavdelning 1",
            "sender_role": "inpatient",
            "sent_at": f"{day} 09:00",
            "cancels_message_id": f"{episode}-{what}",
        }
        for episode in episodes
        for what in ("admission", "ready")
    ]
    write_rows(
        landing / "messages" / day.isoformat() / "late.csv",
        columns,
        [dict.fromkeys(columns, "") | row for row in rows],
    )


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_line_about_somebody_protected_since_tells_neither_place_nor_episode(
    is_gone: bool, county: County, tmp_path: Path
) -> None:
    """Also when the episode left the discharge process, so that no evidence of it stands."""
    home, landing = copied(county, tmp_path)
    later, columns = INVOICED_NEXT + timedelta(days=1), list(FEED_COLUMNS["persons"])
    now = {"municipality_code": "0120", "protected_identity": "true", "valid_from": "2024-05-20"}
    people = [
        dict.fromkeys(columns, "") | now | {"person_id": f"R-{name}"}
        for name in ("MEAN-5-b", "MEAN-2-c")
    ]
    write_rows(landing / "persons" / later.isoformat() / "late.csv", columns, people)
    if is_gone:
        cancel_all(landing, later, "MEAN-5-b", "MEAN-2-c")
    know(home, landing, later)
    with open_marts(home, later) as marts, Ledger.opened(home) as ledger:
        known = marts.execute("select episode_id from marts.fct_discharge_episode").fetchall()
        assert (("MEAN-5-b",) not in known) == is_gone
        restated = "\n".join(restatement_report(marts, MONTH))
        alone = "\n".join(explain_line(marts, ledger, county.lines["MEAN-5-b"]))
        in_mean = "\n".join(explain_line(marts, ledger, county.lines["charge 0115"]))
    assert "2 × 11 600.00 = 23 200.00 SEK" in alone
    assert "protected now" in alone
    for place in ("MEAN-5-b", "0123", "Järfälla", "0120", "LUS-"):
        assert place not in alone
    assert "An episode that is not shown: its person's identity is protected now." in in_mean
    assert "MEAN-2-a" in in_mean
    assert "MEAN-2-c" not in in_mean
    assert "0120" not in in_mean
    shown, _, hidden = restated.partition("Protected identity now, municipality not shown")
    assert "MEAN-5-b" in hidden
    assert "MEAN-5-b" not in shown


def test_a_line_whose_base_the_ledger_does_not_have_is_told_of(
    county: County, tmp_path: Path
) -> None:
    with (
        open_marts(county.home, INVOICED_NEXT) as marts,
        Ledger.opened(Home(tmp_path)) as empty,
        pytest.raises(LusError, match="does not have the invoice base"),
    ):
        explain_line(marts, empty, county.lines["charge 0115"])


def test_what_the_review_base_knew_already_is_no_restatement(tmp_path: Path) -> None:
    """Reviewed again when a dispute was upheld and a discharge corrected: nothing differs then, and
    every data test of the marts passes (`know`)."""
    home, landing = reviewed_then_changed(tmp_path, ("MEAN-2",), INVOICED)
    with query(home) as ask:
        assert [row[1] for row in ask(EPISODES)] == ["MEAN-2-b", "MEAN-2-c"]
    issue_review_bases(home, MONTH, INVOICED, reason="a hospital delivered late")
    know(home, landing, INVOICED)
    with query(home) as ask:
        assert ask(EPISODES) == []


def test_corrections_that_wait_for_a_rate_stop_no_issuing(tmp_path: Path) -> None:
    """The rate of the invoiced month is no longer known: a check warns, review bases go out."""
    home, landing = reviewed_then_changed(tmp_path, ("MEAN-2",), REVIEWED_NEXT)
    issue_invoice_bases(home, MONTH, INVOICED)
    (home.region / "daily_rate.csv").write_text(
        "rate_source,valid_from,valid_to,rate_sek,source,status\n"
        "national,2024-01-01,2024-01-31,11600.00,of January only,assumption\n",
        encoding="utf-8",
    )
    know(home, landing, REVIEWED_NEXT)
    with connect(home.warehouse) as connection:
        connection.execute("insert into marts.ingest_anomaly (path) values ('stood before')")
    # which disputes are without effect follows what was reviewed: it is made again with the rest
    assert issue_review_bases(home, NEXT, REVIEWED_NEXT).count("issued")
    _show_issued(Installation(home, landing, REVIEWED_NEXT))
    with query(home) as ask:
        waiting = "select distinct first_day_without_rate from intermediate.int_closed_month_line"
        assert [day.month for (day,) in ask(waiting)] == [MONTH.month]
        assert ask("select 1 from marts.fct_month_status where reviewed_as_of = '2024-05-05'")
        assert not ask("select path from marts.ingest_anomaly where path = 'stood before'")
