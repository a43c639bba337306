"""The gate before invoice bases: a blocking check that failed holds until it passes."""

import dagster as dg

from lus_assets.invoicing.assets import _failed

KEY = dg.AssetCheckKey(dg.AssetKey("mart"), "holds")


def run(instance: dg.DagsterInstance, *, passes: bool | None) -> None:
    """A run of the check; None: it ends before the check has a result."""

    @dg.asset_check(asset=KEY.asset_key, name=KEY.name, blocking=True)
    def holds() -> dg.AssetCheckResult:
        if passes is None:
            raise dg.Failure("the lock is held", allow_retries=False)
        return dg.AssetCheckResult(passed=passes)

    every = dg.AssetSelection.all_asset_checks()
    dg.materialize([holds], instance=instance, selection=every, raise_on_error=False)


def test_a_failed_check_holds_past_a_run_that_only_planned_it() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert _failed(instance, [KEY]) == []
        run(instance, passes=None)
        assert _failed(instance, [KEY]) == []
        run(instance, passes=False)
        assert _failed(instance, [KEY]) == ["mart: holds"]
        run(instance, passes=None)
        assert _failed(instance, [KEY]) == ["mart: holds"]
        run(instance, passes=True)
        assert _failed(instance, [KEY]) == []
