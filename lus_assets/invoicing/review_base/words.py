"""How a month's cost came about, in sentences a controller can check with a pocket calculator."""

from lus_assets.invoicing.review_base.document import ReviewDocument, Row
from lus_assets.invoicing.shared.swedish import count, day_name, money, number


def invoicing_words(document: ReviewDocument) -> str:
    """Will the month be invoiced, and from when."""
    states = {row["invoicing"] for row in document.this_month}
    after = f"tidigast den {day_name(document.objections_until)}"
    corrections = f"rättelserna av tidigare månader faktureras {after}"
    match sorted(states):
        case []:
            nothing = "Inget att fakturera för månaden"
            return f"{nothing}; {corrections}" if document.correction_rows else nothing
        case ["suspended"]:
            suspended = "Vilande: månaden räknas och visas, men faktureras inte"
            return f"{suspended}; {corrections}" if document.correction_rows else suspended
        case ["active"]:
            return f"Aktiv: fakturaunderlaget utfärdas {after}"
        case _:
            return f"Delvis aktiv, se nedan: fakturaunderlaget utfärdas {after}"


def how_charged(month: Row, ruleset: Row) -> str:
    """The calculation of one row of fct_municipality_month, with its own numbers."""
    if month["episodes_billable"] == 0:
        return "Inget vårdtillfälle är faktureringsbart. Inget debiteras."
    match ruleset["billing_model"]:
        case "individual":
            return _individual(month)
        case "mean_excess_cutout":
            after = number(ruleset["individual_after_days"])
            return (
                f"Vårdtillfällen med fler än {after} utskrivningsklara dagar debiteras för sig och"
                f" ingår inte i genomsnittet. {_mean(month)}"
                f" Sammanlagt debiteras {_charged(month)}."
            )
        case "mean_gate":
            if not month["exceeds_level"]:
                return f"{_mean(month)} Inget debiteras."
            return f"{_mean(month)} Då debiteras varje vårdtillfälle för sig: {_charged(month)}."
        case _:
            return _mean_excess(month, is_rounded=ruleset["mean_decimals"] is not None)


def other_reading(month: Row) -> str | None:
    """What the agreement's other reading would have cost; None where there is only one."""
    amount = month["amount_by_gate_sek"]
    if amount is None:
        return None
    return (
        "Överenskommelsen kan också läsas så att varje vårdtillfälle debiteras för sina egna dagar"
        " med betalningsansvar när genomsnittet är över nivån. Då hade månaden kostat"
        f" {money(amount)}. Vilken läsning som gäller är ett antagande."
    )


def _individual(month: Row) -> str:
    if not month["charged_days"]:
        return (
            "Inget faktureringsbart vårdtillfälle har dagar med betalningsansvar. Inget debiteras."
        )
    return f"Varje vårdtillfälle debiteras för sina dagar med betalningsansvar: {_charged(month)}."


def _mean_excess(month: Row, *, is_rounded: bool) -> str:
    if not month["exceeds_level"]:
        return f"{_mean(month)} Inget debiteras."
    episodes, level = month["episodes_in_mean"], month["mean_level"]
    if is_rounded:
        rounded = level + month["charged_days"] / episodes
        sum_ = f"{number(episodes)} × ({number(rounded)} − {number(level)})"
    else:
        sum_ = f"{number(month['ready_days_in_mean'])} − {number(episodes)} × {number(level)}"
    return f"{_mean(month)} Dagar som debiteras: {sum_} = {_charged(month)}."


def _mean(month: Row) -> str:
    if month["mean_ready_days"] is None:
        return "Inget vårdtillfälle ingår i genomsnittet."
    days = count(month["ready_days_in_mean"], "utskrivningsklar dag", "utskrivningsklara dagar")
    episodes = count(month["episodes_in_mean"], "vårdtillfälle", "vårdtillfällen")
    where = "över" if month["exceeds_level"] else "inte över"
    return (
        f"Genomsnittet är {number(month['mean_ready_days'])} dagar ({days} delat med {episodes})."
        f" Det är {where} nivån {number(month['mean_level'])}."
    )


def _charged(month: Row) -> str:
    """`11,00 dagar à 11 600,00 kr, summa 127 600,00 kr`, as far as it is known."""
    days = f"{number(month['charged_days'])} dagar"
    if month["amount_sek"] is None:
        return f"{days}. Priset för någon av dagarna är inte känt, så beloppet kan inte räknas fram"
    rate = month["daily_rate_sek"]
    each = f" à {money(rate)}" if rate is not None else " till olika pris per dag"
    return f"{days}{each}, summa {money(month['amount_sek'])}"
