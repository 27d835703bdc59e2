"""The search: construct, destroy, repair, accept. Numba on flat arrays."""
