"""Issuing: what a month holds, what is refused, and the commit that makes it issued."""
