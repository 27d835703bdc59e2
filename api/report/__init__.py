"""The report: figures, page, tables and files of a plan."""
