"""Cases worked by hand from the law and the agreements, and what compares a run with them."""

from .cases import Case, CaseGroup, case_groups
from .compare import check

__all__ = ["Case", "CaseGroup", "case_groups", "check"]
