"""What a month charges, unit by unit, and what disputes do to it (rules.md sections 8 and 10).

A unit is what a line is about: discharge month, municipality, ruleset, and an episode or the mean.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from .episodes import build_episodes
from .feeds import Values, read_landing
from .findings import Judged, judge
from .months import MonthKey
from .people import People
from .rules import Rules, half_up

Unit = tuple[date, str, str, str | None]
Days = dict[Decimal | None, Decimal]
"""Price of a day, None where nobody knows it -> days."""


def known_at(
    landing: Path, as_of: date, rules: Rules, key: bytes
) -> tuple[list[Judged], list[Values]]:
    """The episodes in the discharge process as known at a day, before disputes; the disputes."""
    feeds = read_landing(landing, as_of, key)
    people = People(feeds.rows["persons"], feeds.rows["placements"], rules)
    episodes = build_episodes(feeds.rows["stays"], feeds.rows["messages"], as_of)
    judged = [judge(episode, people, rules, []) for episode in episodes if episode.in_process]
    return judged, feeds.rows["disputes"]


def units(episodes: Iterable[Judged], disputes: list[Values], rules: Rules) -> dict[Unit, Days]:
    """What these episodes charge, without those that a dispute of their municipality took out."""
    groups: dict[MonthKey, list[Judged]] = defaultdict(list)
    for one in episodes:
        if one.row["is_billable"] and not any(
            dispute["status"] == "upheld" for dispute in disputes_of(one, disputes)
        ):
            groups[month_of(one)].append(one)
    found: dict[Unit, Days] = {}
    for key, group in groups.items():
        found |= _of_month(key, group, rules)
    return found


def month_of(one: Judged) -> MonthKey:
    """Discharge month, municipality and ruleset of an episode that has them."""
    assert one.ruleset
    return one.row["billing_month"], one.place.municipality or "", one.ruleset.ruleset_id


def disputes_of(one: Judged, disputes: list[Values]) -> list[Values]:
    """Those of the episode's municipality about one of its stays."""
    stays = {stay["stay_id"] for stay in one.episode.stays}
    return [
        dispute
        for dispute in disputes
        if dispute["episode_id"] in stays and dispute["municipality_code"] == one.place.municipality
    ]


def rests_on(unit: Unit, one: Judged) -> bool:
    """Would the unit's line be another without the episode?"""
    if not one.row["is_discharged"] or not one.place.municipality or not one.ruleset:
        return False
    if unit[:3] != month_of(one):
        return False
    if one.ruleset.billing_model == "mean_gate":
        return True
    return unit[3] == one.episode.id if unit[3] else not _is_cut_out(one)


def amount(days: Days) -> Decimal | None:
    """SEK of a unit's lines, each rounded once; None when a price is not known."""
    lines = [
        None if price is None else half_up(price * number, 2) for price, number in days.items()
    ]
    known = [line for line in lines if line is not None]
    return sum(known, Decimal(0)) if len(known) == len(lines) else None


def _of_month(key: MonthKey, group: list[Judged], rules: Rules) -> dict[Unit, Days]:
    ruleset = group[0].ruleset
    assert ruleset
    alone = [one for one in group if _is_cut_out(one)]
    in_mean = [one for one in group if one not in alone]
    ready_days = sum(one.row["ready_days"] for one in in_mean)
    if ruleset.mean_level is not None:
        # as whole numbers: the sum against the level times the number of episodes
        above = ready_days - ruleset.mean_level * len(in_mean)
        if ruleset.mean_decimals is not None and in_mean:
            mean = half_up(Decimal(ready_days) / len(in_mean), ruleset.mean_decimals)
            above = (mean - ruleset.mean_level) * len(in_mean)
        if ruleset.billing_model == "mean_gate":
            alone, above = (in_mean, Decimal(0)) if above > 0 else ([], Decimal(0))
    else:
        alone, above = group, Decimal(0)
    found: dict[Unit, Days] = {(*key, one.episode.id): _days(one, rules) for one in alone}
    if above > 0:
        found[*key, None] = {rules.rate(ruleset.rate_source, key[0]): above}
    return {unit: days for unit, days in found.items() if days}


def _days(one: Judged, rules: Rules) -> Days:
    """An episode's days with liability, by the price of each."""
    assert one.ruleset
    first = one.row["liability_entry_date"]
    prices = Counter(
        rules.rate(one.ruleset.rate_source, first + timedelta(days=number))
        for number in range(one.row["liable_days"])
    )
    return {price: Decimal(number) for price, number in prices.items()}


def _is_cut_out(one: Judged) -> bool:
    assert one.ruleset
    limit = one.ruleset.individual_after_days
    days = one.row["ready_days"]
    return limit is not None and days is not None and days > limit
