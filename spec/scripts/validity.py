"""The validity proof of `ballots.md`, equation by equation."""

from dataclasses import dataclass, replace

from toy import Point, Transcript


@dataclass
class Statement:
    group: object
    u: int
    omega: object  # None without a write-in option
    K: list
    L: list
    A: Point
    B: list
    T: list

    @property
    def N(self):
        return len(self.K)

    @property
    def m(self):
        return len(self.L)

    @property
    def nu(self):
        return (self.N - 1).bit_length()


@dataclass
class Proof:
    M1: Point
    M2: Point
    E: Point
    f: list
    z1: int
    Ed: Point
    RA: Point
    RB: Point
    R1: object
    R2: object
    w: list  # w_1 .. w_nu
    zt: int
    z: int
    zq: object

    def key(self):
        """All of it, as something that can be counted."""
        return (self.M1, self.M2, self.E, tuple(self.f), self.z1, self.Ed, self.RA, self.RB,
                self.R1, self.R2, tuple(self.w), self.zt, self.z, self.zq)


def encrypt(group, K, L, e, M, r, omega=None, u=7):
    """A ciphertext of any vectors e and M, valid or not."""
    return Statement(
        group, u, omega, K, L,
        A=r * group.G,
        B=[ej * group.G + r * Kj for ej, Kj in zip(e, K)],
        T=[Mk + r * Lk for Mk, Lk in zip(M, L)],
    )


def unit(N, i):
    return [1 if j == i else 0 for j in range(N)]


def transcript(st, skip=(), context="election"):
    return Transcript(st.group, "ballot-validity", context, skip)


def append_statement(st, ch):
    ch.append("u", st.u)
    ch.append("N", st.N)
    ch.append("m", st.m)
    ch.append("omega", -1 if st.omega is None else st.omega)
    for label in ("K", "L"):
        ch.append(label, *getattr(st, label))
    ch.append("A", st.A)
    ch.append("B", *st.B)
    ch.append("T", *st.T)


def append_step2(ch, M1, M2, E):
    ch.append("M1", M1)
    ch.append("M2", M2)
    ch.append("E", E)


def append_step3(st, ch, f, z1, Ed, RA, RB, R1, R2):
    ch.append("f", *f)
    ch.append("z1", z1)
    ch.append("Ed", Ed)
    ch.append("RA", RA)
    ch.append("RB", RB)
    if st.m > 0:
        ch.append("R1", R1)
        ch.append("R2", R2)


class Combined:
    """The statement under the challenges y and tau."""

    def __init__(self, st, y, tau):
        group, q = st.group, st.group.q
        self.y, self.tau = y, tau
        self.B = group.sum(pow(y, j, q) * P for j, P in enumerate(st.B))
        self.K = group.sum(pow(y, j, q) * P for j, P in enumerate(st.K))
        self.T = group.sum(pow(tau, k, q) * P for k, P in enumerate(st.T)) if st.m else None
        self.L = group.sum(pow(tau, k, q) * P for k, P in enumerate(st.L)) if st.m else None
        self.g = [pow(y, 2**k, q) for k in range(st.nu)]
        self.mark = pow(y, st.omega, q) if st.m else None


def combine(st, ch):
    append_statement(st, ch)
    y = ch.challenge("y")
    return Combined(st, y, ch.challenge("tau") if st.m else None)


def product(q, g, f, x):
    """P(x) = prod_k (x + f_k (g_k - 1))."""
    value = 1
    for gk, fk in zip(g, f):
        value = value * (x + fk * (gk - 1)) % q
    return value


def polynomial(q, g, b, a):
    """The coefficients of prod_k (X + (b_k X + a_k)(g_k - 1)), constant first."""
    coefficients = [1]
    for gk, bk, ak in zip(g, b, a):
        constant, linear = ak * (gk - 1) % q, (1 + bk * (gk - 1)) % q
        grown = [0] * (len(coefficients) + 1)
        for power, value in enumerate(coefficients):
            grown[power] = (grown[power] + constant * value) % q
            grown[power + 1] = (grown[power + 1] + linear * value) % q
        coefficients = grown
    return coefficients


@dataclass
class Coins:
    """Everything random in one proof."""

    a: list
    s1: int
    s2: int
    t: int
    d: list  # d_1 .. d_nu
    td: int
    rd: int
    qd: int

    @staticmethod
    def draw(st, rng):
        q = st.group.q
        one = lambda: rng.randrange(q)
        return Coins([one() for _ in range(st.nu)], one(), one(), one(),
                     [one() for _ in range(st.nu)], one(), one(), one())


def prove(st, index, r, ch, coins):
    """The honest prover. `ch` is a transcript or fixed challenges."""
    group, q = st.group, st.group.q
    comb = combine(st, ch)
    b = [(index >> k) & 1 for k in range(st.nu)]
    p = polynomial(q, comb.g, b, coins.a)
    v = p[st.nu]
    M1 = group.com2(b, [ak * (1 - 2 * bk) for ak, bk in zip(coins.a, b)], coins.s1)
    M2 = group.com2(coins.a, [-ak * ak for ak in coins.a], coins.s2)
    E = group.com(p, coins.t)
    append_step2(ch, M1, M2, E)
    x = ch.challenge("x")
    f = [(bk * x + ak) % q for bk, ak in zip(b, coins.a)]
    z1 = (x * coins.s1 + coins.s2) % q
    return finish(st, comb, ch, x, M1, M2, E, f, z1, p, coins.t, r, coins)


