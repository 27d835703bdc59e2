"""Column generation over trips: what a vehicle is worth where it ends (prices of idle vehicles)."""
