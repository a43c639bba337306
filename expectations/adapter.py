"""Runs expectations on a frame, and says which hold: never a value, never a row.

Great Expectations takes 4 s to import, so nothing here imports it before a suite runs.
"""

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

Frame = Any
"""A pandas frame."""
Expectation = Any
"""An expectation of Great Expectations with a description; severity `warning` does not fail."""


@dataclass(frozen=True)
class Checked:
    """A promise, as a sentence, and whether it holds. A warning that does not fails nothing."""

    description: str
    holds: bool
    is_warning: bool = False


@dataclass(frozen=True)
class BorderResult:
    """What became of a suite: every promise in the suite's order."""

    suite: str
    checked: tuple[Checked, ...]

    @property
    def success(self) -> bool:
        """Do all promises hold that are no warnings?"""
        return not self.failures

    @property
    def expectations(self) -> list[tuple[str, bool]]:
        """Description and outcome of every promise, warnings too."""
        return [(each.description, each.holds) for each in self.checked]

    @property
    def failures(self) -> list[str]:
        """Promises that do not hold."""
        return [each.description for each in self.checked if _is(each, warning=False)]

    @property
    def warnings(self) -> list[str]:
        """Warnings that do not hold."""
        return [each.description for each in self.checked if _is(each, warning=True)]


def run_suite(suite: str, frame: Frame, expectations: Sequence[Expectation]) -> tuple[Checked, ...]:
    """Check a frame. Every expectation has a description, distinct within the suite.

    One that cannot be computed (a column is missing, say) does not hold.
    """
    gx = _library()
    described = [each.description for each in expectations]
    outcome = (
        _whole_frame()
        .get_batch(batch_parameters={"dataframe": frame})
        .validate(
            gx.ExpectationSuite(name=suite, expectations=list(expectations)),
            result_format="BOOLEAN_ONLY",
        )
    )
    # results come in an order of their own; nothing but the outcome is taken from them
    holds = {each.expectation_config.description: bool(each.success) for each in outcome.results}
    return tuple(
        Checked(text, holds[text], str(each.severity.value) == "warning")
        for text, each in zip(described, expectations, strict=True)
    )


def vocabulary() -> Any:
    """The expectations that suites are built of (`great_expectations.expectations`)."""
    _library()
    import great_expectations.expectations

    return great_expectations.expectations


def column(name: str) -> Any:
    """A column, to say on which rows a promise is made: `column("status") == "open"`."""
    _library()
    from great_expectations.expectations.row_conditions import Column

    return Column(name)


def together(suite: str, *parts: Iterable[Checked]) -> BorderResult:
    """Several checks as one suite's result; of one made several times, every time must hold."""
    checked: dict[str, Checked] = {}
    for each in (each for part in parts for each in part):
        before = checked.get(each.description)
        checked[each.description] = each if before is None or before.holds else before
    return BorderResult(suite, tuple(checked.values()))


@cache
def _library() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    # its warnings about failed metrics quote what they were computed on
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    return gx


@cache
def _whole_frame() -> Any:
    """The one batch definition of this process: all rows of whatever frame is given."""
    gx = _library()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    # without a site of documentation, which it would make a folder for, and say so in every run
    nothing_kept = DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults())
    context = gx.get_context(project_config=nothing_kept, mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("border").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("rows")


def _is(checked: Checked, *, warning: bool) -> bool:
    return not checked.holds and checked.is_warning is warning
