"""Who may do what: accounts, sessions, keys of other systems, and one table of permissions."""
