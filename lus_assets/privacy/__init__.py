"""What keeps people out of sight: keyed pseudonyms, the restricted store, redaction.

Belongs here: everything that knows what a person id looks like. Does not: rules of care or billing.
"""
