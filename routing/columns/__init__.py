"""Choices among routes at hand: trips at prices of idle vehicles, and routes seen put together anew."""
