"""Invoice bases: what the region's finance system invoices from, one per municipality and month.

Belongs here: what may be issued, when, and as which lines. Does not: days, means and amounts (SQL
in dbt_project), nor how a folder comes to be whole (publishing).
"""
