"""What published files promise: real releases keep it, tampered or wrong ones are found out."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from expectations.published import (
    check_published_statistics,
    check_statistics_release,
    measures,
)
from expectations.published_invoices import check_invoice_bases, check_published_invoices
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.lines import DueLine, InvoiceBase
from lus_assets.publishing.formats import csv_bytes, parquet_bytes
from lus_assets.publishing.release import DataFile, write_once
from tests.unit.publishing.tiny_marts import MONTH, SOMATIC, contracts, figure

Rows = list[dict[str, Any]]
_TYPES = {
    "DATE": pa.date32(),
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DECIMAL(18,4)": pa.decimal128(18, 4),
}


def figures() -> Rows:
    """Two municipalities that add up to the county, somatic care only."""
    rows: Rows = []
    for care_type in ("all", "somatic"):
        for level, code, value in (
            ("county", "01", "9"),
            ("municipality", "0114", "2"),
            ("municipality", "0180", "7"),
        ):
            rows.append(
                figure(code, "episodes_discharged", value, level=level, care_type=care_type)
            )
    rows.append(figure("0180", "share_billable", "0.5000"))
    rows.append(figure("0114", "share_billable", None, "not_applicable"))
    rows.append(figure("0114", "episodes_with_deceased", "0", "zero", care_type="somatic"))
    return rows


def ages() -> Rows:
    return [
        {
            "month": MONTH,
            "age_group": group,
            "age_group_name": group,
            "care_type": care_type,
            "measure": "episodes_discharged",
            "value": Decimal(value),
            "value_status": "ok",
            "as_of": date(2025, 3, 1),
        }
        for care_type in ("all", "somatic")
        for group, value in (("18-64", "4"), ("65+", "5"))
    ]


def table(mart: str, rows: Rows) -> pa.Table:
    columns = contracts()[mart]["columns"]
    schema = pa.schema([(each["name"], _TYPES[each["data_type"]]) for each in columns])
    exact = [
        row | {"value": None if row["value"] is None else row["value"].quantize(Decimal("0.0001"))}
        for row in rows
    ]
    return pa.Table.from_pylist(exact, schema=schema)


def release(folder: Path, main: Rows, by_age: Rows) -> Path:
    files: list[DataFile] = []
    for name, rows in (
        ("monthly_statistics", main),
        ("monthly_statistics_by_age_group", by_age),
    ):
        data = table(f"rpt_{name}", rows)
        files.append(DataFile(f"{name}.csv", csv_bytes(data), data.num_rows))
        files.append(DataFile(f"{name}.parquet", parquet_bytes(data), data.num_rows))
    return write_once(folder, folder / "statistics" / "2025-01" / "v1", files, {}).folder


def test_statistics_that_add_up_keep_every_promise(tmp_path: Path) -> None:
    folder = release(tmp_path / "published", figures(), ages())
    assert check_statistics_release(folder).failures == []
    assert check_published_statistics(Home(tmp_path), MONTH).success


def _set(place: str, **values: Any) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        return [
            row | values
            if (row["geography_code"], row["measure"]) == (place, "share_billable")
            else row
            for row in rows
        ]

    return change


def _replaced(code: str, value: str | None, status: str = "ok") -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        return [
            row | {"value": Decimal(value) if value else None, "value_status": status}
            if (row["geography_code"], row["measure"]) == (code, "episodes_discharged")
            else row
            for row in rows
        ]

    return change


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        (lambda rows: [*rows, rows[0]], "a figure stands once"),
        (_set("0180", measure="beds"), "measure is of its closed list"),
        (_set("0180", geography_level="ward"), "geography_level is of its closed list"),
        (_set("0180", care_type="dental"), "care_type is of its closed list"),
        (_set("0180", value_status="fine"), "value_status is of its closed list"),
        (_set("0180", value=None), "a figure that is ok or zero has a value"),
        (_set("0180", value_status="suppressed"), "a suppressed or inapplicable figure has none"),
        (_set("0180", value=Decimal(0)), "zero is called zero"),
        (_set("0180", value_status="zero"), "what is called zero is zero"),
        (_set("0180", value=Decimal("-0.5")), "no figure is negative"),
        (_set("0180", value=Decimal("1.0001")), "a share lies between 0 and 1"),
    ],
)
def test_a_wrong_figure_breaks_its_promise(
    tmp_path: Path, change: Callable[[Rows], Rows], promise: str
) -> None:
    failures = check_statistics_release(release(tmp_path, change(figures()), ages())).failures
    assert f"statistics: {promise}" in failures


def test_municipalities_that_do_not_add_up_are_found(tmp_path: Path) -> None:
    folder = release(tmp_path, _replaced("0180", "6")(figures()), ages())
    assert check_statistics_release(folder).failures == ["municipalities add up to the whole"]


def test_care_types_that_do_not_add_up_are_found(tmp_path: Path) -> None:
    rows = [
        row | {"value": Decimal(8)}
        if (row["geography_code"], row["care_type"]) == ("01", "somatic")
        else row
        for row in figures()
    ]
    assert "care types add up to the whole" in (
        check_statistics_release(release(tmp_path, rows, ages())).failures
    )


def test_age_groups_that_do_not_add_up_are_found(tmp_path: Path) -> None:
    folder = release(tmp_path, figures(), ages()[:-1])
    assert check_statistics_release(folder).failures == ["age groups add up to the whole"]


def test_a_county_without_any_part_is_found(tmp_path: Path) -> None:
    county = [row for row in figures() if row["geography_level"] == "county"]
    failures = check_statistics_release(release(tmp_path, county, ages())).failures
    assert failures == ["municipalities add up to the whole"]


def test_a_sum_with_a_suppressed_part_is_left_out(tmp_path: Path) -> None:
    rows = _replaced("0114", None, "suppressed")(figures())
    assert check_statistics_release(release(tmp_path, rows, ages())).failures == []


@pytest.mark.parametrize("measure", ["episodes_with_deceased", "ready_days", "liable_days"])
def test_a_small_figure_on_a_municipality_s_row_is_found(measure: str, tmp_path: Path) -> None:
    rows = [*figures(), figure("0114", measure, "1", care_type="psychiatric")]
    broken = check_statistics_release(release(tmp_path / "v1", rows, ages())).failures
    assert "no small count stands on municipality and district rows" in broken


def test_a_changed_file_is_found(tmp_path: Path) -> None:
    folder = release(tmp_path, figures(), ages())
    (folder / "monthly_statistics.csv").write_text("month\r\n")
    assert check_statistics_release(folder).failures == [
        "files are as the manifest says",
        "monthly_statistics: CSV and Parquet say the same",
    ]


def test_without_statistics_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LusError, match="publish them first"):
        check_published_statistics(Home(tmp_path), MONTH)


def test_the_measures_are_those_of_the_rules() -> None:
    names = measures()
    of_the_rules = [each for each in names if not each.startswith("reference_")]
    of_the_rules.remove("municipality_months_above_level")
    assert len(of_the_rules) == len(set(of_the_rules)) == 39
    assert {"episodes_with_sip_call_late", "episodes_blocked_by_none"} <= set(names)


def charge(amount: str = "34800.00", days: str = "3.0000", price: str = "11600.00") -> DueLine:
    about = (MONTH, "charge", None, SOMATIC, None)
    return DueLine(*about, Decimal(days), Decimal(price), Decimal(amount))


def base(
    published: Path,
    *lines: DueLine,
    total: str | None = None,
    code: str = "0180",
    changed: dict[str, Any] | None = None,
) -> Path:
    of = InvoiceBase(code, MONTH, lines)
    data = of.table(date(2025, 2, 26))
    if changed:
        rows = [row | changed for row in data.to_pylist()]
        data = pa.Table.from_pylist(rows, schema=data.schema)
    files = [
        DataFile("lines.csv", csv_bytes(data), data.num_rows),
        DataFile("lines.parquet", parquet_bytes(data), data.num_rows),
    ]
    facts = {"lines": len(lines), "total_sek": total or f"{of.total_sek:f}"}
    return write_once(published, published / "invoice" / "2025-01" / code, files, facts).folder


def failures(*folders: Path) -> list[str]:
    return check_invoice_bases(folders).failures


def test_invoice_bases_keep_every_promise(tmp_path: Path) -> None:
    published = tmp_path / "published"
    base(published, charge())
    base(published, code="0114")
    result = check_published_invoices(Home(tmp_path), MONTH)
    assert result.failures == []
    assert ("the manifest's total is the sum of the lines", True) in result.expectations


def test_a_credit_in_full_and_a_debit_keep_every_promise(tmp_path: Path) -> None:
    """Two days become three: what is taken back has negative days and amount, not price."""
    about = {"original_month": date(2024, 12, 1), "corrects_line_id": "a" * 32}
    credit = replace(charge("-23200.00", "-2.0000"), line_type="credit", **about)
    debit = replace(charge(), line_type="debit", **about)
    assert failures(base(tmp_path, charge(), credit, debit)) == []


def test_a_month_without_bases_promises_nothing(tmp_path: Path) -> None:
    assert check_published_invoices(Home(tmp_path), MONTH).success


def test_half_an_ore_is_rounded_up(tmp_path: Path) -> None:
    assert failures(base(tmp_path, charge("0.01", "0.5000", "0.01"))) == []
    assert failures(base(tmp_path, charge("0.00", "0.5000", "0.01"), code="0114")) == [
        "an amount is days times price, rounded half-up to öre once"
    ]


def test_a_total_that_is_not_the_lines_sum_is_found(tmp_path: Path) -> None:
    folder = base(tmp_path, charge(), total="34800.01")
    assert failures(folder) == ["the manifest's total is the sum of the lines"]


@pytest.mark.parametrize(
    ("changed", "promise"),
    [
        ({"line_type": "gift"}, "line_type is of its closed list"),
        ({"line_type": "credit"}, "prices are positive, days too except in credits"),
        ({"episode_id": "b" * 64}, "episode_id is no person's pseudonym"),
        ({"episode_id": "19121212-1212"}, "no text holds a person id"),
        ({"municipality_code": "0114"}, "every line is of the folder's municipality and base"),
        ({"quantity_days": Decimal("2.0000")}, "an amount is days times price, rounded half-up"),
    ],
)
def test_a_wrong_line_breaks_its_promise(
    tmp_path: Path, changed: dict[str, Any], promise: str
) -> None:
    (failure,) = failures(base(tmp_path, charge(), changed=changed))
    assert failure.startswith(promise)


def test_the_same_line_in_two_bases_is_found(tmp_path: Path) -> None:
    one = base(tmp_path, charge(), changed={"invoice_line_id": "x"})
    other = base(tmp_path, charge(), code="0114", changed={"invoice_line_id": "x"})
    assert failures(one, other) == ["a line stands once, in one base"]


def test_a_changed_manifest_is_found(tmp_path: Path) -> None:
    folder = base(tmp_path, charge())
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["lines"] = 2
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert failures(folder) == ["the manifest counts the lines"]
