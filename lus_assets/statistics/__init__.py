"""Published statistics: a month's figures as a release.

Belongs here: which figures a release holds. Does not: how they are counted (SQL in dbt_project),
nor how a release comes to be whole (publishing).
"""
