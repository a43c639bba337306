"""Great Expectations suites at the two borders: what is delivered, what is published.

Belongs here: what each border promises, as expectations with a sentence each, and the adapter that
runs them. Does not: rules about episodes and money (dbt tests them inside), nor checks of single
rows with reasons (quarantine and anomalies, in ingestion and SQL).
"""
