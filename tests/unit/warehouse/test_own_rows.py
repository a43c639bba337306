"""The region's own rows: taken as typed, or refused with file, row and column; never a value."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.warehouse.own_rows import CLOSED_SETS, OF_TABLE, SEEDS, OwnTable, load_own_rows
from lus_assets.warehouse.project import DBT_PROJECT

RATE = "rate_source,valid_from,valid_to,rate_sek,source,status\n"
INVOICING = "ruleset_id,valid_from,valid_to,invoicing,source,status\n"
RULESET = (
    "ruleset_id,agreement_id,care_type,valid_from,valid_to,billing_model,free_days,free_day_unit,"
    "holiday_calendar,cutoff_time,cutoff_comparator,mean_level,mean_decimals,"
    "individual_after_days,rate_source,admission_notice_hours,sip_call_days,source,status\n"
)


def own(home: Path, name: str, text: str | bytes) -> dict[str, OwnTable]:
    place = Home(home).prepare()
    raw = text.encode() if isinstance(text, str) else text
    (place.region / name).write_bytes(raw)
    return {table.seed: table for table in load_own_rows(place)}


def refusal(home: Path, name: str, text: str | bytes) -> LusError:
    with pytest.raises(LusError) as refused:
        own(home, name, text)
    return refused.value


def test_a_home_without_own_rows_has_an_empty_table_per_seed(tmp_path: Path) -> None:
    tables = load_own_rows(Home(tmp_path).prepare())
    assert [(table.seed, table.rows) for table in tables] == [(seed, []) for seed in SEEDS]
    assert all(table.columns for table in tables)


def test_a_row_comes_typed_in_the_seeds_order_whatever_the_order_of_its_columns(
    tmp_path: Path,
) -> None:
    text = "status,rate_sek,source,valid_to,valid_from,rate_source\n"
    text += "assumption,12100.50,Beslut,,2025-01-01,national\n"
    rate = own(tmp_path, "daily_rate.csv", text)["daily_rate"]
    assert list(rate.columns) == RATE.strip().split(",")
    assert rate.rows == [
        ("national", date(2025, 1, 1), None, Decimal("12100.50"), "Beslut", "assumption")
    ]


def test_a_whole_ruleset_can_be_an_own_row(tmp_path: Path) -> None:
    row = (
        "mean-gate,stockholm,somatic,2024-01-01,,mean_gate,3,calendar,se-2018,12:00:00,"
        "at_or_after,2.50,2,,national,24,3,Beslut,assumption\n"
    )
    (values,) = own(tmp_path, "ruleset.csv", RULESET + row)["ruleset"].rows
    named = dict(zip(RULESET.strip().split(","), values, strict=True))
    assert named["cutoff_time"] == time(12)
    assert (named["free_days"], named["mean_level"], named["mean_decimals"]) == (3, 2.5, 2)
    assert named["individual_after_days"] is None


def test_source_and_status_may_be_left_out_and_say_that_the_row_is_the_regions_own(
    tmp_path: Path,
) -> None:
    text = "ruleset_id,valid_from,invoicing\nstockholm-2020-somatic,2024-01-01,active\n"
    (row,) = own(tmp_path, "ruleset_invoicing.csv", text)["ruleset_invoicing"].rows
    assert row == (
        *("stockholm-2020-somatic", date(2024, 1, 1), None, "active"),
        *("Regionens egen rad", "sourced"),
    )


def test_a_byte_order_mark_and_spaces_around_values_do_no_harm(tmp_path: Path) -> None:
    text = "\ufeff" + INVOICING + "stockholm-2020-somatic , 2024-01-01 ,, active ,,\n"
    (row,) = own(tmp_path, "ruleset_invoicing.csv", text)["ruleset_invoicing"].rows
    assert row[:4] == ("stockholm-2020-somatic", date(2024, 1, 1), None, "active")


@pytest.mark.parametrize("name", ["rates.csv", "finding.csv", "municipality.csv"])
def test_a_file_that_is_no_table_of_ours_is_refused_with_the_names_there_are(
    tmp_path: Path, name: str
) -> None:
    error = refusal(tmp_path, name, RATE)
    assert error.what.startswith(name)
    assert "daily_rate.csv" in error.todo
    assert error.where.endswith(name)


def test_an_unknown_column_is_refused_with_its_name(tmp_path: Path) -> None:
    error = refusal(tmp_path, "daily_rate.csv", RATE.replace("rate_sek", "rate_sek,kommentar"))
    assert error.what == "unknown column: kommentar"
    assert "rate_sek" in error.todo


@pytest.mark.parametrize("column", ["rate_source", "valid_from", "rate_sek"])
def test_a_missing_column_is_refused_with_its_name(tmp_path: Path, column: str) -> None:
    header = ",".join(name for name in RATE.strip().split(",") if name != column)
    assert refusal(tmp_path, "daily_rate.csv", f"{header}\n").what == f"missing column: {column}"


def test_a_column_that_is_named_twice_is_refused(tmp_path: Path) -> None:
    text = RATE.replace("rate_sek", "rate_sek,rate_sek") + "national,2025-01-01,,5,6,B,sourced\n"
    assert refusal(tmp_path, "daily_rate.csv", text).what == "a column is named twice"


def test_zeros_after_the_last_decimal_are_no_decimals(tmp_path: Path) -> None:
    table = own(tmp_path, "daily_rate.csv", RATE + "national,2025-01-01,,12100.500,B,sourced\n")
    assert table["daily_rate"].rows[0][3] == Decimal("12100.5")


def test_an_empty_file_is_refused_for_its_missing_columns(tmp_path: Path) -> None:
    assert refusal(tmp_path, "daily_rate.csv", "").what.startswith("missing column: rate_sek")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("national,2024-13-01,,12000,Beslut,sourced", "valid_from cannot be read as date"),
        ("national,1 januari 2025,,12000,Beslut,sourced", "valid_from cannot be read as date"),
        ("national,2025-01-01,2025-02-30,12000,Beslut,sourced", "valid_to cannot be read as date"),
        ("national,2025-01-01,,12 000,Beslut,sourced", "rate_sek cannot be read as decimal(18,2)"),
        ("national,2025-01-01,,NaN,Beslut,sourced", "rate_sek cannot be read as decimal(18,2)"),
        (
            "national,2025-01-01,,Infinity,B,sourced",
            "rate_sek cannot be read as decimal(18,2)",
        ),
        ("national,2025-01-01,,1e30,B,sourced", "rate_sek cannot be read as decimal(18,2)"),
        ("national,2025-01-01,,12100.505,B,sourced", "rate_sek cannot be read as decimal(18,2)"),
        ("national,2025-01-01,,,Beslut,sourced", "rate_sek is empty"),
        (",2025-01-01,,12000,Beslut,sourced", "rate_source is empty"),
        ("national,2025-01-01,,12000,Beslut,certain", "status is none of the known values"),
        ("national,2025-01-01,,12000,Beslut", "the row has more or fewer values than the header"),
        (
            "national,2025-01-01,,12000,Beslut,sourced,mer",
            "the row has more or fewer values than the header",
        ),
    ],
)
def test_a_broken_row_is_refused_with_its_number_and_column_and_without_its_value(
    tmp_path: Path, row: str, what: str
) -> None:
    good = "national,2022-01-01,2022-12-31,9000,Beslut,sourced\n"
    error = refusal(tmp_path, "daily_rate.csv", f"{RATE}{good}{row}\n")
    assert error.what == what
    assert error.where.endswith("daily_rate.csv, row 2")
    assert row not in str(error)
    assert "12 000" not in str(error)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("billing_model", "medel"), ("free_day_unit", "days"), ("cutoff_comparator", "before")),
        *(("care_type", "SOMATIC"), ("status", "maybe")),
    ],
)
def test_what_is_not_in_a_closed_set_is_refused_with_the_set(
    tmp_path: Path, column: str, value: str
) -> None:
    row = dict.fromkeys(RULESET.strip().split(","), "1") | {
        "care_type": "somatic",
        "valid_from": "2024-01-01",
        "valid_to": "",
        "billing_model": "individual",
        "free_day_unit": "calendar",
        "holiday_calendar": "se-2018",
        "cutoff_time": "12:00",
        "cutoff_comparator": "after",
        "mean_level": "",
        "individual_after_days": "",
        "status": "sourced",
    }
    assert own(tmp_path, "ruleset.csv", RULESET + ",".join(row.values()))["ruleset"].rows
    row[column] = value
    error = refusal(tmp_path, "ruleset.csv", RULESET + ",".join(row.values()))
    assert error.what == f"{column} is none of the known values"
    assert error.todo == f"use one of: {', '.join(sorted(CLOSED_SETS[column]))}"


def test_invoicing_is_active_or_suspended_and_nothing_else(tmp_path: Path) -> None:
    text = INVOICING + "stockholm-2020-somatic,2024-01-01,,yes,Beslut,sourced\n"
    assert refusal(tmp_path, "ruleset_invoicing.csv", text).what.startswith("invoicing is none")


@pytest.mark.parametrize(
    "raw",
    [
        RATE.encode("utf-16"),
        RATE.encode() + "national,2025-01-01,,12000,Förskrift,sourced\n".encode("latin-1"),
        RATE.encode() + b'national,2025-01-01,,12000,"Beslut"x,sourced\n',
    ],
    ids=["utf-16", "latin-1", "quotes"],
)
def test_a_file_that_is_not_comma_separated_utf8_is_refused(tmp_path: Path, raw: bytes) -> None:
    assert refusal(tmp_path, "daily_rate.csv", raw).what.startswith("the file is not comma-sep")


def test_semicolons_show_as_an_unknown_column(tmp_path: Path) -> None:
    error = refusal(tmp_path, "daily_rate.csv", RATE.replace(",", ";"))
    assert error.what.startswith("unknown column: rate_source;")


REFERENCE = "measure,care_type,reference_month,value,valid_from,valid_to\n"


def test_a_reference_series_says_what_months_are_held_against(tmp_path: Path) -> None:
    text = REFERENCE + "ready_days_all,all,2017-03-01,9120,2018-01-01,2019-12-31\n"
    (row,) = own(tmp_path, "reference_series.csv", text)["reference_series"].rows
    assert row[:4] == ("ready_days_all", "all", date(2017, 3, 1), Decimal(9120))


@pytest.mark.parametrize("start", ["ready_days_all,any", "median_ready_days,all"])
def test_a_reference_is_of_a_measure_and_care_type_of_the_statistics(
    tmp_path: Path, start: str
) -> None:
    text = f"{REFERENCE}{start},2017-03-01,9120,2018-01-01,\n"
    assert "known values" in refusal(tmp_path, "reference_series.csv", text).what


def test_days_of_a_reference_are_whole_and_a_mean_may_have_decimals(tmp_path: Path) -> None:
    days = f"{REFERENCE}ready_days_all,all,2017-03-01,9120.5,2018-01-01,\n"
    assert "Days are counted whole" in refusal(tmp_path, "reference_series.csv", days).what
    mean = days.replace("ready_days_all", "mean_ready_days")
    assert own(tmp_path, "reference_series.csv", mean)["reference_series"].rows


PARTY = "agreement_id,region_code,municipality_code,valid_from,valid_to\n"
GATE = "stockholm,somatic,2024-01-01,,mean_gate,3,calendar,se-2018,12:00,at_or_after"


@pytest.mark.parametrize(
    ("name", "text", "row", "words"),
    [
        ("daily_rate.csv", RATE + "national,2025-01-01,,-1,Beslut,sourced\n", 1, "zero is never"),
        (
            "daily_rate.csv",
            RATE + 2 * "national,2025-01-01,,12100,Beslut,sourced\n",
            2,
            "One row per table and start",
        ),
        (
            "ruleset_invoicing.csv",
            INVOICING
            + "stockholm-2020-somatic,2025-01-01,,active,Beslut,sourced\n"
            + "stokholm-2020-somatic,2025-01-01,,active,Beslut,sourced\n",
            2,
            "A misspelt ruleset",
        ),
        (
            "ruleset_invoicing.csv",
            INVOICING + "stockholm-2020-somatic,2024-03-15,,active,Beslut,sourced\n",
            1,
            "Discharge months are invoiced",
        ),
        (
            "ruleset.csv",
            RULESET + f"own,{GATE},,,,national,24,3,Beslut,assumption\n",
            1,
            "A mean model has a level",
        ),
        (
            "agreement_party.csv",
            PARTY + "stockholm,01,0180,2020-01-01,\nstockholm,01,180,2020-01-01,\n",
            2,
            "A misspelt code",
        ),
    ],
    ids=[
        *("a negative rate", "a row twice", "a misspelt ruleset", "a month in its middle"),
        *("a mean without a level", "a municipality that is none"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_place(
    name: str, text: str, row: int, words: str, tmp_path: Path
) -> None:
    error = refusal(tmp_path, name, text)
    assert error.where == f"{tmp_path / 'region' / name}, row {row}"
    assert words in error.what


def test_an_own_ruleset_can_be_named_by_an_own_row(tmp_path: Path) -> None:
    own(tmp_path, "ruleset.csv", RULESET + f"own,{GATE},2.50,2,,national,24,3,Beslut,assumption\n")
    row = "own,2025-01-01,,active,Beslut,sourced\n"
    assert (
        len(own(tmp_path, "ruleset_invoicing.csv", INVOICING + row)["ruleset_invoicing"].rows) == 1
    )


def test_the_closed_sets_are_those_of_the_models_on_the_rules() -> None:
    text = (DBT_PROJECT / "models" / "staging" / "stg_rules.yml").read_text(encoding="utf-8")
    tested = {
        (model["name"].removeprefix("stg_"), column): set(values)
        for model in yaml.safe_load(text)["models"]
        for test in model["data_tests"]
        for column, values in test.get("closed_sets", {})
        .get("arguments", {})
        .get("sets", {})
        .items()
    }
    assert len(tested) >= 7
    sets = {key: (CLOSED_SETS | OF_TABLE.get(key[0], {}))[key[1]] for key in tested}
    assert sets == tested
