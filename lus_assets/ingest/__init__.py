"""From delivered files to typed rows: contract, sources, reading, quarantine, ledger of files.

Belongs here: everything up to the lake and its catalog. Does not: which of several valid rows
stands (that depends on other files and on the day asked for; the staging models decide it).
"""
