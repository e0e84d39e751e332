"""The composed protocol: one nonce in many slots, opened totals and opened texts together,
and the proof of the decrypted texts."""

from collections import Counter
from itertools import permutations, product

from tally import lagrange
from toy import LARGE, Group, Transcript, seeded
from validity import Coins, challenges, encrypt, failing, prove, tampered, transcript, unit

# A contest of two options and one text. A voter's choice: (option, text), 0 for no text.
PARTY, WRITTEN_1, WRITTEN_2 = (0, 0), (1, 1), (1, 2)
SLOTS = 3


def plain(choice, q):
    """What the ballot holds in each slot, as logarithms: two options and the text."""
    option, text = choice
    return [int(option == 0), int(option == 1), text % q]


def check_embedding_is_the_scheme():
    """The hybrid over slots puts a tuple (G, X, Y, Z) under one slot and knows the logarithms
    of all others. Over all coins, two ballots: with a Diffie-Hellman tuple the ballots are
    distributed as the scheme's; with another one the masks of that slot are uniform and
    independent of everything else, the opened secret keys of all other slots included."""
    q, x, others = 5, 2, (1, 3)
    scheme, embedded, random = Counter(), Counter(), Counter()
    for r in product(range(q), repeat=2):
        scheme[tuple((a, a * x % q) + tuple(a * k % q for k in others) for a in r)] += 1
    for y, d in product(range(1, q), range(q)):
        z, target = (x * y + d) % q, random if d else embedded
        for coins in product(range(q), repeat=4):
            view = []
            for rho, sigma in (coins[:2], coins[2:]):
                a = (rho * y + sigma) % q
                view.append((a, (rho * z + sigma * x) % q) + tuple(a * k % q for k in others))
            target[tuple(view)] += 1
    assert set(embedded) == set(scheme) and len(set(embedded.values())) == 1 == len(set(scheme.values()))
    free = {((a, m) + tuple(a * k % q for k in others), (b, n) + tuple(b * k % q for k in others))
            for a, m, b, n in product(range(q), repeat=4)}
    assert set(random) == free and len(set(random.values())) == 1
    return f"{sum(embedded.values())} and {sum(random.values())} coins"


def view(q, choices, masks, order, texts, opened="sum", mixed=True):
    """What the public sees after the last hybrid, in logarithms.

    `masks`: what hides each slot of each ballot; `texts`: what hides the rows that the honest
    mixer gives out; `order`: its permutation. A partial tells the mask of what is opened.
    """
    ballots = [[(p + m) % q for p, m in zip(plain(c, q), mask)] for c, mask in zip(choices, masks)]
    if opened == "sum":
        totals = tuple(sum(m[j] for m in masks) % q for j in range(2))
    else:
        totals = tuple(masks[0][j] for j in range(2))
    if mixed:
        rows = tuple(((plain(choices[b], q)[2] + t) % q, t) for b, t in zip(order, texts))
    else:
        rows = tuple(m[2] for m in masks)
    return tuple(map(tuple, ballots)), totals, rows


def all_views(q, choices, **how):
    seen = Counter()
    for flat in product(range(q), repeat=2 * SLOTS):
        masks = flat[:SLOTS], flat[SLOTS:]
        for order in permutations(range(2)):
            for texts in product(range(q), repeat=2):
                seen[view(q, choices, masks, order, texts, **how)] += 1
    return seen


def check_totals_and_texts_hide_who():
    """Two honest voters exchange their choices: the last hybrid has exactly one distribution.
    Each duty left out is a difference."""
    q = 3
    for first, second in ((PARTY, WRITTEN_1), (WRITTEN_1, WRITTEN_2), (PARTY, (1, 0))):
        assert all_views(q, (first, second)) == all_views(q, (second, first))
    differ = lambda *pair, **how: all_views(q, pair, **how) != all_views(q, pair[::-1], **how)
    assert differ(PARTY, WRITTEN_1, opened="one"), "one ballot opened as a group"
    assert differ(WRITTEN_1, WRITTEN_2, mixed=False), "texts opened without a mix"
    assert all_views(q, (PARTY, PARTY)) != all_views(q, (PARTY, WRITTEN_1)), "totals are public"
    return "three exchanges equal over all coins; without mixes, or one ballot opened, not"


