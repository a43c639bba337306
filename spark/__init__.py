"""The dbt project on Apache Spark, run by an environment of its own (requirements-spark.lock).

Belongs here: what needs pyspark and dbt-spark, and a cluster on one machine for tests and figures.
Does not: any rule (dbt_project), nor what is laid out for Spark and read back
(lus_assets/warehouse/spark.py). Nothing here is imported by the pipeline, only started.
"""
