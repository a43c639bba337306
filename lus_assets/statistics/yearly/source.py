"""What the follow-up shows, read from the marts: published figures of years and of months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from lus_assets.privacy.arrow import Table
from lus_assets.publishing.marts import mart_rows
from lus_assets.statistics.page_model import Figures, PageInput
from lus_assets.statistics.page_source import read_page

MART = "rpt_yearly_follow_up"


@dataclass(frozen=True)
class YearInput:
    """years: figures by year, a year standing as its first day; months: those by month."""

    years: PageInput
    months: PageInput

    @property
    def year(self) -> int:
        """The year that is followed up."""
        return self.years.month.year

    @property
    def as_of(self) -> date:
        """What was known."""
        return self.years.as_of

    @property
    def limit(self) -> int:
        """Counts from 1 to below it are protected."""
        return self.years.limit

    @property
    def is_preliminary(self) -> bool:
        """Is the year, or the follow-up of its readmissions, not over?"""
        return self.as_of <= date(self.year + 1, 1, 7)

    @property
    def months_of_year(self) -> Sequence[date]:
        """The year's months that there are figures of."""
        return [each for each in self.months.figures.months if each.year == self.year]

    @property
    def compared(self) -> Sequence[date]:
        """The year, and the year before where there are figures of it."""
        wanted = (self.years.month, date(self.year - 1, 1, 1))
        return [each for each in wanted if each in self.years.figures.months]


def read_year(
    connection: duckdb.DuckDBPyConnection, year: int, as_of: date, *, limit: int
) -> YearInput:
    """The input of a year's follow-up, as the open marts know it at `as_of`."""
    months = read_page(connection, date(year, 12, 1), as_of, limit=limit)
    rows = mart_rows(connection, MART, "follow_up_year <= ?", [year])
    ages = mart_rows(connection, "rpt_monthly_statistics_by_age_group", "false", [])
    years = PageInput(
        month=date(year, 1, 1),
        as_of=as_of,
        figures=Figures(_by_first_day(rows), ages),
        levels={},
        findings=months.findings,
        rulesets=months.rulesets,
        waiting=None,
        limit=limit,
    )
    return YearInput(years, months)


def _by_first_day(rows: Table) -> Table:
    """Rows of years with the first day of each, as those of months have it."""
    first_days = [date(year, 1, 1) for year in rows["follow_up_year"].to_pylist()]
    return rows.append_column("month", pa.array(first_days, pa.date32()))
