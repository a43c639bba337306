"""What each municipality's month costs."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .findings import Judged
from .rules import Rules, Ruleset, half_up

MonthKey = tuple[date, str, str]


class Charge:
    """Charged days with the rate of each, and the amount of lines rounded once each."""

    def __init__(self) -> None:
        self.days = Decimal(0)
        self.rates: set[Decimal | None] = set()
        self.lines: list[Decimal | None] = []

    def add(self, days: Decimal, rate: Decimal | None) -> None:
        """One line: days at one rate."""
        if days == 0:
            return
        self.days += days
        self.rates.add(rate)
        self.lines.append(None if rate is None else half_up(days * rate, 2))

    def amount(self) -> Decimal | None:
        """The sum of the lines; unknown as soon as one line's rate is."""
        if None in self.lines:
            return None
        return sum((line for line in self.lines if line is not None), Decimal("0.00"))


def municipality_months(judged: list[Judged], rules: Rules) -> dict[MonthKey, dict[str, Any]]:
    """One row per discharge month, known municipality and ruleset."""
    groups: dict[MonthKey, list[Judged]] = defaultdict(list)
    for one in judged:
        if one.row["is_discharged"] and one.place.municipality and one.ruleset:
            key = (one.row["billing_month"], one.place.municipality, one.ruleset.ruleset_id)
            groups[key].append(one)
    return {key: _month(key, group, rules) for key, group in groups.items()}


def _month(key: MonthKey, group: list[Judged], rules: Rules) -> dict[str, Any]:
    month, municipality, ruleset_id = key
    ruleset = group[0].ruleset
    assert ruleset is not None
    billable = [one for one in group if one.row["is_billable"]]
    alone = [one for one in billable if _leaves_mean(one, ruleset)]
    in_mean = [one for one in billable if one not in alone]
    mean_days = sum(one.row["ready_days"] for one in in_mean)
    mean = Decimal(mean_days) / len(in_mean) if in_mean else None
    level = ruleset.mean_level if ruleset.billing_model != "individual" else None
    compared = mean
    if mean is not None and ruleset.mean_decimals is not None:
        compared = half_up(mean, ruleset.mean_decimals)
    exceeds = None if level is None else compared is not None and compared > level

    charge = Charge()
    if ruleset.billing_model == "individual" or (ruleset.billing_model == "mean_gate" and exceeds):
        _charge_days(charge, billable, rules)
    elif ruleset.billing_model != "mean_gate":
        _charge_days(charge, alone, rules)
        if exceeds:
            days = mean_days - len(in_mean) * level
            if ruleset.mean_decimals is not None:
                days = len(in_mean) * (compared - level)
            charge.add(days, rules.rate(ruleset.rate_source, month))
    rates = charge.rates or {rules.rate(ruleset.rate_source, month)}
    return {
        "billing_month": month,
        "municipality_code": municipality,
        "ruleset_id": ruleset_id,
        "care_type": ruleset.care_type,
        "episodes_discharged": len(group),
        "episodes_billable": len(billable),
        "ready_days": sum(one.row["ready_days"] for one in billable),
        "liable_days": sum(one.row["liable_days"] for one in billable),
        "episodes_in_mean": len(in_mean),
        "ready_days_in_mean": mean_days,
        "mean_ready_days": None if mean is None else half_up(mean, 4),
        "mean_level": level,
        "exceeds_level": exceeds,
        "charged_days": charge.days,
        "daily_rate_sek": next(iter(rates)) if len(rates) == 1 else None,
        "amount_sek": charge.amount(),
        "invoicing": rules.invoicing(ruleset_id, month),
        "status": ruleset.status,
    }


def _leaves_mean(one: Judged, ruleset: Ruleset) -> bool:
    if ruleset.billing_model != "mean_excess_cutout":
        return False
    return one.row["ready_days"] > ruleset.individual_after_days


def _charge_days(charge: Charge, episodes: list[Judged], rules: Rules) -> None:
    """Each liable day at that day's rate; one line per episode and rate."""
    for one in episodes:
        by_rate: dict[Decimal | None, int] = defaultdict(int)
        for number in range(one.row["liable_days"]):
            day = one.row["liability_entry_date"] + timedelta(days=number)
            by_rate[rules.rate(one.ruleset.rate_source, day)] += 1
        for rate, days in by_rate.items():
            charge.add(Decimal(days), rate)
