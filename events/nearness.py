"""Distances on the ground: a box that an index finds, and the haversine in the database that measures inside it."""

from decimal import Decimal
from math import cos, degrees, radians
from typing import NamedTuple

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Expression, F, FloatField, Q, Value
from django.db.models.functions import ASin, Cast, Cos, Least, Power, Radians, Sin, Sqrt
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

COORDINATES = ("latitude", "longitude")
EARTH = 6_371_009  # mean radius in metres
PLACES = 6  # decimal places of a degree: a tenth of a metre
# China and a little around it: what lies elsewhere, or has the two mixed up, is a slip or a broken receiver.
LATITUDES = (3, 54)
LONGITUDES = (73, 136)
LATTICE = Decimal("0.0005")  # degrees
SLACK = 1.001  # the box may be too large, never too small

ELSEWHERE = _("This position does not lie in China. Take it again, or clear it.")
latitude_range = [MinValueValidator(LATITUDES[0], ELSEWHERE), MaxValueValidator(LATITUDES[1], ELSEWHERE)]
longitude_range = [MinValueValidator(LONGITUDES[0], ELSEWHERE), MaxValueValidator(LONGITUDES[1], ELSEWHERE)]


class Point(NamedTuple):
    """A place on the ground, in degrees (WGS 84)."""

    latitude: Decimal
    longitude: Decimal


def point_of(latitude: Decimal | None, longitude: Decimal | None) -> Point | None:
    """The point of these coordinates, None where one of them is missing."""
    return None if latitude is None or longitude is None else Point(latitude, longitude)


def coarse(point: Point) -> Point:
    """The nearest crossing of a lattice of about fifty metres: who moves by less than that learns nothing by it."""
    return Point(*((degree / LATTICE).quantize(Decimal(1)) * LATTICE for degree in point))


def near(point: Point, metres: float) -> Q:
    """Rows whose coordinates lie within so many metres of the point."""
    return around(point, metres) & Q(LessThanOrEqual(distance_from(point), metres))


def around(point: Point, metres: float) -> Q:
    """A box on the ground that holds everything within so many metres."""
    latitude, longitude = map(float, point)
    high = degrees(metres / EARTH) * SLACK
    wide = high / cos(radians(abs(latitude) + high))
    return Q(
        latitude__range=(_decimal(latitude - high), _decimal(latitude + high)),
        longitude__range=(_decimal(longitude - wide), _decimal(longitude + wide)),
    )


def _decimal(degree: float) -> Decimal:
    return Decimal(f"{degree:.{PLACES}f}")


def distance_from(point: Point) -> Expression:
    """Metres from the point to a row's own coordinates by the haversine formula; null for a row without any."""
    latitude, longitude = (Radians(Value(float(degree))) for degree in point)
    row_latitude, row_longitude = (Radians(Cast(F(name), FloatField())) for name in COORDINATES)
    half = Power(Sin((row_latitude - latitude) / 2.0), 2)
    half += Cos(row_latitude) * Cos(latitude) * Power(Sin((row_longitude - longitude) / 2.0), 2)
    # Rounding must not carry the argument beyond 1.
    return Value(2.0 * EARTH) * ASin(Least(Sqrt(half), Value(1.0)), output_field=FloatField())
