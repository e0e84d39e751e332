"""Nothing may be left out of a challenge: one forgery for each thing left out.

Each forger uses a transcript that does not absorb one named value. It convinces
the careless verifier, which skips the same value, of a false statement, and the
verifier of `ballots.md` refuses it. (Bernhard, Pereira and Warinschi 2012.)
"""

from toy import LARGE, Group, seeded
from validity import (Coins, append_step2, append_step3, combine, encrypt, failing, finish,
                      polynomial, product, prove, tampered, transcript, unit)


class Forger:
    """A 1-of-5 contest, with text slots if m > 0, and an honest run for index 0."""

    def __init__(self, name, m=0):
        self.rng = seeded(f"weak/{name}")
        self.group = Group(LARGE)
        self.q = self.group.q
        self.skip = (name,)
        self.k = [self.draw() for _ in range(5)]
        self.K = [s * self.group.G for s in self.k]
        self.L = [self.draw() * self.group.G for _ in range(m)]
        self.m = m

    def draw(self):
        return self.rng.randrange(1, self.q)

    def statement(self, e, r, M=None):
        M = M or [self.group.identity()] * self.m
        return encrypt(self.group, self.K, self.L, e, M, r, omega=4 if self.m else None)

    def transcript(self, st):
        return transcript(st, self.skip)

    def start(self, st, bits=None):
        """Steps 1 and 2 up to the values; nothing of step 2 is appended yet."""
        ch = self.transcript(st)
        comb = combine(st, ch)
        coins = Coins.draw(st, self.rng)
        b = bits or [0] * st.nu
        p = polynomial(self.q, comb.g, b, coins.a)
        M1 = self.group.com2(b, [a * (1 - 2 * bk) for a, bk in zip(coins.a, b)], coins.s1)
        M2 = self.group.com2(coins.a, [-a * a for a in coins.a], coins.s2)
        return ch, comb, coins, p, M1, M2, self.group.com(p, coins.t)

    def value(self, e, y):
        return sum(ej * pow(y, j, self.q) for j, ej in enumerate(e)) % self.q

    def verdict(self, st, proof):
        assert failing(st, proof, self.transcript(st)) == set(), "the forgery must work"
        assert failing(st, proof, transcript(st)) != set(), "the real verifier must refuse"
        return f"forged without {self.skip[0]}, refused with it"


TWO = [2, LARGE - 1, 0, 0, 0]  # two votes for one, minus one for another


def check_without_u():
    """The proof of one credential is carried over to another."""
    F = Forger("u")
    r = F.draw()
    st = F.statement(unit(5, 2), r)
    proof = prove(st, 2, r, F.transcript(st), Coins.draw(st, F.rng))
    return F.verdict(tampered(st, u=st.u + 1), proof)


def check_without_A():
    """The K_j known: B first, then the r that makes its combination 1."""
    F = Forger("A")
    logs = [F.draw() for _ in range(5)]
    st = F.statement([0] * 5, 1)
    st.B = [s * F.group.G for s in logs]
    ch = F.transcript(st)
    comb = combine(st, ch)
    r = (F.value(logs, comb.y) - 1) * F.group.inverse(F.value(F.k, comb.y)) % F.q
    st.A = r * F.group.G
    opened = [(b - r * k) % F.q for b, k in zip(logs, F.k)]
    assert opened not in [unit(5, i) for i in range(5)]
    proof = prove(st, 0, r, F.transcript(st), Coins.draw(st, F.rng))
    return F.verdict(st, proof)


def check_without_B():
    """y is known before B: a vector whose combination at y is 1."""
    F = Forger("B")
    r = F.draw()
    st = F.statement(unit(5, 0), r)
    y = combine(st, F.transcript(st)).y
    st = F.statement([(1 - 500 * y) % F.q, 500, 0, 0, 0], r)
    return F.verdict(st, prove(st, 0, r, F.transcript(st), Coins.draw(st, F.rng)))


def check_without_T():
    """tau is known before T: a text whose combination at tau vanishes."""
    F = Forger("T", m=2)
    r = F.draw()
    st = F.statement(unit(5, 0), r)
    tau = combine(st, F.transcript(st)).tau
    st = F.statement(unit(5, 0), r, [(-tau * 9) * F.group.G, 9 * F.group.G])
    return F.verdict(st, prove(st, 0, r, F.transcript(st), Coins.draw(st, F.rng)))


def check_without_M1():
    return _bits_after_x("M1")


def check_without_M2():
    return _bits_after_x("M2")


