"""Tests. A package, so that a library that ships one of the same name cannot take its place."""
