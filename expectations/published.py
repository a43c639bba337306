"""The border where statistics go out: what published figures promise, read back from disk.

Files are as the manifest says, and CSV and Parquet say the same. One figure per month, place, care
type and measure, all of closed lists; a value is missing only where its state says so, zero is
called zero, none is negative, shares lie between 0 and 1; municipalities, age groups and care types
add up to the whole.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from expectations import sums
from expectations.adapter import (
    BorderResult,
    Checked,
    Expectation,
    Frame,
    column,
    run_suite,
    together,
    vocabulary,
)
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.publishing.formats import csv_bytes
from lus_assets.publishing.release import find_release, find_versions, verify_release
from lus_assets.warehouse.project import DBT_PROJECT

GEOGRAPHY_LEVELS = ["county", "municipality", "district"]
CARE_TYPES = ["somatic", "psychiatric", "all"]
AGE_GROUPS = ["0-17", "18-64", "65+", "unknown"]
STATES = ["ok", "zero", "suppressed", "not_applicable", "preliminary"]

_STATISTICS = "monthly_statistics"
_BY_AGE = "monthly_statistics_by_age_group"


def check_published_statistics(home: Home, month: date) -> BorderResult:
    """Check the newest version of a month's statistics (`month`: any day of it).

    Raises:
        LusError: there is none, or its manifest cannot be read.
    """
    folder = home.published / "statistics" / f"{month:%Y-%m}"
    versions = find_versions(folder)
    if not versions:
        raise LusError(
            f"no statistics of {month:%Y-%m} are published",
            where=str(folder),
            todo="publish them first: lus run --through statistics",
        )
    return check_statistics_release(versions[-1].folder)


def check_statistics_release(folder: Path) -> BorderResult:
    """Check one version of a month's statistics.

    Raises:
        LusError: there is no release, or its manifest cannot be read.
    """
    intact = list(files_hold(folder, [_STATISTICS, _BY_AGE]))
    if not all(each.holds for each in intact):
        return together("published.statistics", intact)
    main = read_table(folder / f"{_STATISTICS}.parquet").to_pandas()
    by_age = read_table(folder / f"{_BY_AGE}.parquet").to_pandas()
    place = {"geography_level": GEOGRAPHY_LEVELS}
    return together(
        "published.statistics",
        intact,
        figures_hold("statistics", main, ["geography_level", "geography_code"], place),
        [
            Checked(
                "no small count stands on municipality and district rows",
                is_protected(folder, main),
            )
        ],
        figures_hold("by age group", by_age, ["age_group"], {"age_group": AGE_GROUPS}),
        _sums_hold(main, by_age),
    )


def measures() -> list[str]:
    """Every measure that may be published: the fixed names, and two for every finding."""
    with (DBT_PROJECT / "seeds" / "finding.csv").open(encoding="utf-8", newline="") as file:
        codes = [row["finding_code"].lower() for row in csv.DictReader(file)]
    parties = ("inpatient", "outpatient", "region", "patient", "none")
    return [
        *sums.ADDITIVE,
        *sums.NOT_ADDITIVE,
        *(f"episodes_with_{code}" for code in codes),
        *(f"episodes_blocked_by_{party}" for party in parties),
    ]


def figure_promises(
    of: str, place: list[str], sets: dict[str, list[str]], period: str = "month"
) -> list[Expectation]:
    """What tidy figures promise. of: for the sentences; place: columns of the key; sets: closed.

    period: the column that says when.
    """
    gxe = vocabulary()
    closed = {"care_type": CARE_TYPES, "measure": measures(), "value_status": STATES} | sets
    return [
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=[period, *place, "care_type", "measure"],
            description=f"{of}: a figure stands once",
        ),
        *(
            gxe.ExpectColumnValuesToBeInSet(
                column=name, value_set=values, description=f"{of}: {name} is of its closed list"
            )
            for name, values in closed.items()
        ),
        *_states(of),
        gxe.ExpectColumnValuesToBeBetween(
            column="value", min_value=0, description=f"{of}: no figure is negative"
        ),
        *_when(
            f"{of}: a share lies between 0 and 1",
            gxe.ExpectColumnValuesToBeBetween,
            column("measure").is_in([name for name in measures() if name.startswith("share_")]),
            min_value=0,
            max_value=1,
        ),
    ]


def _states(of: str) -> list[Expectation]:
    """A figure is what its status says."""
    gxe = vocabulary()
    return [
        *_when(
            f"{of}: a figure that is ok or zero has a value",
            gxe.ExpectColumnValuesToNotBeNull,
            column("value_status").is_in(["ok", "zero"]),
        ),
        *_when(
            f"{of}: a suppressed or inapplicable figure has none",
            gxe.ExpectColumnValuesToBeNull,
            column("value_status").is_in(["suppressed", "not_applicable"]),
        ),
        *_when(
            f"{of}: what is called zero is zero",
            gxe.ExpectColumnValuesToBeInSet,
            column("value_status") == "zero",
            value_set=[0],
        ),
        *_when(
            f"{of}: zero is called zero",
            gxe.ExpectColumnValuesToNotBeInSet,
            column("value_status") == "ok",
            value_set=[0],
        ),
    ]


def _when(description: str, expectation: Any, condition: Any, **given: Any) -> Iterator[Any]:
    yield expectation(
        column="value",
        row_condition=condition,
        description=description,
        **given,
    )


def files_hold(folder: Path, tables: Sequence[str]) -> Iterator[Checked]:
    """Are a release's files as its manifest says, and each table's two formats equal?"""
    yield Checked("files are as the manifest says", verify_release(folder).is_intact)
    for name in tables:
        paths = folder / f"{name}.csv", folder / f"{name}.parquet"
        same = all(path.exists() for path in paths) and (
            paths[0].read_bytes() == csv_bytes(read_table(paths[1]))
        )
        yield Checked(f"{name}: CSV and Parquet say the same", same)


def figures_hold(
    of: str,
    frame: Frame,
    place: list[str],
    sets: dict[str, list[str]],
    period: str = "month",
) -> tuple[Checked, ...]:
    """Check tidy figures; what is given is as in `figure_promises`."""
    figures = frame.assign(value=frame["value"].astype("float64"))
    return run_suite(of, figures, figure_promises(of, place, sets, period))


def is_protected(folder: Path, main: Frame) -> bool:
    """Is no count or sum of days from 1 to below the manifest's limit? 1 is small under any."""
    release = find_release(folder)
    limit = release.manifest.get("small_number_limit", 2) if release else 2
    of_place = main["geography_level"].isin(["municipality", "district"])
    is_count = main["measure"].str.match("episodes_|readmissions_")
    is_count |= main["measure"].isin(sums.ADDITIVE)
    is_small = main["value"].astype("float64").between(1, limit, inclusive="left")
    return not (of_place & is_count & is_small).any()


def _sums_hold(main: Frame, by_age: Frame) -> Iterator[Checked]:
    gxe = vocabulary()
    for text, frame in sums.all_sums(main, by_age).items():
        promise = gxe.ExpectColumnPairValuesToBeEqual(
            column_A="whole", column_B="parts", description=f"{text} add up to the whole"
        )
        yield from run_suite(f"sums of {text}", frame, [promise])


def read_table(path: Path) -> Any:
    """A published Parquet file as an Arrow table."""
    import pyarrow.parquet as pq

    return pq.read_table(path)
