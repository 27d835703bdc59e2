"""The domain: nouns, rules, money, and the checker. Imports only the standard library and numpy."""
