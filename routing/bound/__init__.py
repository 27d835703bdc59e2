"""A proven lower bound on the objective of every plan."""
