"""The way back: from a krona to days, messages, files and rows, in words, with rule and paragraph.

Belongs here: how the marts' figures are told step by step. Does not: any rule. Every date, day and
amount is read from the marts; only sums that a reader can check by hand are worked out again.
"""
