"""What a council keeps: lists with their history, personal details under lock, plans, accounts, and the log.

SQLite in one file or PostgreSQL by one URL; the same code and the same tests for both. `store` is the way in:
every change is one transaction that ends in the log (`api.audit`). Nothing below this room sees a name.
"""
