"""What became of the nodes of a build."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test. `failures`: rows that a test found, else None."""

    unique_id: str
    status: str
    seconds: float
    failures: int | None
    message: str | None

    @property
    def is_ok(self) -> bool:
        """Did it do what it should, or as a test only warn? (dbt: `success` for models and seeds,
        `pass` and `warn` for tests.)"""
        return self.status in ("success", "pass", "warn")