def check_one_nonce_in_two_ballots_tells():
    """Why no two ballots have one A (V1.8): equal masks cancel, in every slot."""
    q, seen = 3, {}
    for name, pair in (("here", (PARTY, WRITTEN_1)), ("there", (WRITTEN_1, PARTY))):
        seen[name] = set()
        for mask in product(range(q), repeat=SLOTS):
            first, second = view(q, pair, (mask, mask), (0, 1), (0, 0))[0]
            seen[name].add(tuple((a - b) % q for a, b in zip(first, second)))
    assert seen["here"].isdisjoint(seen["there"]) and len(seen["here"]) == 1
    return "the difference of two ballots is the difference of their choices"


def check_answers_are_determined():
    """A body whose challenge c was asked for by somebody else is that body: no answer can be
    exchanged. Only who knows a relation among H and the G_k has a second set of answers."""
    for trapdoors in ({}, {"H": 7, "G0": 11, "G1": 13, "G2": 17}):
        rng, group = seeded("answers"), Group(LARGE, trapdoors)
        q, point = group.q, lambda: rng.randrange(1, group.q) * group.G
        K, L, r = [point() for _ in range(4)], [point()], rng.randrange(1, q)
        st = encrypt(group, K, L, unit(4, 2), [group.identity()], r, omega=3)
        proof = prove(st, 2, r, transcript(st), Coins.draw(st, rng))
        _, x, _ = challenges(st, proof, transcript(st))
        for name in ("zt", "z", "zq"):
            assert failing(st, tampered(proof, **{name: getattr(proof, name) + 1}), transcript(st))
        # w_1 + 1 takes x from w_0; the blinding must make up for G_1 - [x]G_0.
        shift = (13 - x * 11) * group.inverse(7) % q
        other = tampered(proof, w=[proof.w[0] + 1, *proof.w[1:]], zt=(proof.zt - shift) % q)
        assert (not failing(st, other, transcript(st))) == bool(trapdoors)
        last = tampered(proof, w=[*proof.w[:-1], proof.w[-1] + 1])
        assert failing(st, last, transcript(st)) >= {4, 5}
    return "none without a relation; with one, w_1 and zt move and nothing that counts does"


def check_partials_follow_from_the_count():
    """Real shares, sums and rows: an honest partial is what count, or text, and the corrupt
    shares interpolate to. So partials tell no more than results and texts."""
    rng, group, n, t = seeded("partials"), Group(LARGE), 5, 3
    q, G = group.q, group.G
    f = [rng.randrange(1, q) for _ in range(t)]
    share = lambda l: sum(a * pow(l, c, q) for c, a in enumerate(f)) % q
    corrupt = [2, 5]
    for content in (17, 0, rng.randrange(q)):
        r = rng.randrange(1, q)
        A, B = r * G, content * G + (r * f[0]) * G
        points = {0: B - content * G, **{c: share(c) * A for c in corrupt}}
        for l in set(range(1, n + 1)) - set(corrupt):
            simulated = group.identity()
            for i, D in points.items():
                weight = 1
                for k in points:
                    if k != i:
                        weight = weight * (l - k) * group.inverse(i - k) % q
                simulated = simulated + weight * D
            assert simulated == share(l) * A
            wrong = simulated + G
            L = lagrange(corrupt + [l], q)
            assert B - group.sum(w * (wrong if i == l else points[i]) for i, w in L.items()) != content * G
    return "a total, an identity and a text: 9 partials"


# The proof of the decrypted texts (`writeins.md`): rows b, text keys k, one response a key.

def bind(group, rows, D, X, skip):
    ch = Transcript(group, "text-decryption", "election/contest/custodian", skip)
    ch.append("rows", *[P for A, T in rows for P in (A, *T)])
    ch.append("D", *[P for row in D for P in row])
    ch.append("X", *X)
    return ch, ch.weights(len(rows) * len(X))


