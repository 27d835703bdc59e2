"""The optimiser: roads, search and bounds. Imports the domain, never the edges."""
