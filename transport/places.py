"""Places: where a vehicle stops. A point and how well it is known, never an address."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PlaceQuality(StrEnum):
    """How the point of a place was come by."""

    GIVEN = "given coordinates"
    POSTCODE = "postcode centre"
    INVENTED = "invented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point at which vehicles stop: a home, a gate, a depot, a meeting place.

    Attributes
    ----------
    lat, lon : WGS84 degrees.
    """

    place_id: str
    lat: float
    lon: float
    quality: PlaceQuality = PlaceQuality.GIVEN

    def __post_init__(self) -> None:
        """Refuse a point that is not on Earth."""
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError(f"place {self.place_id}: lat {self.lat}, lon {self.lon} is not a point on Earth")
