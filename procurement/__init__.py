"""Buying: from routes to lots, quotes and awards. Imports transport and routing."""
