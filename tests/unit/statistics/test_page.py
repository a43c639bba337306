"""The page of the statistics: the table's figures and no others, the same bytes, harmless text."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import lxml.html
import pyarrow as pa
import pytest

from lus_assets.statistics.definitions import FINDING
from lus_assets.statistics.page import PublishedMonth, index_html, page_html
from lus_assets.statistics.page_charts import Point, line_chart
from lus_assets.statistics.page_model import Figure, Figures, Place
from lus_assets.statistics.page_panels import scale
from lus_assets.statistics.page_words import figure_text
from lus_assets.warehouse.project import DBT_PROJECT
from tests.unit.statistics.page_rows import (
    MONTH,
    MUNICIPALITIES,
    age_table,
    figure_table,
    months_up_to,
    page_input,
)

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&{{ 7*7 }}"


@cache
def written(how_many: int = 24) -> bytes:
    return page_html(page_input(how_many))


def parsed(html: bytes) -> Any:
    return lxml.html.document_fromstring(html.decode())


def article(html: bytes, code: str) -> Any:
    return parsed(html).get_element_by_id(f"kommun-{code}")


def test_a_municipality_s_table_shows_the_table_s_figures() -> None:
    months = months_up_to(MONTH, 24)
    rows = {
        (row["geography_code"], row["measure"], row["month"]): row
        for row in figure_table(months).to_pylist()
        if row["geography_level"] == "municipality" and row["care_type"] == "all"
    }
    shown = 0
    for code in MUNICIPALITIES:
        for line in article(written(), code).iterfind(".//tbody/tr"):
            for cell, month in zip(line.findall("td"), (MONTH, *earlier()), strict=True):
                for data in cell.iterfind("data"):
                    row = rows[code, data.get("data-measure"), month]
                    assert Decimal(data.get("value")) == row["value"]
                    assert data.text == text_of(row)
                    shown += 1
    assert shown > 1000


def earlier() -> tuple[date, date]:
    return date(2024, 2, 1), date(2023, 3, 1)


def text_of(row: dict[str, Any]) -> str | None:
    parts = (row["value"], row["value_status"], row["numerator"], row["denominator"])
    return figure_text(Figure(*parts), row["measure"])


def test_numbers_are_written_as_swedes_write_them() -> None:
    assert figure_text(Figure(Decimal("1084"), "ok", 1084), "ready_days") == "1\u00a0084"
    assert figure_text(Figure(Decimal("0.1245"), "ok"), "share_billable") == "12,5\u00a0%"
    assert figure_text(Figure(Decimal("0.0000"), "zero", 0, 9), "mean_ready_days") == "0,00"


def test_a_mean_is_rounded_once_from_its_parts() -> None:
    # 1 404 / 700 = 2,00571…; 2,0050 of four decimals would be 2,01 if it were 2,00496 before
    figure = Figure(Decimal("2.0050"), "ok", 200_496, 100_000)
    assert figure_text(figure, "mean_ready_days") == "2,00"


def test_the_three_messages_are_the_county_s_figures() -> None:
    figures = page_input().figures
    county = figures.county(MONTH)
    first, second, third = parsed(written()).xpath("//ol[@class='messages']/li")
    for item, measure, care_type in (
        (first, "mean_ready_days", "somatic"),
        (second, "share_billable", "all"),
        (third, "share_readmitted_7_days_65", "all"),
    ):
        shown = item.find(".//data")
        figure = figures.of(MONTH, county, measure, care_type)
        assert (shown.get("data-measure"), Decimal(shown.get("value"))) == (measure, figure.value)
    assert "Preliminärt" in third.text_content()
    assert "av 26 kommuner låg över nivån 2,00\u00a0dagar" in first.text_content()


def test_panels_stand_in_the_order_of_their_means_and_protected_ones_last() -> None:
    panels = parsed(written()).xpath("//ol[@class='panels']/li")
    shown = parsed(written()).xpath("//ol[@class='panels']//data")
    means = [Decimal(each.get("value")) for each in shown]
    assert len(panels) == 26
    assert means == sorted(means, reverse=True)
    without = [each for each in panels if each.find(".//data") is None]
    assert panels[-len(without) :] == without
    assert "skyddad uppgift" in without[0].text_content() + without[1].text_content()


def test_what_is_suppressed_shows_no_number_even_if_the_row_has_one() -> None:
    months = [MONTH]
    table = figure_table(months).to_pylist()
    hidden = [row for row in table if row["geography_code"] == "0180"]
    for row in hidden:
        row |= {"value_status": "suppressed", "value": Decimal("777.0000")}
        row |= {"numerator": 777, "denominator": 777}
    html = page_html(page_input(1, figures=of_rows(table)))
    # coordinates of charts may have any digits
    told = [parsed(html).text_content(), *parsed(html).xpath("//@value | //@aria-label")]
    assert not [each for each in told if "777" in each]
    place = article(html, "0180")
    assert place.findall(".//data") == []
    assert {cell.text_content() for cell in place.iterfind(".//td")} == {"skyddad"}
    panel = next(
        each
        for each in parsed(html).xpath("//ol[@class='panels']/li")
        if each.find("h3").text == "Stockholm"
    )
    assert "över nivån" not in panel.text_content()


def of_rows(rows: list[dict[str, Any]]) -> Figures:
    import pyarrow as pa

    return Figures(
        pa.Table.from_pylist(rows, schema=figure_table([MONTH]).schema), age_table([MONTH])
    )


@pytest.mark.parametrize("how_many", [1, 2, 24])
def test_the_same_figures_give_the_same_bytes_below_two_megabytes(how_many: int) -> None:
    html = page_html(page_input(how_many))
    assert html == page_html(page_input(how_many))
    assert len(html) < 2_000_000


def test_one_month_of_history_shows_points_and_compares_with_nothing() -> None:
    page = parsed(written(1))
    assert len(page.xpath("//figure//*[local-name()='svg']")) == 6
    assert "februari" not in page.text_content()
    assert len(article(written(1), "0180").findall(".//thead/tr/th")) == 2


def test_text_from_data_stays_text() -> None:
    waiting = page_input().waiting
    assert waiting is not None
    page = page_input(2, names={"0114": HOSTILE})
    hostile = replace(
        page,
        findings=[replace(each, text=HOSTILE) for each in page.findings],
        rulesets=[replace(each, ruleset_id=HOSTILE, source=HOSTILE) for each in page.rulesets],
        waiting=replace(
            waiting, municipalities=[replace(each, name=HOSTILE) for each in waiting.municipalities]
        ),
    )
    document = parsed(page_html(hostile))
    assert len(document.xpath("//script")) == 1
    assert document.xpath("//img | //*[@onerror]") == []
    assert document.xpath("//h3/text()").count(HOSTILE) == 2
    assert HOSTILE in document.xpath("//*[local-name()='svg']/@aria-label")[2] + "".join(
        document.xpath("//*[local-name()='svg']/@aria-label")
    )


def test_nothing_on_the_page_is_fetched() -> None:
    for html in (written(), index_html(releases())):
        document = parsed(html)
        addresses = document.xpath("//@src | //link/@href | //*[local-name()='image']")
        assert addresses == ["data:,"]
        assert b"url(http" not in html and b"@import" not in html
        policy = document.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
        assert policy.startswith("default-src 'none';")


def test_every_id_is_one_and_every_reference_has_its_target() -> None:
    document = parsed(written())
    ids = document.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(document.xpath("//a/@href")) <= {f"#{each}" for each in ids}
    assert set(document.xpath("//@aria-labelledby")) <= set(ids)
    used = {value.removeprefix("#") for value in document.xpath("//@*[name()='xlink:href']")}
    assert used <= set(ids)


def test_every_chart_is_told_in_words_and_has_its_table() -> None:
    document = parsed(written())
    charts = document.xpath("//*[local-name()='svg']")
    assert all(each.get("role") == "img" and len(each.get("aria-label")) > 20 for each in charts)
    sections = document.xpath("//main/section[.//*[local-name()='svg']]")
    assert all(each.xpath(".//table") for each in sections)


def test_every_finding_of_the_rules_has_its_words() -> None:
    with (DBT_PROJECT / "seeds" / "finding.csv").open(encoding="utf-8", newline="") as file:
        assert {row["finding_code"] for row in csv.DictReader(file)} == set(FINDING)


def test_a_county_without_levels_districts_or_discharges_has_an_honest_page() -> None:
    rows = [
        row | ({"value": None, "value_status": "not_applicable"} if row["denominator"] == 0 else {})
        for row in emptied(figure_table([MONTH]).to_pylist())
    ]
    document = parsed(page_html(page_input(1, figures=of_rows(rows), levels={}, waiting=None)))
    text = document.text_content()
    assert "Det finns inget att räkna på för månaden" in text
    assert "Stadsdelar" not in text and "mot nivån" not in text
    assert "Ingen patient som processen gäller skrevs ut" in text
    assert "Inga hinder fanns" not in text


def emptied(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["geography_level"] != "district":
            is_count = row["denominator"] is None
            empty = {"value": Decimal(0) if is_count else None, "numerator": 0}
            state = {"value_status": "zero" if is_count else "not_applicable"}
            yield row | empty | state | ({} if is_count else {"denominator": 0})


def releases() -> list[PublishedMonth]:
    return [
        PublishedMonth(date(2024, 2, 1), 1, date(2024, 3, 5), "2024-02/v1/index.html"),
        PublishedMonth(MONTH, 1, date(2024, 4, 5), "2024-03/v1/index.html"),
        PublishedMonth(MONTH, 2, date(2024, 5, 5), "2024-03/v2/index.html"),
    ]


def test_the_index_names_every_month_newest_first_and_its_versions() -> None:
    rows = parsed(index_html(releases())).xpath("//tbody/tr")
    assert [row.find("th").text_content() for row in rows] == ["Mars 2024", "Februari 2024"]
    assert [each.get("href") for each in rows[0].iterfind(".//a")] == [
        "2024-03/v2/index.html",
        "2024-03/v1/index.html",
    ]
    assert "Ingen månad" in parsed(index_html([])).text_content()


def test_a_place_is_not_the_rest_that_keeps_sums_whole() -> None:
    assert not Place("municipality", "other", "").is_place
    assert Place("municipality", "0180", "").is_place


def test_the_countys_days_are_held_against_the_reference_year() -> None:
    figures = figure_table([MONTH])
    rows = figures.to_pylist()
    (days,) = (
        row
        for row in rows
        if (row["geography_level"], row["care_type"], row["measure"])
        == ("county", "all", "ready_days_all")
    )
    held = days | {"measure": "reference_ready_days_all", "value": days["value"] + 100}
    held |= {"numerator": None, "denominator": None}
    table = pa.Table.from_pylist([*rows, held], schema=figures.schema)
    text = page_html(page_input(1, figures=Figures(table, age_table([MONTH])))).decode()
    assert "100 färre." in text
    assert "Dagar att jämföra med" in text
    assert "jämförelseår" not in page_html(page_input(1)).decode()


def with_figure(table: Any, value: str | None, measure: str, level: str, code: str) -> Any:
    """The table with one place's figure of the month set, all care types."""
    rows = table.to_pylist()
    for row in rows:
        at = (row["month"], row["geography_level"], row["geography_code"], row["measure"])
        if at == (MONTH, level, code, measure):
            row |= {"value": Decimal(value or 0), "numerator": None, "denominator": None}
            row["value_status"] = "ok" if Decimal(value or 0) else "zero"
    return pa.Table.from_pylist(rows, schema=table.schema)


