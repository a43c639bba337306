"""The ledger: every review base and invoice base that was issued, append-only and chained by hash.

Belongs here: what makes an issue count, and what dbt reads of it. Does not: what is in a base, and
how its files look (invoicing). The ledger's commit is the issue; published files are made from it
and the vault, and can be made again.
"""