def sums(group, rows, D, w, m):
    W = [group.sum(w[b * m + k] * A for b, (A, _) in enumerate(rows)) for k in range(m)]
    return W, group.sum(w[b * m + k] * D[b][k] for b in range(len(rows)) for k in range(m))


def finish(group, ch, W, x, nonces):
    R1, R2 = [k * group.G for k in nonces], group.sum(k * P for k, P in zip(nonces, W))
    ch.append("R1", *R1)
    ch.append("R2", R2)
    c = ch.challenge("c")
    return R1, R2, [(k + c * s) % group.q for k, s in zip(nonces, x)]


def decrypt_texts(group, rows, D, X, x, nonces, skip=()):
    ch, w = bind(group, rows, D, X, skip)
    return finish(group, ch, sums(group, rows, D, w, len(X))[0], x, nonces)


def texts_decrypted(group, rows, D, X, proof, skip=(), weights=None):
    ch, w = bind(group, rows, D, X, skip)
    W, total = sums(group, rows, D, weights or w, len(X))
    R1, R2, z = proof
    ch.append("R1", *R1)
    ch.append("R2", R2)
    c = ch.challenge("c")
    return (all(s * group.G == R + c * P for s, R, P in zip(z, R1, X))
            and group.sum(s * P for s, P in zip(z, W)) == R2 + c * total)


def rows_of_texts(rng, group, n, m):
    point = lambda: rng.randrange(1, group.q) * group.G
    x = [rng.randrange(1, group.q) for _ in range(m)]
    rows = [(point(), [point() for _ in range(m)]) for _ in range(n)]
    return rows, [s * group.G for s in x], x, [[s * A for s in x] for A, _ in rows]


def check_text_decryption_proof():
    rng, group = seeded("text-decryption"), Group(LARGE)
    for n, m in ((0, 2), (1, 1), (4, 3)):
        rows, X, x, D = rows_of_texts(rng, group, n, m)
        proof = decrypt_texts(group, rows, D, X, x, [3] * m)
        assert texts_decrypted(group, rows, D, X, proof)
        for b, k in product(range(n), range(m)):
            lie = [list(row) for row in D]
            lie[b][k] = lie[b][k] + group.G
            assert not texts_decrypted(group, rows, lie, X, proof)
            assert not texts_decrypted(group, rows, lie, X, decrypt_texts(group, rows, lie, X, x, [3] * m))
    exchanged = [D[1], D[0]] + D[2:]
    assert not texts_decrypted(group, rows, exchanged, X, decrypt_texts(group, rows, exchanged, X, x, [3] * 3))
    assert not texts_decrypted(group, rows[1:] + rows[:1], D, X, proof), "rows in another order"
    return "0, 1 and 4 rows; every point bound, rows and keys not exchangeable"


def check_text_decryption_weights():
    """A text moved from one row to another: weights 1, and weights that miss D."""
    rng, group = seeded("text-weights"), Group(LARGE)
    rows, X, x, D = rows_of_texts(rng, group, 2, 2)
    V = 1000 * group.G
    moved = [[D[0][0] + V, D[0][1]], [D[1][0] - V, D[1][1]]]
    ch, _ = bind(group, rows, moved, X, ())
    proof = finish(group, ch, sums(group, rows, moved, [1] * 4, 2)[0], x, [5, 7])
    assert texts_decrypted(group, rows, moved, X, proof, weights=[1] * 4)
    assert not texts_decrypted(group, rows, moved, X, proof)
    skip = ("D",)
    _, w = bind(group, rows, D, X, skip)
    moved[1][0] = D[1][0] - (w[0] * group.inverse(w[2])) * V
    assert texts_decrypted(group, rows, moved, X, decrypt_texts(group, rows, moved, X, x, [5, 7], skip), skip)
    assert not texts_decrypted(group, rows, moved, X, decrypt_texts(group, rows, moved, X, x, [5, 7]))
    return "both forged, both refused by the proof of the specification"


CHECKS = [
    check_embedding_is_the_scheme,
    check_totals_and_texts_hide_who,
    check_one_nonce_in_two_ballots_tells,
    check_answers_are_determined,
    check_partials_follow_from_the_count,
    check_text_decryption_proof,
    check_text_decryption_weights,
]
