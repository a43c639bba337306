"""The rules computed a second time, in plain Python, by someone who has not read the SQL."""

from .compute import Marts, compute
from .differences import differences

__all__ = ["Marts", "compute", "differences"]
