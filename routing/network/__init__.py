"""Streets: from a road extract to travel matrices and street geometry."""