def finish(st, comb, ch, x, M1, M2, E, f, z1, p, t, r, coins, q_text=None):
    """Steps 3 and 4 for the linear part: witness (p, v, t, r, q).

    A cheating prover hands in whatever witness it likes; an honest one leaves
    q_text out, and it is (v - y^omega) r.
    """
    group, q = st.group, st.group.q
    v = p[-1]
    d = [-sum(dk * pow(x, k + 1, q) for k, dk in enumerate(coins.d)) % q] + coins.d
    Ed = group.com(d, coins.td)
    RA = coins.rd * group.G
    RB = d[-1] * group.G + coins.rd * comb.K
    R1 = R2 = zq = None
    if st.m:
        R1 = d[-1] * st.A - coins.qd * group.G
        R2 = d[-1] * comb.T - coins.qd * comb.L
    append_step3(st, ch, f, z1, Ed, RA, RB, R1, R2)
    c = ch.challenge("c")
    w = [(c * pk + dk) % q for pk, dk in zip(p, d)][1:]
    if st.m:
        if q_text is None:
            q_text = (v - comb.mark) * r
        zq = (c * q_text + coins.qd) % q
    return Proof(M1, M2, E, f, z1, Ed, RA, RB, R1, R2, w,
                 (c * t + coins.td) % q, (c * r + coins.rd) % q, zq)


def challenges(st, proof, ch):
    """What the verifier derives: the combined statement, x and c."""
    comb = combine(st, ch)
    append_step2(ch, proof.M1, proof.M2, proof.E)
    x = ch.challenge("x")
    append_step3(st, ch, proof.f, proof.z1, proof.Ed, proof.RA, proof.RB, proof.R1, proof.R2)
    return comb, x, ch.challenge("c")


def residuals(st, proof, comb, x, c):
    """Left side minus right side of every equation."""
    group, q = st.group, st.group.q
    tail = sum(wk * pow(x, k + 1, q) for k, wk in enumerate(proof.w))
    w = [(c * product(q, comb.g, proof.f, x) - tail) % q] + proof.w
    res = {
        1: x * proof.M1 + proof.M2
        - group.com2(proof.f, [fk * (x - fk) for fk in proof.f], proof.z1),
        2: c * proof.E + proof.Ed - group.com(w, proof.zt),
        3: c * st.A + proof.RA - proof.z * group.G,
        4: c * comb.B + proof.RB - w[-1] * group.G - proof.z * comb.K,
    }
    if st.m:
        factor = w[-1] - c * comb.mark
        res[5] = factor * st.A - proof.zq * group.G - proof.R1
        res[6] = factor * comb.T - proof.zq * comb.L - proof.R2
    return res


def failing(st, proof, ch):
    """The numbers of the equations that do not hold. Empty: accepted."""
    if len(proof.f) != st.nu or len(proof.w) != st.nu:
        return {"shape"}
    comb, x, c = challenges(st, proof, ch)
    return {n for n, res in residuals(st, proof, comb, x, c).items() if not res.is_identity()}


def failing_merged(st, proof, ch, merged):
    """A careless verifier: it checks the sum of the equations in `merged` only."""
    comb, x, c = challenges(st, proof, ch)
    res = residuals(st, proof, comb, x, c)
    rest = {n for n in res if n not in merged and not res[n].is_identity()}
    total = st.group.sum(res[n] for n in merged)
    return rest if total.is_identity() else rest | {merged}


def simulate(st, challenge, rng_values):
    """The simulator of `ballots-security.md`: no witness, challenges given.

    rng_values: M1, E (points), f, z1, w, zt, z, zq (scalars).
    """
    group, q = st.group, st.group.q
    M1, E, f, z1, w, zt, z, zq = rng_values
    y, tau, x, c = (challenge[n] for n in ("y", "tau", "x", "c"))
    comb = Combined(st, y, tau)
    tail = sum(wk * pow(x, k + 1, q) for k, wk in enumerate(w))
    full = [(c * product(q, comb.g, f, x) - tail) % q] + list(w)
    factor = full[-1] - c * comb.mark if st.m else None
    return Proof(
        M1=M1,
        M2=group.com2(f, [fk * (x - fk) for fk in f], z1) - x * M1,
        E=E,
        f=list(f),
        z1=z1,
        Ed=group.com(full, zt) - c * E,
        RA=z * group.G - c * st.A,
        RB=full[-1] * group.G + z * comb.K - c * comb.B,
        R1=factor * st.A - zq * group.G if st.m else None,
        R2=factor * comb.T - zq * comb.L if st.m else None,
        w=list(w),
        zt=zt,
        z=z,
        zq=zq if st.m else None,
    )


def tampered(proof, **changes):
    return replace(proof, **changes)
