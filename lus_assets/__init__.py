"""The work itself: a package for each step of the data's way, Dagster only in orchestration.

core -> privacy -> ingest -> warehouse -> publishing -> statistics, invoicing.
"""
