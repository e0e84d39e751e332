"""The way back from a point to the 16 bytes that it carries (ballots.md).

MAP gives y = (1 - s^2)/(1 + s^2), and s^2 is u/v or r u/v with u and v polynomials in
r = sqrt(-1) t^2. So every representative of the point gives s^2, two quadratic equations
for r, and from r the t; each t is then put through MAP again.
"""

from curve import D, P, SQRT_M1, add, sqrt_ratio_m1
from ristretto import ONE_MINUS_D_SQ, lizard_encode, map_to_point

_FOUR_TORSION = [(0, 1, 1, 0), (0, P - 1, 1, 0), (SQRT_M1, 0, 1, 0), (P - SQRT_M1, 0, 1, 0)]


def _inverse(value):
    return pow(value, P - 2, P)


def _roots(a, b, c):
    """The roots of a x^2 + b x + c."""
    if a % P == 0:
        return [-c * _inverse(b) % P] if b % P else []
    square, root = sqrt_ratio_m1(b * b - 4 * a * c, 1)
    half = _inverse(2 * a)
    return [(-b + sign * root) * half % P for sign in (1, -1)] if square else []


def preimages(point):
    """Every field element that MAP takes to the point."""
    found = set()
    for torsion in _FOUR_TORSION:
        _, y, z, _ = add(point.xyzt, torsion)
        ss = (z - y) * _inverse(z + y) % P
        # -ss (1 + r d)(r + d) = (r + 1)(1 - d^2), or the same with r on the right.
        a, b, c = -ss * D, -ss * (1 + D * D), -ss * D
        roots = _roots(a, b - ONE_MINUS_D_SQ, c - ONE_MINUS_D_SQ)
        roots += _roots(a - ONE_MINUS_D_SQ, b - ONE_MINUS_D_SQ, c)
        for r in roots:
            square, t = sqrt_ratio_m1(r, SQRT_M1)
            if square and map_to_point(t) == point:
                found |= {t, -t % P}
    return found


def lizard_decode(point):
    """The 16 bytes that the point carries; None if it carries none, or not one alone."""
    carried = {t.to_bytes(32, "little")[8:24] for t in preimages(point)}
    carried = [data for data in carried if lizard_encode(data) == point]
    return carried[0] if len(carried) == 1 else None
