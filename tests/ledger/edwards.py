"""Ed25519 by the textbook, for making signatures that no library would make.

Affine coordinates and one inversion an addition: slow, short, and nothing in common with the code under test. The
curve is -x² + y² = 1 + d x² y² over the field of p = 2^255 - 19; (0, 1) is its identity and (0, -1) has order 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha512
from typing import Final, TypeAlias

Point: TypeAlias = tuple[int, int]

P: Final = 2**255 - 19
L: Final = 2**252 + 27742317777372353535851937790883648493
D: Final = -121665 * pow(121666, -1, P) % P


def add(first: Point, second: Point) -> Point:
    """Add two points by the law of twisted Edwards curves."""
    (x1, y1), (x2, y2) = first, second
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + y1 * x2) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def multiply(scalar: int, point: Point) -> Point:
    """Add a point to itself, highest bit of the scalar first."""
    total = (0, 1)
    for bit in f"{scalar:b}":
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def point_with(y: int, *, odd: bool) -> Point | None:
    """Find the point with this y and an odd or even x, if there is one."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    for x in (root, root * pow(2, (P - 1) // 4, P) % P):
        if x * x % P == square:
            return (x if x % 2 == odd else -x % P), y
    return None


def encode(point: Point) -> bytes:
    """Write y, and the lowest bit of x above it."""
    x, y = point
    return (y + (x % 2 << 255)).to_bytes(32, "little")


def base_point() -> Point:
    """Give the point with y = 4/5 and an even x."""
    found = point_with(4 * pow(5, -1, P) % P, odd=False)
    assert found is not None
    return found


B: Final = base_point()


def torsion() -> list[Point]:
    """Give the eight points whose order divides 8: multiples of one of order 8, the identity first."""
    y = 2
    while True:
        found = point_with(y, odd=False)
        generator = multiply(L, found) if found else (0, 1)
        if multiply(4, generator) != (0, 1):
            return [multiply(times, generator) for times in range(8)]
        y += 1


T: Final = torsion()


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    """Give k, by which R, A and the message are bound together (RFC 8032, 5.1.7 step 2)."""
    return int.from_bytes(sha512(r + public + message).digest(), "little") % L


@dataclass(frozen=True)
class Forger:
    """A private scalar that signs with whatever points of small order are added to A and R."""

    scalar: int = 0x1EAF
    key_part: Point = (0, 1)

    @property
    def public(self) -> bytes:
        """The encoding of A = [scalar]B + key_part."""
        return encode(add(multiply(self.scalar, B), self.key_part))

    def sign(self, message: bytes, nonce: int = 0x5EED, r_part: Point = (0, 1)) -> bytes:
        """Sign as an honest signer would, with R = [nonce]B + r_part."""
        r = encode(add(multiply(nonce, B), r_part))
        s = (nonce + challenge(r, self.public, message) * self.scalar) % L
        return r + s.to_bytes(32, "little")

    def holds_without_cofactor(self, message: bytes, signature: bytes, r_part: Point = (0, 1)) -> bool:
        """Compute [S]B = R + [k]A on points, for a signature made by `sign` with the default nonce."""
        k = challenge(signature[:32], self.public, message)
        a = add(multiply(self.scalar, B), self.key_part)
        r = add(multiply(0x5EED, B), r_part)
        return multiply(int.from_bytes(signature[32:], "little"), B) == add(r, multiply(k, a))
