"""The warehouse: what dbt reads is laid out here, and dbt is run here.

Belongs here: the `lake` schema, the region's own rows, dbt's manifest and runner. Does not: any
rule about episodes, days or money (that is SQL in dbt_project), nor what is published.
"""
