"""What the page shows, read from the marts. Figures may be given instead, as they are published."""

from datetime import date, timedelta

import duckdb

from lus_assets.privacy.arrow import Table
from lus_assets.publishing.marts import Gap, mart_rows, read_gaps, rulesets_of_month
from lus_assets.statistics.page_model import (
    ALL,
    Figures,
    Finding,
    Level,
    PageInput,
    Ruleset,
    Waiting,
    WaitingToday,
)
from lus_assets.statistics.today import protected_waiting

FIGURES, AGES = "rpt_monthly_statistics", "rpt_monthly_statistics_by_age_group"


def read_page(
    connection: duckdb.DuckDBPyConnection,
    month: date,
    as_of: date,
    figures: Table | None = None,
    ages: Table | None = None,
    *,
    limit: int = 5,
) -> PageInput:
    """The input of `month`'s page (its first day), as the open marts know it at `as_of`.

    figures, ages: rows as published, all months up to this one; by default those of the marts.
    limit: below which numbers of the list of those who wait are taken together.
    """
    up_to = ("month <= ?", [month])
    figures = mart_rows(connection, FIGURES, *up_to) if figures is None else figures
    ages = mart_rows(connection, AGES, *up_to) if ages is None else ages
    return PageInput(
        month=month,
        as_of=as_of,
        figures=Figures(figures, ages),
        levels=_levels(connection, month),
        findings=_findings(connection),
        rulesets=_rulesets(connection, month),
        waiting=waiting_today(connection, limit),
        limit=limit,
        gaps=gaps_of(connection, month),
    )


def gaps_of(connection: duckdb.DuckDBPyConnection, month: date) -> list[Gap]:
    """Deliveries that lack of the days on which a month's figures come: until readmissions within
    7 days are known."""
    return read_gaps(connection, month, (month + timedelta(days=31)).replace(day=7))


def waiting_today(connection: duckdb.DuckDBPyConnection, limit: int) -> WaitingToday:
    """Who waits at the marts' as_of, of the region's municipalities and the rest, protected."""
    rows = connection.execute(
        """
        with waiting as (
            select
                case
                    when waiting.municipality_code = 'unknown' then 'unknown'
                    when municipality.is_in_region then waiting.municipality_code
                    else 'other'
                end as code,
                waiting.patients_waiting as patients,
                coalesce(waiting.ready_days_to_date, 0) as days
            from marts.fct_waiting_today as waiting
            left join marts.dim_municipality as municipality
                on waiting.municipality_code = municipality.municipality_code
        ),
        places as (
            select municipality_code as code, municipality_name as name
            from marts.dim_municipality where is_in_region
            union all values ('other', 'Kommuner utanför länet'), ('unknown', 'Okänd kommun')
        )
        select places.name, coalesce(sum(patients), 0)::bigint, coalesce(sum(days), 0)::bigint
        from places left join waiting on places.code = waiting.code
        group by places.code, places.name
        """
    ).fetchall()
    return protected_waiting([Waiting(*row) for row in rows], limit)


def _levels(connection: duckdb.DuckDBPyConnection, month: date) -> dict[tuple[date, str], Level]:
    """By month and municipality; a municipality with two mean rulesets in a month has none."""
    rows = connection.execute(
        """
        select
            month.billing_month, month.municipality_code, month.mean_level,
            case when month.care_type = 'any' then ? else month.care_type end,
            case when month.episodes_in_mean > 0 then month.exceeds_level end
        from marts.fct_municipality_month as month
        inner join marts.dim_municipality as municipality
            on month.municipality_code = municipality.municipality_code
        where
            month.mean_level is not null and month.billing_month <= ? and municipality.is_in_region
        qualify count(*) over (partition by month.billing_month, month.municipality_code) = 1
        """,
        [ALL, month],
    ).fetchall()
    return {(of, code): Level(*level) for of, code, *level in rows}


def _findings(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    rows = connection.execute(
        """
        select finding_code, is_blocking, responsible, legal_reference, text_sv
        from marts.dim_finding order by sort_order
        """
    ).fetchall()
    return [Finding(*row) for row in rows]


def _rulesets(connection: duckdb.DuckDBPyConnection, month: date) -> list[Ruleset]:
    status = {each["ruleset_id"]: each["status"] for each in rulesets_of_month(connection, month)}
    rows = connection.execute(
        """
        select ruleset_id, source from marts.dim_ruleset
        where list_contains(?, ruleset_id) order by ruleset_id
        """,
        [list(status)],
    ).fetchall()
    return [Ruleset(name, source, status[name] == "assumption") for name, source in rows]
