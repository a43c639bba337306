"""What all assets share: the names of tags and resources, and how a failure is shown.

An exception's own text may hold a row's value, and Dagster stores it: so what is not a LusError is
shown by its type and its place in the code only.
"""

import traceback
from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from lus_assets.core.errors import LusError, UnreachableError, with_todo
from lus_assets.core.installation import Installation
from lus_assets.core.lock import writer_lock

INSTALLATION = "installation"
"""Key of the resource that gives an asset its Installation."""
POOL = "warehouse"
"""The pool of every asset that writes: one at a time (dagster.yaml sets its limit to 1)."""
EXIT_STATUS = "exit_status"
"""Metadata of a Failure: the command's exit status for it."""
MAX_RUNTIME = {"dagster/max_runtime": 6 * 3600}
"""Run tag: seconds after which run monitoring ends a run that hangs."""
_EVALUATED = {
    AssetCheckExecutionRecordStatus.SUCCEEDED,
    AssetCheckExecutionRecordStatus.FAILED,
}


def installation_of(context: dg.OpExecutionContext | dg.AssetExecutionContext) -> Installation:
    """The run's Installation."""
    return getattr(context.resources, INSTALLATION)


def last_evaluated(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey
) -> AssetCheckExecutionRecord | None:
    """A check's newest execution that came to a result, in any run; None without one.

    Dagster's own newest one may be of a run that only planned the check, and ended before it.
    """
    found = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, status=_EVALUATED
    )
    return found[0] if found else None


@contextmanager
def writing(installation: Installation) -> Generator[None]:
    """Hold the home's writer lock; errors as in `shown_safely`."""
    with shown_safely(), writer_lock(installation.home):
        yield


@contextmanager
def shown_safely() -> Generator[None]:
    """Let failures out without values.

    Raises:
        dagster.Failure: what went wrong, to be read by a person.
        dagster.RetryRequested: the source or the disk did not answer; a retry can mend that.
    """
    try:
        yield
    except UnreachableError as error:
        raise dg.RetryRequested(max_retries=2, seconds_to_wait=30) from _in_words(error)
    except LusError as error:
        raise _in_words(error) from None
    except (ConnectionError, TimeoutError) as error:
        raise dg.RetryRequested(max_retries=2, seconds_to_wait=30) from _without_values(error)
    except (dg.Failure, dg.RetryRequested):
        raise
    except Exception as error:  # noqa: BLE001 - shown without its text, which may hold a value
        raise _without_values(error) from None


def _in_words(error: LusError) -> dg.Failure:
    return dg.Failure(
        description=str(error), metadata={EXIT_STATUS: error.exit_status}, allow_retries=False
    )


def _without_values(error: Exception) -> dg.Failure:
    frames = traceback.extract_tb(error.__traceback__)
    places = " <- ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-6:]))
    kind = with_todo(type(error).__name__)
    return dg.Failure(description=f"{kind}, at {places}", allow_retries=False)
