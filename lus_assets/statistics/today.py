"""Who waits today, as it may be published: per municipality, small numbers together.

The list by hospital unit (mart fct_waiting_today) is internal and is not protected.
"""

from collections.abc import Iterable, Sequence

from lus_assets.statistics.page_model import Waiting, WaitingToday


def protected_waiting(municipalities: Iterable[Waiting], limit: int) -> WaitingToday:
    """The list with every municipality below `limit` patients taken together, zeros among them.

    municipalities: all that there are, also those without anybody waiting. Zero is not told from
    few, so the rest can be any mix of 0 to limit − 1. Where their sum would still give a number
    away (one municipality alone, or all of them at limit − 1), those with the smallest number
    shown join. Where none is shown there is no county's sum either: left out only when it gives
    something away, its absence would.
    """
    ordered = sorted(municipalities, key=lambda each: (-each.patients, each.name))
    shown = [each for each in ordered if each.patients >= limit]
    rest = [each for each in ordered if each.patients < limit]
    county = _together(ordered)
    if not shown:
        return WaitingToday([], len(rest), None)
    if not _gives_away(rest, limit):
        return WaitingToday(shown, len(rest), county)
    smallest = shown[-1].patients
    rest += [each for each in shown if each.patients == smallest]
    shown = [each for each in shown if each.patients > smallest]
    return WaitingToday(shown, len(rest), county)


def _gives_away(rest: Sequence[Waiting], limit: int) -> bool:
    """Can each number be told from their sum, which anybody can subtract to?"""
    patients = sum(each.patients for each in rest)
    return patients > 0 and (len(rest) == 1 or patients >= (limit - 1) * len(rest))


def _together(municipalities: Sequence[Waiting]) -> Waiting:
    return Waiting(
        "Hela länet",
        sum(each.patients for each in municipalities),
        sum(each.days for each in municipalities),
    )
