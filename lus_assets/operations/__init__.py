"""Keeping it running: who is told of failures, what the machine is asked every day, what may go.

Belongs here: alerts and the ways they are told, metrics, the doctor, disposal, what is expected by
when. Does not: what Dagster remembers of runs (orchestration reads that and hands it in), nor any
step of the data's way.
"""
