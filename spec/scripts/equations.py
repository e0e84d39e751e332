"""Every equation is needed: for each of the six, a false statement that fails it alone."""

from toy import LARGE, Group, seeded
from validity import (Coins, append_step2, combine, encrypt, failing, finish, polynomial,
                      transcript, unit)


class Liar:
    """Runs the protocol with bits, witness and ciphertext of its own choice."""

    def __init__(self, name, m):
        self.rng, self.group = seeded(f"equation/{name}"), Group(LARGE)
        self.q = self.group.q
        draw = lambda: self.rng.randrange(1, self.q)
        self.r, self.other = draw(), draw()
        self.K = [draw() * self.group.G for _ in range(5)]
        self.L = [draw() * self.group.G for _ in range(m)]
        self.omega = 4 if m else None

    def statement(self, e, M=None):
        M = M or [self.group.identity()] * len(self.L)
        return encrypt(self.group, self.K, self.L, e, M, self.r, self.omega)

    def run(self, st, b=(0, 0, 0), value=None, r=None, q_text=None):
        """`value`: v as a function of y, if it is not what the bits give."""
        group, ch = self.group, transcript(st)
        comb, coins = combine(st, ch), Coins.draw(st, self.rng)
        p = polynomial(self.q, comb.g, b, coins.a)
        if value is not None:
            p[-1] = value(comb.y) % self.q
        M1 = group.com2(b, [a * (1 - 2 * bk) for a, bk in zip(coins.a, b)], coins.s1)
        M2 = group.com2(coins.a, [-a * a for a in coins.a], coins.s2)
        E = group.com(p, coins.t)
        append_step2(ch, M1, M2, E)
        x = ch.challenge("x")
        f = [(bk * x + a) % self.q for bk, a in zip(b, coins.a)]
        z1 = (x * coins.s1 + coins.s2) % self.q
        text = q_text(p[-1], comb) if q_text else None
        r = self.r if r is None else r
        return failing(st, finish(st, comb, ch, x, M1, M2, E, f, z1, p, coins.t, r, coins, text),
                       transcript(st))


def check_each_equation_alone():
    # (1) "Bits" 2, 0, 0: v = 1 + 2 (y - 1), so e = (-1, 2).
    liar = Liar("1", 0)
    assert liar.run(liar.statement([-1, 2, 0, 0, 0]), b=(2, 0, 0)) == {1}
    # (2) v is not what the bits give.
    liar = Liar("2", 0)
    assert liar.run(liar.statement([2, -1, 0, 0, 0]), value=lambda y: 2 - y) == {2}
    # (3) A under another r: the ballot decrypts to noise.
    liar = Liar("3", 0)
    st = liar.statement(unit(5, 0))
    st.A = liar.other * liar.group.G
    assert liar.run(st) == {3}
    # (4) B is anything.
    liar = Liar("4", 0)
    assert liar.run(liar.statement([1000, 0, 0, 0, 0])) == {4}
    # (5) The text slots under another r than A, so that they decrypt to a text.
    liar = Liar("5", 2)
    st = liar.statement(unit(5, 0))
    st.T = [liar.other * Lk for Lk in liar.L]
    assert liar.run(st, q_text=lambda v, comb: (v - comb.mark) * liar.other) == {5}
    # (6) A text under another mark.
    liar = Liar("6", 2)
    texts = [5 * liar.group.G, 6 * liar.group.G]
    assert liar.run(liar.statement(unit(5, 0), texts)) == {6}
    # Control: the same code is honest when it does not lie.
    for m in (0, 2):
        liar = Liar("honest", m)
        assert liar.run(liar.statement(unit(5, 0))) == set()
    return "six false statements, each failing exactly one equation"


CHECKS = [check_each_equation_alone]
