"""A municipality's month in words: rules, mean against level, days and amount."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import duckdb

from lus_assets.explain.words import Row, assumed, count, money, period, plain, read

_MONTH = """
    select
        month.*, ruleset.billing_model, ruleset.valid_from, ruleset.valid_to, ruleset.source,
        ruleset.mean_decimals, ruleset.individual_after_days, ruleset.rate_source,
        (
            select min(municipality_name) from marts.dim_municipality as municipality
            where municipality.municipality_code = month.municipality_code
        ) as municipality_name
    from marts.fct_municipality_month as month
    inner join marts.dim_ruleset as ruleset on month.ruleset_id = ruleset.ruleset_id
    where month.billing_month = ? and month.municipality_code = ? and month.ruleset_id = ?
"""
_LINES = """
    select * from marts.fct_charge_line
    where billing_month = ? and municipality_code = ? and ruleset_id = ?
    order by episode_id nulls first, unit_price_sek
"""
_RATES = """
    select distinct rate.* from marts.dim_daily_rate as rate
    inner join marts.fct_charge_line as line
        on rate.rate_source = line.rate_source and rate.rate_sek = line.unit_price_sek
    where line.billing_month = ? and line.municipality_code = ? and line.ruleset_id = ?
        and rate.valid_from <= last_day(line.billing_month)
    order by rate.valid_from desc
"""
MODELS = {
    "individual": "every billable episode's liable days are charged",
    "mean_excess": "the days above the level of the mean are charged",
    "mean_gate": "only if the mean is above its level, every billable episode's liable days are",
    "mean_excess_cutout": "long episodes are charged by themselves, the others above the level",
}


Key = tuple[date, str, str]
"""First day of the month, municipality code, ruleset id."""


def explain_month(connection: duckdb.DuckDBPyConnection, key: Key) -> list[str]:
    """A municipality's month under a ruleset, step by step; empty if there is none.

    Mean, level, charged days and amount with the arithmetic between them; rules and rates with
    their sources.
    """
    found = read(connection, _MONTH, key)
    if not found:
        return []
    month = found[0]
    lines = read(connection, _LINES, key)
    return [
        f"{month['municipality_name']} ({month['municipality_code']}),"
        f" discharged in {month['billing_month']:%Y-%m}",
        *rules(month),
        f"Episodes: {month['episodes_discharged']} discharged in the process,"
        f" {month['episodes_billable']} billable, with {count(month['ready_days'], 'ready day')}"
        f" and {count(month['liable_days'], 'liable day')}.",
        *mean(month),
        *_charged(month, lines),
        *(rate_row(rate) for rate in read(connection, _RATES, key)),
        _invoicing(month),
    ]


def rules(month: Row) -> list[str]:
    """Which ruleset, what it charges, and where it comes from."""
    return [
        f"Rules: {month['ruleset_id']}, in force {period(month['valid_from'], month['valid_to'])}:"
        f" {month['billing_model']}, {MODELS[month['billing_model']]}.",
        f"  Source: {month['source']}{assumed(month['status'])}",
    ]


def mean(month: Row) -> list[str]:
    """The mean against its level (rules.md section 8), or nothing under `individual`."""
    if month["mean_level"] is None:
        return []
    left_out = (
        f" (episodes with more than {count(month['individual_after_days'], 'ready day')} left out)"
        if month["individual_after_days"] is not None
        else ""
    )
    if not month["episodes_in_mean"]:
        return [f"Mean{left_out}: there is none, for no billable episode is in it."]
    days, episodes = month["ready_days_in_mean"], month["episodes_in_mean"]
    text = f"Mean{left_out}: {count(days, 'ready day')} / {count(episodes, 'episode')} ="
    text += f" {month['mean_ready_days']}"
    if month["mean_decimals"] is not None:
        text += f", rounded {rounded_mean(month)}"
    level = f"the level {month['mean_level']:.2f}"
    return [f"{text}: {'above' if month['exceeds_level'] else 'not above'} {level}."]


def rounded_mean(month: Row) -> Decimal:
    """The mean as a ruleset with decimals counts it, half-up."""
    exact = Decimal(month["ready_days_in_mean"]) / Decimal(month["episodes_in_mean"])
    return exact.quantize(Decimal(1).scaleb(-month["mean_decimals"]), ROUND_HALF_UP)


def excess(month: Row, days: Decimal) -> str:
    """How the days above the level come about."""
    level, episodes = f"{month['mean_level']:.2f}", month["episodes_in_mean"]
    if month["mean_decimals"] is None:
        working = f"{month['ready_days_in_mean']} − {episodes} × {level}"
    else:
        working = f"{episodes} × ({rounded_mean(month)} − {level})"
    return f"{working} = {count(days, 'day')}"


def priced(line: Row) -> str:
    """Days times rate is amount; or which day has no known rate."""
    if line["unit_price_sek"] is None:
        return (
            f"no rate is known for {line['first_day_without_rate']} in table"
            f" {line['rate_source']}: the amount is not known"
        )
    days, price = plain(line["quantity_days"]), money(line["unit_price_sek"])
    return f"{days} × {price} = {money(line['amount_sek'])} SEK"


def rate_row(rate: Row) -> str:
    """A daily rate with its source."""
    return (
        f"Rate: {money(rate['rate_sek'])} SEK a day {period(rate['valid_from'], rate['valid_to'])},"
        f" table {rate['rate_source']}, source: {rate['source']}{assumed(rate['status'])}"
    )


def _charged(month: Row, lines: list[Row]) -> list[str]:
    by_mean = [line for line in lines if line["episode_id"] is None]
    by_day = [line for line in lines if line["episode_id"] is not None]
    told = [
        f"Above the level: {excess(month, line['quantity_days'])}; {priced(line)}"
        for line in by_mean
    ]
    if by_day:
        episodes = count(len({line["episode_id"] for line in by_day}), "episode")
        days = sum((line["quantity_days"] for line in by_day), Decimal(0))
        told.append(f"Day by day: {count(days, 'liable day')} of {episodes}.")
    if month["amount_sek"] is None:
        total = "not known, for a day charged has no known rate"
    else:
        total = f"{money(month['amount_sek'])} SEK"
    return [*told, f"Charged: {count(month['charged_days'], 'day')}; {total}."]


def _invoicing(month: Row) -> str:
    if month["invoicing"] == "active":
        return "Invoicing: active."
    return "Invoicing: suspended; computed and shown, no invoice base is issued."
