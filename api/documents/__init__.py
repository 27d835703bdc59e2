"""Documents for people on the road: run sheets, school lists, letters."""
