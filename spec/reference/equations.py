"""Many equations at once.

An equation is a list of (scalar, point) whose sum must be zero. Equations are
checked together as one sum under unpredictable 128-bit weights, which a false one
survives with probability 2^-128; where that sum is not zero the batch is halved
until the bad ones are named.
"""

import secrets

from ristretto import combine


def hold(equations):
    """Whether every equation holds."""
    scalars, points = {}, {}
    for equation in equations:
        weight = secrets.randbits(128) if len(equations) > 1 else 1
        for scalar, point in equation:
            # A point that many equations share is multiplied once.
            scalars[id(point)] = scalars.get(id(point), 0) + weight * scalar
            points[id(point)] = point
    return combine(scalars.values(), points.values()).is_identity()


def failing(items):
    """Of pairs (key, equations), the keys with an equation that does not hold."""
    if not items or hold([e for _, equations in items for e in equations]):
        return []
    if len(items) == 1:
        return [items[0][0]]
    middle = len(items) // 2
    return failing(items[:middle]) + failing(items[middle:])