def test_one_month_of_one_municipality_does_not_press_the_others_flat() -> None:
    months = months_up_to(MONTH, 24)
    plain = page_input(24)
    high = with_figure(figure_table(months), "60", "mean_ready_days", "municipality", "0187")
    cut = page_input(24, figures=Figures(high, age_table(months)))
    assert not scale(plain).is_cut
    assert scale(cut).is_cut
    assert scale(cut).highest < 10
    text = page_html(cut).decode()
    assert "trekant" in text
    assert "60,00" in text
    assert "trekant" not in written().decode()


def test_an_axis_of_less_than_a_day_has_a_scale_that_can_be_read() -> None:
    chart = line_chart([Point("jan 24", Decimal("0.4")), Point("feb 24", Decimal("0.8"))], "x")
    texts = lxml.html.fromstring(chart).xpath("//*[local-name()='text']/text()")
    assert [each.strip() for each in texts if each.strip()[:1].isdigit()] == ["0", "0,5"]


def test_a_month_without_discharges_says_so_first() -> None:
    none = with_figure(figure_table([MONTH]), None, "episodes_discharged", "county", "01")
    page = parsed(page_html(page_input(1, figures=Figures(none, age_table([MONTH])))))
    (notice,) = page.find_class("notice")
    assert "Ingen patient" in notice.text_content()
    assert "Inga hinder fanns" not in page.text_content()
    assert parsed(written()).find_class("notice") == []


