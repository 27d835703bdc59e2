"""The edges: the planning job, the command line and the report. Imports every other package."""
