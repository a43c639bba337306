"""How the figures of the pages are written: `2,31`, `12,4 %`, `1 084`."""

from decimal import ROUND_HALF_UP, Decimal

from lus_assets.core.swedish import number
from lus_assets.statistics.definitions import is_mean, is_share
from lus_assets.statistics.page_model import Figure

_NO_BREAK = "\u00a0"


def half_up(value: Decimal, decimals: int) -> Decimal:
    """Rounded half-up, as the rules round."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def value_text(value: Decimal, measure: str) -> str:
    """A value as it is read: `2,31`, `12,4 %`, `1 084`."""
    if is_share(measure):
        return f"{half_up(value * 100, 1)}".replace(".", ",") + f"{_NO_BREAK}%"
    if is_mean(measure):
        return number(half_up(value, 2))
    return number(int(value))


def figure_text(figure: Figure, measure: str) -> str | None:
    """A figure as it is read; None where none is shown."""
    exact = figure.exact
    is_hidden = figure.status in ("suppressed", "not_applicable")
    return None if is_hidden or exact is None else value_text(exact, measure)
