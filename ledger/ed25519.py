"""The curve behind the keys, as plain arithmetic: which 32 bytes may be a key or the R of a signature.

RFC 8032 section 5.1: a point (x, y) of -x² + y² = 1 + d x² y² over the field of 2^255 - 19 is written as y, 32
bytes little-endian, with the lowest bit of x on top. The curve's points number 8 L, and those that keys live on L.
The base point, for example, is

    5866666666666666666666666666666666666666666666666666666666666666

Nothing here handles secrets, so nothing needs constant time. It is slow (milliseconds) and for rare questions;
signatures are checked by libraries.
"""

from __future__ import annotations

from typing import Final, TypeAlias

ENCODED_BYTES: Final = 32
FIELD: Final = 2**255 - 19
GROUP_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""L, the prime order of the subgroup that the base point generates."""

_D: Final = -121665 * pow(121666, -1, FIELD) % FIELD
_SQRT_MINUS_ONE: Final = pow(2, (FIELD - 1) // 4, FIELD)
_Y_BITS: Final = 2**255 - 1

_ORDER_8_Y: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL_ORDER_Y: Final = frozenset({1, FIELD - 1, 0, _ORDER_8_Y, FIELD - _ORDER_8_Y})
"""The y of the eight points whose order divides 8: one of order 1, one of 2, two of 4 and four of 8."""

Point: TypeAlias = tuple[int, int, int, int]
"""Extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, x y = T/Z (RFC 8032 section 5.1.4)."""

_IDENTITY: Final[Point] = (0, 1, 1, 0)


def is_strict_encoding(encoded: bytes) -> bool:
    """Say whether y is below the field's prime and is not that of a point of small order.

    The one other way of writing a point twice, a sign on x = 0, concerns two points of small order.
    """
    y = int.from_bytes(encoded, "little") & _Y_BITS
    return len(encoded) == ENCODED_BYTES and y < FIELD and y not in SMALL_ORDER_Y


def is_reduced_scalar(encoded: bytes) -> bool:
    """Say whether the S of a signature is below L: otherwise S + L would be a second signature."""
    return len(encoded) == ENCODED_BYTES and int.from_bytes(encoded, "little") < GROUP_ORDER


def is_in_prime_subgroup(encoded: bytes) -> bool:
    """Say whether strictly encoded bytes are a point that L takes to the identity."""
    point = decode_point(encoded)
    if point is None:
        return False
    x, y, z, _ = multiply(GROUP_ORDER, point)
    return x == 0 and y == z


def decode_point(encoded: bytes) -> Point | None:
    """Find the point (RFC 8032 section 5.1.3), or None if no x belongs to this y."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & _Y_BITS, number >> 255
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, FIELD) % FIELD
    x = pow(x_squared, (FIELD + 3) // 8, FIELD)
    if (x * x - x_squared) % FIELD:
        x = x * _SQRT_MINUS_ONE % FIELD
    if (x * x - x_squared) % FIELD:
        return None
    if x % 2 != sign:
        x = FIELD - x
    return x, y, 1, x * y % FIELD


def multiply(scalar: int, point: Point) -> Point:
    """Add `point` to itself `scalar` times, by doubling."""
    product = _IDENTITY
    while scalar:
        if scalar & 1:
            product = add(product, point)
        point = add(point, point)
        scalar >>= 1
    return product


def add(first: Point, second: Point) -> Point:
    """Add two points; the formulas of RFC 8032 section 5.1.4 hold for every pair, equal ones too."""
    x1, y1, z1, t1 = first
    x2, y2, z2, t2 = second
    a = (y1 - x1) * (y2 - x2) % FIELD
    b = (y1 + x1) * (y2 + x2) % FIELD
    c = 2 * t1 * t2 * _D % FIELD
    d = 2 * z1 * z2 % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD
