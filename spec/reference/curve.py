"""The twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2 over 2^255 - 19.

Both groups of the specification live on it: ristretto255 (`ristretto.py`) and
Ed25519 (`ed25519.py`). A point is a tuple (X, Y, Z, T) of integers below p with
x = X/Z, y = Y/Z, xy = T/Z.

Nothing here is constant time: a verifier has no secrets.
"""

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
D2 = 2 * D % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
if SQRT_M1 & 1:
    SQRT_M1 = P - SQRT_M1

IDENTITY = (0, 1, 1, 0)


def add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    m = (y1 - x1) * (y2 - x2) % P
    n = (y1 + x1) * (y2 + x2) % P
    c = t1 * t2 % P * D2 % P
    d = 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(a):
    x, y, z, _ = a
    xx = x * x % P
    yy = y * y % P
    h = xx + yy
    e = h - (x + y) * (x + y) % P
    g = xx - yy
    f = 2 * z * z % P + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(a):
    return P - a[0] if a[0] else 0, a[1], a[2], P - a[3] if a[3] else 0


def sqrt_ratio_m1(u, v):
    """SQRT_RATIO_M1 of RFC 9496 section 4.2: (was it a square, the even root)."""
    v3 = v * v % P * v % P
    r = u * v3 % P * pow(u * v3 % P * v3 % P * v % P, (P - 5) // 8, P) % P
    check = v * r % P * r % P
    u %= P
    correct = check == u
    flipped = check == P - u or u == 0 == check
    flipped_i = check == (P - u) * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    if r & 1:
        r = P - r
    return correct or flipped, r


def _cached(a):
    x, y, z, t = a
    return y - x, y + x, 2 * z, t * D2 % P


def _add_cached(a, b):
    x1, y1, z1, t1 = a
    m = (y1 - x1) * b[0] % P
    n = (y1 + x1) * b[1] % P
    c = t1 * b[3] % P
    d = z1 * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def _sub_cached(a, b):
    x1, y1, z1, t1 = a
    m = (y1 - x1) * b[1] % P
    n = (y1 + x1) * b[0] % P
    c = t1 * b[3] % P
    d = z1 * b[2] % P
    e, f, g, h = n - m, d + c, d - c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def _naf(k, width):
    """Signed digits of k, least significant first, as (position, odd digit)."""
    half, full, digits, position = 1 << (width - 1), 1 << width, [], 0
    while k:
        if k & 1:
            digit = k & (full - 1)
            if digit >= half:
                digit -= full
            digits.append((position, digit))
            k -= digit
        zeros = (k & -k).bit_length() - 1 if k else 0
        k >>= zeros
        position += zeros
    return digits


def _straus(scalars, points):
    """Interleaved width-5 signed windows: best for few terms."""
    plan = {}
    for k, point in zip(scalars, points):
        twice = _cached(double(point))
        table, odd = [_cached(point)], point
        for _ in range(7):
            odd = _add_cached(odd, twice)
            table.append(_cached(odd))
        for position, digit in _naf(k, 5):
            entry = (digit > 0, table[abs(digit) >> 1])
            plan.setdefault(position, []).append(entry)
    total = IDENTITY
    for position in range(max(plan, default=-1), -1, -1):
        total = double(total)
        for positive, entry in plan.get(position, ()):
            total = _add_cached(total, entry) if positive else _sub_cached(total, entry)
    return total


def _pippenger(scalars, points):
    """Signed buckets: best for many terms."""
    count = len(points)
    width = 4
    while width < 14 and count > 20 << (width - 3):
        width += 1
    half, full = 1 << (width - 1), 1 << width
    cached = [_cached(point) for point in points]
    windows = max(k.bit_length() for k in scalars) // width + 2
    rest, total = list(scalars), IDENTITY
    sums = []
    for _ in range(windows):
        buckets = [None] * (half + 1)
        for i, k in enumerate(rest):
            digit = k & (full - 1)
            k >>= width
            if digit >= half:
                digit -= full
                k += 1
            rest[i] = k
            if digit > 0:
                have = buckets[digit]
                buckets[digit] = _add_cached(have or IDENTITY, cached[i])
            elif digit:
                have = buckets[-digit]
                buckets[-digit] = _sub_cached(have or IDENTITY, cached[i])
        running = window = IDENTITY
        for bucket in reversed(buckets[1:]):
            if bucket is not None:
                running = add(running, bucket)
            window = add(window, running)
        sums.append(window)
    for window in reversed(sums):
        for _ in range(width):
            total = double(total)
        total = add(total, window)
    return total


def multiply(scalars, points):
    """The sum of [scalar]point. Scalars are non-negative integers."""
    terms = [(k, p) for k, p in zip(scalars, points) if k]
    if not terms:
        return IDENTITY
    scalars, points = zip(*terms)
    return (_straus if len(terms) < 150 else _pippenger)(scalars, points)
