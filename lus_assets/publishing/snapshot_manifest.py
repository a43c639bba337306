"""The manifest of a BI snapshot: by its hashes a reader sees that files are of one snapshot."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from lus_assets.publishing.marts import code_version_of_marts
from lus_assets.publishing.release import as_json, sha256_of


def snapshot_manifest(
    connection: duckdb.DuckDBPyConnection,
    as_of: date,
    files: Mapping[str, Path],
    row_counts: Mapping[str, int],
) -> bytes:
    """The manifest's bytes: each file's size in bytes, SHA-256 and rows (null for the database),
    and what all are of: as_of, every ruleset's id and status, code version.

    connection: to the marts. files: name below the snapshot's folder -> where it lies now.
    row_counts: table -> rows.
    """
    rulesets = connection.execute("select ruleset_id, status from marts.dim_ruleset order by all")
    return as_json(
        {
            "kind": "bi_snapshot",
            "as_of": as_of.isoformat(),
            "rulesets": [
                {"ruleset_id": name, "status": status} for name, status in rulesets.fetchall()
            ],
            "code_version": code_version_of_marts(connection),
            "files": [
                {
                    "name": name,
                    "bytes": path.stat().st_size,
                    "sha256": sha256_of(path),
                    "rows": row_counts.get(path.stem),
                }
                for name, path in sorted(files.items())
            ],
        }
    )
