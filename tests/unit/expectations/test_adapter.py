"""The adapter: outcomes only, in the suite's order, and nothing imported before it is needed."""

import logging
import subprocess
import sys

import pandas as pd
import pytest

from expectations import adapter
from expectations.adapter import BorderResult, Checked, run_suite, together, vocabulary

FRAME = pd.DataFrame({"name": ["Anna-19121212", None], "days": [1, 2]})


def test_outcomes_come_in_the_suites_order_with_their_severity() -> None:
    gxe = vocabulary()
    checked = run_suite(
        "a suite",
        FRAME,
        [
            gxe.ExpectColumnValuesToBeBetween(column="days", min_value=1, description="days"),
            gxe.ExpectColumnValuesToNotBeNull(
                column="name", severity="warning", description="names"
            ),
            gxe.ExpectColumnValuesToBeInSet(column="days", value_set=[1], description="ones"),
        ],
    )
    assert checked == (
        Checked("days", holds=True),
        Checked("names", holds=False, is_warning=True),
        Checked("ones", holds=False),
    )


def test_a_column_that_is_missing_is_a_promise_not_held() -> None:
    promise = vocabulary().ExpectColumnValuesToNotBeNull(column="absent", description="there")
    assert run_suite("a suite", FRAME, [promise]) == (Checked("there", holds=False),)


def test_no_value_is_printed_logged_or_returned(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    gxe = vocabulary()
    with caplog.at_level(logging.DEBUG):
        checked = run_suite(
            "a suite",
            FRAME,
            [
                gxe.ExpectColumnValuesToBeInSet(column="name", value_set=["x"], description="a"),
                gxe.ExpectColumnValuesToMatchRegex(column="days", regex="x", description="b"),
                gxe.ExpectColumnValuesToBeBetween(column="name", min_value=1, description="c"),
            ],
        )
    assert [each.holds for each in checked] == [False, False, False]
    out, err = capfd.readouterr()
    for text in (out, err, caplog.text, repr(checked)):
        assert "Anna" not in text


def test_a_warning_fails_nothing() -> None:
    result = BorderResult("s", (Checked("a", holds=True), Checked("b", False, is_warning=True)))
    assert result.success
    assert (result.failures, result.warnings) == ([], ["b"])
    assert result.expectations == [("a", True), ("b", False)]


def test_of_several_parts_every_one_must_hold() -> None:
    good, bad = Checked("a", holds=True), Checked("a", holds=False)
    for parts in ([good], [bad]), ([bad], [good]):
        assert together("s", *parts).failures == ["a"]
    assert together("s", [good], [good]).success


def test_importing_the_suites_does_not_import_great_expectations() -> None:
    code = (
        "import sys, expectations.delivered, expectations.published_invoices;"
        "sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_site_of_documentation_is_made_for_a_check(caplog: pytest.LogCaptureFixture) -> None:
    """Great Expectations would make a folder for one, and say so in every run."""
    vocabulary()
    with caplog.at_level(logging.INFO, logger="great_expectations.data_context.types.base"):
        adapter._whole_frame.__wrapped__()
    assert "docs site" not in caplog.text
