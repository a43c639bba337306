"""Measures a simulated county by its truth, against what is known of the real one.

Known: Stockholm's agreement (Tjänsteutlåtande to the agreement of 2020) reckons with six to twelve
of 26 municipalities above a mean of 2.0 days in a winter month and about 30 million kronor a year
if every episode were billable. Counts of stays and the share on day zero are assumptions.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from lus_assets.simulation.columns import Table

_LEVEL_DAYS = 2
_DAILY_RATE_SEK = 11_600  # 2024

_MONTHS = """
select
    strftime(discharged_at, '%Y-%m') as discharge_month,
    municipality_code,
    count(ready_days) as episodes,
    sum(ready_days) as days,
    count(*) filter (where is_billable) as billable_episodes,
    sum(ready_days) filter (where is_billable) as billable_days
from truth
where care_type = 'somatic' and is_discharged and municipality_code like '01%'
group by all
"""


@dataclass(frozen=True)
class Month:
    """Somatic care, one discharge month, the county's municipalities."""

    episodes: int
    mean_ready_days: float
    municipalities_above_level: int
    """By the mean of all episodes."""
    municipalities_above_level_billable: int
    """By the mean of the billable ones."""
    cost_sek: int
    """Excess days over the level times the daily rate, as if every episode were billable."""


@dataclass(frozen=True)
class Calibration:
    """What the county looks like; shares of discharged somatic episodes in the process."""

    episodes_discharged: int
    share_on_day_zero: float
    share_billable: float
    share_readmitted_65: float
    """Within seven days, unplanned, 65 and over, both care types."""
    months: dict[str, Month]

    @property
    def cost_sek(self) -> int:
        """Of all months, as if every episode were billable."""
        return sum(month.cost_sek for month in self.months.values())


def measure(episodes: Table | Path) -> Calibration:
    """Of the truth's `episodes.parquet`, as a file or as the table."""
    with duckdb.connect() as connection:
        source = connection.read_parquet(str(episodes)) if isinstance(episodes, Path) else episodes
        connection.register("truth", source)
        shares = connection.execute(
            """
            select
                count(*),
                avg((ready_days = 0)::int) filter (where care_type = 'somatic'),
                avg(is_billable::int) filter (where care_type = 'somatic'),
                avg(is_readmitted_7_days::int) filter (where age_group in ('65-79', '80+'))
            from truth where is_discharged
            """
        ).fetchall()[0]
        months = connection.execute(
            f"""
            select
                discharge_month,
                sum(episodes)::bigint,
                sum(days) / sum(episodes),
                count(*) filter (where days > {_LEVEL_DAYS} * episodes),
                count(*) filter (where billable_days > {_LEVEL_DAYS} * billable_episodes),
                sum(greatest(0, days - {_LEVEL_DAYS} * episodes))::bigint * {_DAILY_RATE_SEK}
            from ({_MONTHS}) as municipality_month group by all order by discharge_month
            """
        ).fetchall()
    return Calibration(*shares, months={name: Month(*values) for name, *values in months})
