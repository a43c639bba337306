"""An invoice base's files: workbook, tables, JSON."""
