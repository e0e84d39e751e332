"""The prover's side of mixes and of the decryption of texts, for tests: seeded, not
constant time, not for use.

What a dishonest mixer could try is an argument: rows of any origin, any coins.
"""

import setup_path  # noqa: F401
import credentials
import shuffle
import writeins
from encoding import Object, weights
from ristretto import G, H, Q, combine


def by_first_point(rows):
    """The numbers of the rows, in the order in which they must come out."""
    return sorted(range(len(rows)), key=lambda j: rows[j][0].encode())


def prove(source, statement, permutation, witness, transcript):
    """A proof that output i comes of input permutation[i].

    `witness` is the power g, or for texts the coins e_j of the inputs.
    """
    n, draw = statement.n, source.scalar
    r = [draw() for _ in range(n)]
    q, proof = shuffle.generators(n), Object()
    proof.C = [None] * n
    for i, j in enumerate(permutation):
        proof.C[j] = r[i] * G + q[i]
    # Whoever drops a row has nothing to commit to in its place.
    proof.C = [point or draw() * G for point in proof.C]
    u = shuffle.first_challenge(statement, proof.C, transcript)
    permuted = [u[j] for j in permutation]

    proof.D, d, blind, running = [], [], 0, 1
    for value in permuted:
        fresh, running = draw(), value * running % Q
        proof.D.append(combine([fresh, running], [G, H]))
        d.append((fresh - value * blind) % Q)
        blind = fresh
    rho = shuffle.second_challenge(proof.D, transcript)

    power = shuffle.powers(rho, n)
    k = [draw() for _ in range(n)]
    k_g, k_q, k_e = draw(), draw(), draw()
    before = [H, *proof.D][:n]
    proof.RG = combine([k_g] + [a * b for a, b in zip(power, k)], [G] + before)
    proof.RQ = combine([k_q] + k, [G] + q)
    columns = [[row[c] for row in statement.output] for c in range(statement.w)]
    if statement.of_keys:
        mixed = combine(u, [row[0] for row in statement.input])
        proof.RE = [combine(k + [-k_e], columns[0] + [mixed])]
        proof.RB = k_e * statement.base
        secret = witness
    else:
        proof.RE = [combine(k + [-k_e], column + [key])
                    for column, key in zip(columns, [G, *statement.keys])]
        secret = sum(a * b for a, b in zip(u, witness))
    c = shuffle.third_challenge(statement, proof, transcript)

    proof.z = [(a + c * b) % Q for a, b in zip(k, permuted)]
    proof.zG = (k_g + c * (sum(r) + rho * blind + sum(a * b for a, b in zip(power, d)))) % Q
    proof.zQ = (k_q + c * sum(a * b for a, b in zip(permuted, r))) % Q
    proof.zE = (k_e + c * secret) % Q
    return proof


def mix_keys(source, base, keys, transcript, power=None):
    """A MixedList."""
    power = source.scalar() if power is None else power
    mixed = [power * key for key in keys]
    permutation = by_first_point([[key] for key in mixed])
    image, output = power * base, [mixed[j] for j in permutation]
    statement = shuffle.of_keys(base, keys, image, output)
    return Object(base=image, keys=output,
                  proof=prove(source, statement, permutation, power, transcript))


def credential_mix(source, manifest, roll_id, number, index, bases, lists, powers=None):
    """A CredentialMix without its signature; `lists` are those that go in."""
    mix = Object(roll_id=roll_id, number=number, index=index, lists=[])
    for l, (base, keys) in enumerate(zip(bases, lists)):
        transcript = credentials.mix_transcript(roll_id, manifest.lists[l], number, index)
        mix.lists.append(mix_keys(source, base, keys, transcript,
                                  None if powers is None else powers[l]))
    return mix


def mix_texts(source, keys, rows, transcript, coins=None):
    """The rows that come out and their proof."""
    coins = [source.scalar() for _ in rows] if coins is None else coins
    mixed = [[point + e * key for point, key in zip(row, [G, *keys])]
             for row, e in zip(rows, coins)]
    permutation = by_first_point(mixed)
    output = [mixed[j] for j in permutation]
    statement = shuffle.of_texts(keys, rows, output)
    return output, prove(source, statement, permutation, coins, transcript)


def text_mix(source, election_id, contest, number, index, keys, rows, coins=None):
    """A TextMix without its signature; `rows` are those that go in."""
    transcript = writeins.mix_transcript(election_id, contest, number, index)
    output, proof = mix_texts(source, keys, rows, transcript, coins)
    return Object(election_id=election_id, contest=contest, number=number, index=index,
                  rows=[Object(A=row[0], T=row[1:]) for row in output], proof=proof)


def text_partial(source, election_id, contest, index, rows, secrets, shares):
    """A TextPartial without its signature; `secrets` and `shares` are the text slots'."""
    m = len(secrets)
    decrypted = [[x * row.A for x in secrets] for row in rows]
    transcript = writeins.decryption_transcript(
        election_id, contest, index, rows, decrypted, shares)
    sums = writeins.weighted_rows(rows, weights(transcript.seed(), len(rows) * m), m)
    k = [source.scalar() for _ in range(m)]
    first, second = [kk * G for kk in k], combine(k, sums)
    transcript.points("R1", first)
    transcript.point("R2", second)
    c = transcript.challenge()
    return Object(election_id=election_id, contest=contest, index=index, decrypted=decrypted,
                  R1=first, R2=second, z=[(kk + c * x) % Q for kk, x in zip(k, secrets)])
