"""Records that nobody in this project wrote; they lie beside the repository, not in it."""

import csv
import os
import tarfile
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from lus_assets.core.home import Home
from lus_assets.statistics.release import publish_statistics
from lus_assets.warehouse.project import ROOT
from tests.conftest import KEY
from tests.oracle import compute, differences
from tests.pipeline import nhs
from tests.pipeline.command import lus_here
from tests.pipeline.marts import query, write_region
from tests.pipeline.quick_marts import know

SHARED = Path(os.environ.get("LUS_SHARED", ROOT.parent / "shared")) / "real"
MIMIC, MIMIC_AS_OF = SHARED / "mimic_iii_demo" / "landing.tar.gz", date(2025, 1, 31)
NHS = SHARED / "nhs_discharge_ready_date"
ACTIVE = {
    "ruleset_invoicing.csv": "ruleset_id,valid_from,invoicing\n"
    "stockholm-2020-somatic,2024-01-01,active\n"
}

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"not run: {SHARED} is not here")


def know_mimic(home: Home, landing: Path) -> Path:
    """The marts in the warehouse."""
    know(home, landing, MIMIC_AS_OF)
    return home.warehouse


def run_mimic(home: Home, landing: Path) -> Path:
    """The marts in the snapshot that `lus run` publishes."""
    ran = lus_here(
        *("run", "--landing", landing, "--home", home.root, "--month", "2024-12"),
        *("--as-of", MIMIC_AS_OF, "--through", "marts"),
    )
    assert ran.status == 0, ran.err
    return home.published / "bi" / "lus.duckdb"


@pytest.mark.parametrize(
    "make", [know_mimic, pytest.param(run_mimic, marks=pytest.mark.slow)], ids=["marts", "lus run"]
)
def test_the_stays_of_intensive_care_give_what_the_oracle_says(
    make: Callable[[Home, Path], Path], tmp_path: Path
) -> None:
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    with tarfile.open(MIMIC) as archive:
        archive.extractall(landing, filter="data")
    if not (landing / "stays").is_dir():
        (landing,) = (folder.parent for folder in landing.glob("*/stays"))
    marts = make(home, landing)
    expected = compute(landing, MIMIC_AS_OF, "01", home.region, key=KEY.encode())
    with query(marts) as ask:
        assert differences(expected, ask) == []
        (counted,) = ask(
            "select count(*), count(ready_notice_at), count(distinct person_key)"
            " from marts.fct_discharge_episode"
        )
        fates = ask(
            "select sum(rows_delivered), sum(rows_accepted + rows_duplicate + rows_superseded"
            " + rows_quarantined) from marts.ingest_file where feed in ('stays', 'messages')"
        )
    assert len(expected.episodes) == counted[0] >= 100
    assert counted[1] >= 50
    assert fates[0][0] == fates[0][1] > 500


@pytest.mark.parametrize(
    ("trusts", "of_months"),
    [
        pytest.param(
            ["RCF", "RLT"],
            {"2024-12", "2025-01"},
            id="two trusts over New Year",
            marks=pytest.mark.slow,
        ),
        pytest.param(list(nhs.MUNICIPALITIES), set(), id="all there is", marks=pytest.mark.slow),
    ],
)
def test_the_billing_mean_is_the_mean_that_nhs_england_published(
    trusts: list[str], of_months: set[str], tmp_path: Path
) -> None:
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    patients = nhs.write_landing(NHS, landing, trusts, of_months)
    write_region(home, "01", ACTIVE)
    published = nhs.published(NHS, trusts, of_months)
    ran = lus_here(
        *("run", "--landing", landing, "--home", home.root, "--month", "2025-01"),
        *("--through", "invoice"),
    )
    with query(home.warehouse) as ask:
        assert ask("select count(*) from marts.fct_discharge_episode where is_billable") == [
            (patients,)
        ]
        months = {
            (month, code): figures
            for month, code, *figures in ask(
                "select billing_month, municipality_code, mean_ready_days, charged_days,"
                " amount_sek, exceeds_level, ready_days, episodes_billable"
                " from marts.fct_municipality_month"
            )
        }
        unrated = {
            (month, code): (day, table)
            for month, code, day, table in ask(
                "select billing_month, municipality_code, first_day_without_rate, rate_source"
                " from marts.fct_charge_line"
            )
        }
    assert months.keys() == published.keys()
    reproduced = {key for key, mean in published.items() if _agrees(months[key][0], mean)}
    assert reproduced == published.keys()
    if not of_months:
        assert (len(reproduced), patients) == (124, 299_742)
    _check_amounts(months, unrated)
    above = {code for month, code in unrated if month == date(2025, 1, 1)}
    assert above, "some municipality must be above the level in January 2025"
    _check_statistics(home, published)
    assert ran.status == 3, ran.err
    for code in above:
        assert f"{code}: no daily rate for a charged day: 2025-01-01 in table national" in ran.err


def _check_statistics(home: Home, published: dict[tuple[date, str], float]) -> None:
    """Every month as a release for anyone: its means are those that NHS England published."""
    for month in sorted({month for month, _ in published}):
        release = publish_statistics(home, month, nhs.DAYS[-1])
        with (release.folder / "monthly_statistics.csv").open(encoding="utf-8", newline="") as file:
            means = {
                row["geography_code"]: Decimal(row["value"])
                for row in csv.DictReader(file)
                if (row["geography_level"], row["care_type"], row["measure"])
                == ("municipality", "all", "mean_ready_days")
                and row["value_status"] == "ok"
            }
        of_month = {code: mean for (day, code), mean in published.items() if day == month}
        assert means.keys() == of_month.keys()
        assert all(_agrees(means[code], mean) for code, mean in of_month.items())


def _agrees(mean: Decimal, published: float) -> bool:
    """The mart has four decimals, rounded half-up; the publication four or more."""
    rounded = Decimal(repr(published)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return Decimal(mean) == rounded


def _check_amounts(
    months: dict[tuple[date, str], list], unrated: dict[tuple[date, str], tuple]
) -> None:
    """2024 has a rate of 11 600; 2025 has none, and everything else is computed all the same."""
    for (month, code), (_, charged, amount, exceeds, ready, episodes) in months.items():
        excess = max(ready - 2 * episodes, 0)
        assert (charged, exceeds) == (excess, excess > 0)
        if not excess:
            assert amount == 0
        elif month.year == 2024:
            assert amount == excess * 11_600
            assert unrated[month, code][0] is None
        else:
            assert amount is None
            assert unrated[month, code] == (month, "national")
