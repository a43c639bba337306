"""A review base's files: the workbook that a municipality works in, and tables."""
