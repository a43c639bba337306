"""Great Expectations suites at the two borders: what is delivered, what is published."""
