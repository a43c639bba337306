"""Sheet `Regler` of both workbooks: what applied, and what of it is an assumption."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from lus_assets.invoicing.shared.swedish import FREE_DAY_UNIT, count, word
from lus_assets.publishing.workbook import Book, Kind

Row = dict[str, Any]

_ASSUMPTIONS = (
    "Reglerna väljs efter utskrivningsdagen, även vid årsskiften.",
    "En underrättelse om utskrivningsklar står kvar när patienten flyttas till en annan enhet.",
    "En underrättelse som har tagits tillbaka ger varken dagar med betalningsansvar eller dagar i"
    " genomsnittet. Dagarna redovisas för sig.",
    "Meddelanden räknas som skickade till alla berörda enheter.",
    "Villkoren i överenskommelsens kapitel 12 gäller även när enbart lagen tillämpas.",
    "En kallelse till SIP före underrättelsen, eller efter utskrivningen men inom tre dagar,"
    " är i tid.",
    "Vårdtillfällen där patienten avlider är inte faktureringsbara.",
    "Midsommarafton, julafton och nyårsafton räknas inte som vardagar.",
)

_RATE_TABLES = {"national": "Nationell (Socialstyrelsen)"}


def add_rules(book: Book, rulesets: Sequence[Row]) -> None:
    """Sheet `Regler`: what applied, a column per ruleset, and what is an assumption.

    rulesets: rows of dim_ruleset, by id.
    """
    sheet = book.sheet("Regler")
    sheet.raw.set_column(0, 0, 38)
    sheet.raw.set_column(1, max(len(rulesets), 1), 44)
    sheet.heading(0, 0, "Regler som har tillämpats")
    for number_, each in enumerate(rulesets, start=1):
        sheet.heading(0, number_, each["ruleset_id"])
    row = 1
    for label, values in _rule_facts(rulesets):
        sheet.write(row, 0, label, Kind.WRAPPED, bold=True, indent=1)
        for number_, value in enumerate(values, start=1):
            mark = {"bold": True} if value == word("status", "assumption") else {}
            sheet.write(row, number_, value, Kind.WRAPPED, indent=1, **mark)
        row += 1
    if not rulesets:
        sheet.write(row, 0, "Inga regler har tillämpats den här månaden.", italic=True)
        row += 1
    sheet.heading(row + 1, 0, "Antaganden som gäller alltid")
    for number_, text in enumerate(_ASSUMPTIONS, start=row + 2):
        width = max(len(rulesets), 1) + 1
        sheet.paragraph(number_, text, columns=width, lines=2 if width == 2 else 1, indent=1)
    sheet.raw.freeze_panes(1, 1)
    sheet.print_setup()


def _rule_facts(rulesets: Sequence[Row]) -> list[tuple[str, list[str | None]]]:
    """Label and one text per ruleset."""
    facts: dict[str, Callable[[Row], str | None]] = {
        "Vård": lambda each: word("care_type", each["care_type"]),
        "Gäller utskrivningar": _validity,
        "Så beräknas beloppet": lambda each: word("billing_model", each["billing_model"]),
        "Nivå för genomsnittet": lambda each: _optional_days(each["mean_level"]),
        "Genomsnittet avrundas": _rounding,
        "Debiteras för sig efter": lambda each: _optional_days(each["individual_after_days"]),
        "Fristdagar": lambda each: (
            f"{count(each['free_days'], *FREE_DAY_UNIT[each['free_day_unit']])} efter dag noll"
        ),
        "Underrättelsen räknas till nästa dag": _cutoff,
        "Inskrivningsmeddelande senast": lambda each: count(
            each["admission_notice_hours"], "timme", "timmar"
        ),
        "Kallelse till SIP senast": lambda each: (
            f"{count(each['sip_call_days'], 'dag', 'dagar')} efter underrättelsens dag"
        ),
        "Pristabell": lambda each: _RATE_TABLES.get(each["rate_source"], each["rate_source"]),
        "Källa eller antagande": lambda each: word("status", each["status"]),
        "Källa": lambda each: each["source"],
    }
    return [(label, [fact(each) for each in rulesets]) for label, fact in facts.items()]


def _validity(ruleset: Row) -> str:
    until = ruleset["valid_to"]
    return f"från {ruleset['valid_from']}" + (f" till och med {until}" if until else "")


def _optional_days(days: Decimal | int | None) -> str:
    return "–" if days is None else count(days, "dag", "dagar")


def _rounding(ruleset: Row) -> str:
    if ruleset["mean_level"] is None:
        return "–"
    decimals = ruleset["mean_decimals"]
    return "nej, exakt" if decimals is None else f"till {count(decimals, 'decimal', 'decimaler')}"


def _cutoff(ruleset: Row) -> str:
    time = str(ruleset["cutoff_time"])[:5].replace(":", ".")
    if ruleset["cutoff_comparator"] == "after":
        return f"när den skickas efter kl. {time}"
    return f"när den skickas kl. {time} eller senare"
