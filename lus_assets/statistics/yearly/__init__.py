"""The follow-up that the parties owe each other once a year (agreement, bilaga 1).

Belongs here: what is made of a year's published figures. Does not: counting and protecting them.
"""
