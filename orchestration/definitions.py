"""What Dagster loads (workspace.yaml): the definitions of the installation in the environment.

LUS_HOME (default ./data) and LUS_LANDING (default <home>/landing) say which.
"""

import os
import resource
from pathlib import Path

import dagster as dg

from lus_assets.core.location import parse_landing, resolved
from lus_assets.privacy.redact import redact_logs
from orchestration.build import build_defs
from orchestration.resources import HOME_VARIABLE, LANDING_VARIABLE


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of the installation in the environment; what its runs log is redacted."""
    redact_logs()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold persons and the key
    home = Path(os.environ.get(HOME_VARIABLE, "data")).resolve()
    landing = parse_landing(os.environ.get(LANDING_VARIABLE) or str(home / "landing"))
    return build_defs(home, resolved(landing))