def test_a_municipality_without_discharges_has_words_and_not_only_dashes() -> None:
    none = with_figure(figure_table([MONTH]), None, "episodes_discharged", "municipality", "0187")
    html = page_html(page_input(1, figures=Figures(none, age_table([MONTH]))))
    assert (
        "Ingen patient från Vaxholm som processen gäller skrevs ut i mars 2024"
        in article(html, "0187").text_content()
    )
    assert "Ingen patient" not in article(html, "0180").text_content()


def test_a_month_that_is_not_over_says_so_first() -> None:
    page = parsed(page_html(page_input(1, as_of=date(2024, 3, 20))))
    (notice,) = page.find_class("notice")
    assert "inte slut" in notice.text_content()


def test_a_new_district_is_named_as_new() -> None:
    months = months_up_to(MONTH, 2)
    table = figure_table(months)
    rows = [
        row
        for row in table.to_pylist()
        if (row["month"], row["geography_code"]) != (months[0], "Järva")
    ]
    figures = Figures(pa.Table.from_pylist(rows, schema=table.schema), age_table(months))
    assert "Järva är ett nytt område" in page_html(page_input(2, figures=figures)).decode()
    assert "nytt område" not in page_html(page_input(2)).decode()


def test_the_index_says_why_a_month_has_a_new_version() -> None:
    first = PublishedMonth(MONTH, 1, date(2024, 4, 5), "2024-03/v1/index.html")
    second = replace(first, version=2, reason="ett sjukhus levererade sent", is_preliminary=True)
    year = PublishedMonth(date(2024, 1, 1), 1, date(2025, 1, 9), "2024/v1/index.html")
    text = parsed(index_html([first, second], [year])).text_content()
    assert "ett sjukhus levererade sent" in text
    assert "preliminär" in text
    assert "Årlig uppföljning" in text
