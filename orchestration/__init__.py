"""Wiring only: definitions, partitions, jobs, schedules, sensors, checks, and the command line."""
