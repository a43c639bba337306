"""Where the dbt project lies, and which version of the code this is."""

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DBT_PROJECT = ROOT / "dbt_project"
BUILT = ("--resource-type", "seed", "--resource-type", "model")
"""What a build makes, in dbt's words and on every engine; data tests are run after it."""

_LIBRARIES = (
    *("dbt-core", "dbt-adapters", "dbt-common", "dbt-duckdb"),
    # the last three protect small numbers
    *("duckdb", "highspy", "numpy", "scipy"),
)
_LOCKED = ROOT / "requirements.lock"
_SOURCES = {
    "lus_assets": ("*.py", "*.j2", "*.css", "*.js"),
    "orchestration": ("*.py",),
    "expectations": ("*.py",),
    "spark": ("*.py",),
    "dbt_project": ("*.sql", "*.yml", "*.csv"),
}


@cache
def code_version() -> str:
    """Package version and a hash of every source file, and of the locked libraries, that can change
    a result: workbooks and Parquet have bytes of the library that wrote them."""
    of_libraries = hashlib.sha256(_LOCKED.read_bytes()).hexdigest()
    both = hashlib.sha256((_fingerprint(tuple(_SOURCES)) + of_libraries).encode()).hexdigest()
    return f"{metadata.version('lus-pipeline')}+{both[:12]}"


@cache
def dbt_fingerprint() -> str:
    """Hash of the dbt project: a manifest made from other files is stale."""
    return _fingerprint(("dbt_project",))


@cache
def libraries() -> str:
    """Versions of what the models' SQL is compiled and run with: others may give other rows."""
    versions = (f"{name} {metadata.version(name)}" for name in _LIBRARIES)
    return ", ".join((f"python {platform.python_version()}", *versions))


def _fingerprint(folders: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        paths = {path for pattern in _SOURCES[folder] for path in (ROOT / folder).rglob(pattern)}
        for path in sorted(paths):
            relative = path.relative_to(ROOT)
            if relative.parts[:2] != ("dbt_project", "target"):
                digest.update(f"{relative}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