def _bits_after_x(name):
    """x is known before the bit commitments are: f is whatever the polynomial needs."""
    F = Forger(name)
    r = F.draw()
    st = F.statement(TWO, r)
    ch, comb, coins, p, M1, M2, _ = F.start(st)
    p = p[:-1] + [F.value(TWO, comb.y)]
    E = F.group.com(p, coins.t)
    append_step2(ch, M1, M2, E)
    x = ch.challenge("x")
    target = sum(pk * pow(x, k, F.q) for k, pk in enumerate(p)) % F.q
    f = [0] + [F.draw() for _ in range(st.nu - 1)]
    rest = product(F.q, comb.g[1:], f[1:], x)
    f[0] = (target * F.group.inverse(rest) - x) * F.group.inverse(comb.g[0] - 1) % F.q
    z1 = F.draw()
    right = F.group.com2(f, [fk * (x - fk) for fk in f], z1)
    if name == "M2":
        M2 = right - x * M1
    else:
        M1 = F.group.inverse(x) * (right - M2)
    return F.verdict(st, finish(st, comb, ch, x, M1, M2, E, f, z1, p, coins.t, r, coins))


def check_without_E():
    """x is known before E: a polynomial that agrees with P at this x only."""
    F = Forger("E")
    r = F.draw()
    st = F.statement(TWO, r)
    ch, comb, coins, p, M1, M2, E = F.start(st)
    append_step2(ch, M1, M2, E)
    x = ch.challenge("x")
    v = F.value(TWO, comb.y)
    p = [(p[0] + (p[-1] - v) * pow(x, st.nu, F.q)) % F.q] + p[1:-1] + [v]
    E = F.group.com(p, coins.t)
    z1 = (x * coins.s1 + coins.s2) % F.q
    return F.verdict(st, finish(st, comb, ch, x, M1, M2, E, list(coins.a), z1, p, coins.t, r, coins))


def _after_c(F, st, e_value=None, p_value=None, repair=None, q_text=None, r=0):
    """Runs step 3 honestly for the witness (p, v), then lets `repair` replace a commitment
    that c does not depend on."""
    ch, comb, coins, p, M1, M2, E = F.start(st)
    append_step2(ch, M1, M2, E)
    x = ch.challenge("x")
    z1 = (x * coins.s1 + coins.s2) % F.q
    if e_value is not None:
        p = p[:-1] + [F.value(e_value, comb.y)]
    text = None if q_text is None else q_text(p[-1], comb)
    proof = finish(st, comb, ch, x, M1, M2, E, list(coins.a), z1, p, coins.t, r, coins, text)
    # c again: the skipped commitment does not enter it.
    ch = F.transcript(st)
    combine(st, ch)
    append_step2(ch, M1, M2, E)
    ch.challenge("x")
    append_step3(st, ch, proof.f, proof.z1, proof.Ed, proof.RA, proof.RB, proof.R1, proof.R2)
    return repair(proof, comb, x, ch.challenge("c"))


def check_without_Ed():
    """The opening of E is made up after c."""
    F = Forger("Ed")
    r = F.draw()
    st = F.statement(TWO, r)

    def repair(proof, comb, x, c):
        tail = sum(wk * pow(x, k + 1, F.q) for k, wk in enumerate(proof.w))
        w = [(c * product(F.q, comb.g, proof.f, x) - tail) % F.q] + proof.w
        return tampered(proof, Ed=F.group.com(w, proof.zt) - c * proof.E)

    return F.verdict(st, _after_c(F, st, e_value=TWO, repair=repair, r=r))


def check_without_RA():
    """A and B under different randomness: the ballot decrypts to noise."""
    F = Forger("RA")
    r = F.draw()
    st = F.statement(unit(5, 0), r)
    st.A = (r + 1) * F.group.G
    repair = lambda proof, comb, x, c: tampered(proof, RA=proof.z * F.group.G - c * st.A)
    return F.verdict(st, _after_c(F, st, repair=repair, r=r))


def check_without_RB():
    """The ciphertext has nothing to do with the bits."""
    F = Forger("RB")
    r = F.draw()
    st = F.statement([1000, 0, 0, 0, 0], r)
    repair = lambda proof, comb, x, c: tampered(
        proof, RB=proof.w[-1] * F.group.G + proof.z * comb.K - c * comb.B)
    return F.verdict(st, _after_c(F, st, repair=repair, r=r))


def check_without_R1():
    """q does not belong to A: the text slots are under another randomness."""
    F = Forger("R1", m=2)
    r, other = F.draw(), F.draw()
    st = F.statement(unit(5, 0), r)
    st.T = [other * Lk for Lk in F.L]
    repair = lambda proof, comb, x, c: tampered(
        proof, R1=(proof.w[-1] - c * comb.mark) * st.A - proof.zq * F.group.G)
    return F.verdict(st, _after_c(F, st, repair=repair, r=r,
                                  q_text=lambda v, comb: (v - comb.mark) * other))


def check_without_R2():
    """A text under another mark."""
    F = Forger("R2", m=2)
    r = F.draw()
    st = F.statement(unit(5, 0), r, [5 * F.group.G, 6 * F.group.G])
    repair = lambda proof, comb, x, c: tampered(
        proof, R2=(proof.w[-1] - c * comb.mark) * comb.T - proof.zq * comb.L)
    return F.verdict(st, _after_c(F, st, repair=repair, r=r))


CHECKS = [check_without_u, check_without_A, check_without_B, check_without_T, check_without_M1,
          check_without_M2, check_without_E, check_without_Ed, check_without_RA, check_without_RB,
          check_without_R1, check_without_R2]
