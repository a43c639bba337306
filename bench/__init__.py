"""The benchmarks: what a county year costs, beside scripts in bare SQL, pandas and polars.

Belongs here: measuring, comparing, writing docs/bench.md. Does not: timing code in the product, or
tests that fail when a machine is slow. `python -m bench --help` says how.
"""
