#!/usr/bin/env python3
"""Makes a small record from a seed, following the specification as its prover.

It shows that the specification can be implemented from its text, and feeds the
verifier's tests. All secrets follow from the seed: never use it for an election.

    python3 spec/reference/tests/make_record.py FOLDER [--seed TEXT] [--ballots N]
"""

import argparse
import base64
import hashlib
import os

import setup_path  # noqa: F401
import ballots
import board
import chacha
import credentials
import ed25519
import keygen
import manifest as manifests
import prover
import prover_shuffle
import tally
import texts
import writeins
from encoding import Object, th, tracking_code_text
from ristretto import G, Q, ZERO, combine

END = 1_000_000_000 + 86_400
LONG = ("simulacro_start", "simulacro_end", "formats_approved", "custodians_designated",
        "roll_delivered", "offer_ratified", "roll_loaded", "addenda", "preparation")


def no_hook(value):
    """Leaves the value as it is."""


class Maker:
    """Builds one record, stage by stage.

    `hooks` maps the name of a stage to a function that may change an object just
    before it is signed or written, so that a test can break one check alone.
    """

    def __init__(self, seed="escrutinio", ballots_cast=12, contests=1, custodians=3,
                 threshold=2, min_group=4, excluded=None, mixes=None, write_in=manifests.SEALED,
                 order=None, written=("Juana Inés de la Cruz",), hooks=None):
        self.source = prover.Source(seed)
        self.hooks = hooks or {}
        self.ballots_cast, self.contests = ballots_cast, contests
        self.n, self.t, self.min_group = custodians, threshold, min_group
        self.excluded_variant = excluded  # None, "absent", "bad share", "false complaint"
        self.mixes, self.write_in = threshold if mixes is None else mixes, write_in
        self.order = order  # None, "" to publish, or who alone gets the names
        self.written = written  # of the first ballots; None marks the space without a text
        self.files = {}
        self.jobs = 1

    def hook(self, name, value):
        self.hooks.get(name, no_hook)(value)
        return value

    def sign(self, name, label, data):
        return ed25519.sign(self.seeds[name], th(label, data))

    def official(self, name):
        self.seeds[name] = self.source.bytes(32)
        return Object(name=name, designation="designated", key=ed25519.public_key(self.seeds[name]))

    STAGES = ("manifest", "roll", "credentials", "mixes", "keys", "seal", "ballots", "board",
              "participation", "tally", "order", "texts", "actas", "receipts", "sums")

    def make(self, stages=STAGES):
        for stage in stages:
            getattr(self, f"make_{stage}")()
        return self

    def write(self, folder):
        for name, data in self.files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)

    # Manifest

    def make_manifest(self):
        self.seeds = {}
        start = 1_000_000_000
        times = {name: start - 1000 for name in LONG}
        times.update(accounts_sent=start, contact_updates_until=start, voting_start=start,
                     board_installed=start, voting_close=END - 600, reception_end=END)
        people = [self.official(f"custodian {i + 1}") for i in range(self.n)]
        zone = Object(name="Ciudad de México", offset_minutes=-360)
        value = Object(
            process="Proceso de prueba", title="Presidencia", authority="Acuerdo 1",
            template="v1", binding=False, pilot=False, test=True, max_voters=100_000,
            official_zone=zone, governing_zone=zone,
            calendar=[times[name] for name in manifests.CALENDAR], sites=["sala", "mesa"],
            policies=[0, 0, 0, 10, 30, 0, 0, 0, 0, 0, 0, 0], min_group=self.min_group,
            text_points=3,
            parties=[Object(short=f"P{i}", name=f"Partido {i}", colour=[i, 0, 255],
                            emblem=None, scope=0) for i in range(6)],
            contests=[self.presidency(), self.consultation()][:self.contests],
            styles=[Object(name="todo", contests=list(range(self.contests)))],
            units=[Object(name=f"Unidad {i}", entity="Entidad", merge_into=0 if i else None)
                   for i in range(3)],
            lists=[Object(style=0, unit=unit, small_exception=unit == 2) for unit in range(3)],
            threshold=self.t, minimum_custodians=self.t, credential_mixes=self.mixes,
            few_mixes=self.mixes < self.t, custodians=people,
            registrar=self.official("registrar"), server=self.official("server"),
            log=self.official("board.example/log"),
            witnesses=[self.official(f"witness.example/{i}") for i in range(2)],
            witness_quorum=2, client_hash=bytes(32))
        self.hook("manifest", value)
        for contest in value.contests:
            contest.options = manifests.derived_options(value, contest)
        self.hook("options", value)
        self.files["manifest.bin"] = manifests.MANIFEST.write(value)
        self.manifest = manifests.Manifest(self.files["manifest.bin"])

    @staticmethod
    def contest(name, **changes):
        fields = dict(
            name=name, kind=0, scope=0, entity="México", office="Presidencia", legend="Vota",
            offer_source="Acuerdo 2", write_in=0, parties=[], coalitions=[], commons=[],
            independents=[], answers=[], candidacies=[], options=[])
        return Object(**{**fields, **changes})

    def presidency(self):
        formulas = [Object(owner="Titular", substitute="")]
        holders = [("Party", p) for p in (3, 4, 5)] + [("Coalition", 0), ("Independent", 0)]
        return self.contest(
            "Presidencia", write_in=self.write_in, parties=list(range(6)),
            coalitions=[Object(name="Juntos", parties=[0, 1, 2],
                               combinations=[[0, 1, 2], [0, 1], [0, 2], [1, 2]])],
            independents=["Independiente"],
            candidacies=[Object(holder=holder, formulas=formulas) for holder in holders])

    def consultation(self):
        return self.contest("Consulta", kind=manifests.CONSULTATION, office="¿Sí o no?",
                            answers=["Sí", "No"])

    # Roll and credentials

    def make_roll(self):
        per_list = [self.ballots_cast, self.min_group + 1, 1]
        roll = Object(manifest_hash=self.manifest.hash, versions=[], counts=per_list,
                      root=self.source.bytes(32), signature=bytes(64))
        for kind, entries in ((0, sum(per_list) - 1), (1, 1)):
            roll.versions.append(Object(kind=kind, document="oficio", file=bytes(32),
                                        entries=entries, at=7, chain=None))
        previous = self.manifest.hash
        for version in roll.versions:
            version.chain = previous = credentials.chain(previous, version)
        self.hook("roll", roll)
        roll.signature = self.sign("registrar", "roll",
                                   credentials.ROLL.write(roll, before="signature"))
        self.files["roll.bin"] = credentials.ROLL.write(roll)
        self.roll_id = credentials.roll_id(self.manifest.hash, self.files["roll.bin"])
        self.counts = roll.counts

    def make_credentials(self):
        secrets = []
        halves = []
        for role, name in enumerate(("registrar", "server")):
            drawn = [[self.source.scalar() for _ in range(count)] for count in self.counts]
            lists = [[s * G for s in part] for part in drawn]
            half = Object(roll_id=self.roll_id, role=role, lists=lists, signature=bytes(64))
            flat = [s for part in drawn for s in part]
            self.hook(f"{name} half before proof", half)
            half.possession = prover.half_possession(
                self.source, half.roll_id, half.role, half.lists, flat)
            self.hook(f"{name} half", half)
            half.signature = self.sign(
                name, "half-list", credentials.HALF_LIST.write(half, before="signature"))
            self.files[f"credentials/{name}.bin"] = credentials.HALF_LIST.write(half)
            secrets.append(drawn)
            halves.append(half)
        self.voters = [[(a + b) % Q for a, b in zip(*parts)] for parts in zip(*secrets)]
        self.lists = []
        for first, second in zip(*(half.lists for half in halves)):
            keys = sorted((a + b for a, b in zip(first, second)), key=lambda k: k.encode())
            self.lists.append(Object(base=G, keys=keys))

    def make_mixes(self):
        for number in range(1, self.mixes + 1):
            mix = prover_shuffle.credential_mix(
                self.source, self.manifest, self.roll_id, number, number,
                [one.base for one in self.lists], [one.keys for one in self.lists])
            self.add_mix(mix)
        value = Object(roll_id=self.roll_id, mixes=self.mixes, lists=self.lists)
        self.hook("lists", value)
        self.files["credentials/lists.bin"] = credentials.CREDENTIAL_LISTS.write(value)

    def add_mix(self, mix):
        number = mix.number
        self.hook(f"credential mix {number}", mix)
        mix.signature = self.sign(f"custodian {mix.index}", "credential-mix",
                                  credentials.CREDENTIAL_MIX.write(mix, before="signature"))
        self.hook(f"credential mix {number} signed", mix)
        self.files[f"credentials/mix-{number:02}.bin"] = credentials.CREDENTIAL_MIX.write(mix)
        self.lists = mix.lists

    # Keys

    def make_keys(self):
        slots, t, everyone = self.manifest.slots, self.t, range(1, self.n + 1)
        source, variant = self.source, self.excluded_variant
        setup = self.setup_id = keygen.setup_id(self.manifest.hash, 0)
        ephemeral = {i: source.scalar() for i in everyone}
        polynomials = {i: [[source.scalar() for _ in range(t)] for _ in range(slots)]
                       for i in everyone}

        def share(i, j, l):
            return sum(a * pow(l, c, Q) for c, a in enumerate(polynomials[i][j])) % Q

        round1, round2, verdicts = {}, {}, {}
        for i in everyone:
            key = ephemeral[i] * G
            proof = prover.knowledge(source, keygen.ephemeral_transcript(setup, i, key),
                                     ephemeral[i])
            commitments = [a * G for slot in polynomials[i] for a in slot]
            second = Object(index=i, commitments=commitments, shares=[], possession=None)
            second.possession = prover.key_possession(
                source, setup, i, commitments, [slot[0] for slot in polynomials[i]])
            round2[i] = second
            round1[i] = Object(index=i, ephemeral=key, possession=proof,
                               opening=keygen.opening_hash(setup, second))
        for i in everyone:
            for l in everyone:
                if l == i:
                    continue
                key = keygen.pair_key(setup, i, l, round1[i].ephemeral, round1[l].ephemeral,
                                      ephemeral[i] * round1[l].ephemeral)
                scalars = [share(i, j, l) for j in range(slots)]
                if variant == "bad share" and (i, l) == (self.n, 1):
                    scalars[-1] = (scalars[-1] + 1) % Q
                plain = b"".join(s.to_bytes(32, "little") for s in scalars)
                round2[i].shares.append(Object(
                    recipient=l, ciphertext=chacha.seal(key, bytes(12), b"", plain)))
            verdicts[i] = Object(index=i, complaints=[])

        excluded = []
        accusation = {"bad share": (1, self.n), "false complaint": (self.n, 1)}.get(variant)
        if accusation:
            l, i = accusation
            verdicts[l].complaints.append(prover.complaint(
                source, setup, l, ephemeral[l], round1[l].ephemeral, i, round1[i].ephemeral))
            reason = keygen.BAD_SHARE if variant == "bad share" else keygen.FALSE_COMPLAINT
            excluded = [Object(index=self.n, reason=reason)]
        if variant == "absent":
            del round2[self.n], verdicts[self.n]
            excluded = [Object(index=self.n, reason=keygen.NO_OPENING)]

        value = Object(manifest_hash=self.manifest.hash, ceremony=0,
                       round1=list(round1.values()), round2=list(round2.values()),
                       verdicts=list(verdicts.values()), excluded=excluded)
        self.hook("ceremony", value)
        for label, struct, messages, table in (
                ("keygen-round1", keygen.ROUND1, value.round1, None),
                ("keygen-round2", keygen.ROUND2, value.round2,
                 lambda: keygen.first_table(setup, value.round1)),
                ("keygen-verdict", keygen.VERDICT, value.verdicts,
                 lambda: keygen.second_table(setup, value.round1, value.round2))):
            for m in messages:
                if table:
                    m.table = table()
                self.hook(label, m)
                m.signature = self.sign(f"custodian {m.index}", label,
                                        keygen.signed_part(struct, setup, m))
        self.hook("ceremony signed", value)
        out = [e.index for e in value.excluded]
        self.qualified = [i for i in everyone if i not in out]
        digest = th("keygen-transcript", keygen.TRANSCRIPT.write(value, before="certificates"))
        value.certificates = [
            Object(index=l, signature=self.sign(f"custodian {l}", "keygen-certificate", digest))
            for l in self.qualified]
        self.hook("certificates", value)
        self.files["key/transcript.bin"] = keygen.TRANSCRIPT.write(value)
        ceremony = keygen.Ceremony(self.manifest, value)
        self.slot_keys, self.shares = ceremony.keys(self.qualified)
        self.secret_shares = {
            l: [sum(share(i, j, l) for i in self.qualified) % Q for j in range(slots)]
            for l in self.qualified}
        self.make_trial()

    def make_trial(self):
        setup = self.setup_id
        _, a, _ = keygen.trial_statement(setup, self.slot_keys)
        trial = Object(setup_id=setup, partials=[])
        for l in self.qualified:
            decrypted = [s * a for s in self.secret_shares[l]]
            proof = prover.decryption(
                self.source, setup, {"role": 1, "index": l}, th("trial-group", setup), a,
                decrypted, self.shares[l], self.secret_shares[l])
            trial.partials.append(Object(index=l, decrypted=decrypted, proof=proof))
        self.hook("trial", trial)
        self.files["key/trial.bin"] = keygen.TRIAL.write(trial)

    def make_seal(self):
        files = self.files
        seal = Object(
            manifest_hash=self.manifest.hash, roll_id=self.roll_id, setup_id=self.setup_id,
            key_record=th("key-record", files["key/transcript.bin"]),
            trial=th("trial", files["key/trial.bin"]),
            registrar_halves=th("half-list", files["credentials/registrar.bin"]),
            server_halves=th("half-list", files["credentials/server.bin"]),
            mixes=[th("credential-mix", files[name]) for name in sorted(files)
                   if name.startswith("credentials/mix-")],
            lists=th("lists", files["credentials/lists.bin"]))
        self.hook("seal", seal)
        files["seal.bin"] = keygen.SEAL.write(seal)
        self.id = th("election-id", files["seal.bin"])

    # Ballots and board

    def cast(self, contest, unit, voter, choice, text=None):
        number = self.manifest.list_index(0, unit)
        secret = self.voters[number][voter]
        ballot = Object(election_id=self.id, contest=contest, style=0, unit=unit,
                        C=secret * self.lists[number].base, salt=self.source.bytes(32), list=number,
                        shape=self.manifest.shape(contest))
        ballot.u = ballots.credential_hash(ballot.C, ballot.salt)
        self.hook("ballot before proof", ballot)
        prover.encrypt(self.source, self, ballot, choice, text)
        self.hook("ballot", ballot)
        self.finish(ballot, secret)
        return ballot

    def finish(self, ballot, secret):
        """Code and signature, once the body is complete."""
        ballot.code = th("tracking-code", ballots.BODY.write(ballot))
        prover.sign_cast(self.source, ballot, self.lists[ballot.list].base, secret)
        self.hook("signed ballot", ballot)

    def make_ballots(self):
        """Most ballots in unit 0, the rest in unit 1; the first are write-ins."""
        self.ballots = []
        for contest in range(self.contests):
            shape = self.manifest.shape(contest)
            for voter in range(self.ballots_cast):
                unit = 1 if voter >= self.ballots_cast - 2 else 0
                written = voter < len(self.written) and shape.omega is not None
                choice = shape.omega if written else (5 * voter + contest) % shape.N
                text = self.written[voter] if written and shape.m else None
                place = voter if unit == 0 else voter - self.ballots_cast + 2
                self.ballots.append(self.cast(contest, unit, place, choice, text))
        self.hook("ballots", self.ballots)

    def note(self, size, root, time, witnesses):
        name = board.origin(self.manifest, self.id)
        body = f"{name}\n{size}\n{base64.b64encode(root).decode()}\n".encode()
        lines = [self.note_line(name, board.key_id(name, 1, self.manifest.log.key)
                                + ed25519.sign(self.seeds["board.example/log"], body))]
        for witness in self.manifest.witnesses[:witnesses]:
            signature = ed25519.sign(self.seeds[witness.name], board.cosigned_message(body, time))
            lines.append(self.note_line(
                witness.name, board.key_id(witness.name, 4, witness.key)
                + time.to_bytes(8, "big") + signature))
        return body + b"\n" + "".join(lines).encode()

    @staticmethod
    def note_line(name, blob):
        return f"\u2014 {name} {base64.b64encode(blob).decode()}\n"

    def make_board(self):
        entries = sorted((ballots.CAST.write(b) for b in self.ballots), key=board.leaf_hash)
        first = max(self.min_group, len(entries) // 3)
        # The first epoch leaves the highest hashes waiting, and some of the others.
        chosen = entries[:-self.min_group][::2][:first]
        chosen = chosen if len(chosen) >= self.min_group else entries
        epochs = [chosen, [e for e in entries if e not in chosen]]
        epochs = self.hook("epochs", [epoch for epoch in epochs if epoch])
        self.entries = [entry for epoch in epochs for entry in epoch]
        hashes = [board.leaf_hash(entry) for entry in self.entries]
        sizes = [0]
        for epoch in epochs:
            sizes.append(sizes[-1] + len(epoch))
        for number, size in enumerate(sizes):
            note = Object(size=size, root=board.tree_root(hashes[:size]), witnesses=2,
                          time=END + number if number == len(sizes) - 1 else END - 50_000)
            self.hook(f"note {number}", note)
            self.files[f"board/checkpoints/{number:06}"] = self.note(
                note.size, note.root, note.time, note.witnesses)
        for i in range(0, len(self.entries), 256):
            part = self.entries[i:i + 256]
            self.files[board.bundle_path(i // 256, len(part))] = b"".join(
                len(entry).to_bytes(2, "big") + entry for entry in part)

    # Count

    def make_participation(self):
        lines = [Object(contest=c, list=l, voters=sum(
            1 for b in self.ballots if (b.contest, b.list) == (c, l)))
            for c in range(self.contests) for l in range(len(self.manifest.lists))]
        value = Object(election_id=self.id, closed_at=END, marked=lines, voters_list=bytes(32),
                       signature=bytes(64))
        self.hook("participation", value)
        value.signature = self.sign(
            "server", "participation", tally.PARTICIPATION.write(value, before="signature"))
        self.files["participation.bin"] = tally.PARTICIPATION.write(value)

    def make_tally(self):
        groups = tally.aggregate(self.manifest, self.ballots)
        value = Object(election_id=self.id, groups=groups)
        self.hook("aggregates", value)
        self.files["tally/aggregates.bin"] = tally.AGGREGATES.write(value)
        partials = []
        for l in self.qualified:
            partial = Object(election_id=self.id, index=l, groups=[])
            for group in groups:
                n = len(group.B)
                decrypted = [s * group.A for s in self.secret_shares[l][:n]]
                place = {"contest": group.contest, "unit": group.unit, "role": 0, "index": l}
                proof = prover.decryption(
                    self.source, self.id, place, th("group", tally.GROUP.write(group)), group.A,
                    decrypted, self.shares[l][:n], self.secret_shares[l][:n])
                partial.groups.append(Object(decrypted=decrypted, proof=proof))
            partials.append(partial)
            self.hook(f"partial {l}", partial)
            partial.signature = self.sign(
                f"custodian {l}", "partial", tally.PARTIAL.write(partial, before="signature"))
            self.files[f"tally/partial-{l:02}.bin"] = tally.PARTIAL.write(partial)
        chosen = {p.index: p for p in partials[:self.t]}
        counts = []
        for i, group in enumerate(groups):
            decrypted = {l: p.groups[i].decrypted for l, p in chosen.items()}
            counts.append([self.count(group, j, decrypted) for j in range(len(group.B))])
        results = Object(election_id=self.id, groups=counts)
        self.hook("results", results)
        self.files["tally/results.bin"] = tally.RESULTS.write(results)
        self.groups, self.results = groups, results.groups

    @staticmethod
    def count(group, j, decrypted):
        rest = tally.opening_equation(group.B[j], j, decrypted, 0)
        opened, guess = combine([s for s, _ in rest], [p for _, p in rest]), ZERO
        for value in range(group.ballots + 1):
            if guess == opened:
                return value
            guess = guess + G
        return 0

    # Write-ins

    def opened(self):
        """The contests whose texts are opened, and whether the record has them."""
        for number, contest in enumerate(self.manifest.contests):
            ordered = contest.write_in == manifests.SEALED and self.order is not None
            if ordered or contest.write_in == manifests.DISCLOSE:
                yield number, not (ordered and self.order)

    def make_order(self):
        for contest, _ in self.opened():
            if self.manifest.contests[contest].write_in != manifests.SEALED:
                continue
            order = Object(
                election_id=self.id, contest=contest, authority="Tribunal",
                document="Resolución 3", recipients=self.order, at=END + 5, signatures=[])
            self.hook("order", order)
            message = writeins.ORDER.write(order, before="signatures")
            order.signatures = [
                Object(index=l, signature=self.sign(f"custodian {l}", "text-order", message))
                for l in self.qualified[:self.t]]
            self.hook("order signed", order)
            self.files[f"writein/order-{contest:03}.bin"] = writeins.ORDER.write(order)

    def make_texts(self):
        for contest, published in self.opened():
            if published:
                self.make_texts_of(contest)

    def text_slots(self, contest):
        start = self.manifest.option_slots
        return slice(start, start + self.manifest.shape(contest).m)

    def make_texts_of(self, contest):
        rows = self.text_rows(contest)
        for number, index in enumerate(self.qualified[:self.t], 1):
            mix = prover_shuffle.text_mix(
                self.source, self.id, contest, number, index,
                self.slot_keys[self.text_slots(contest)], rows)
            rows = self.add_text_mix(mix)
        partials = [self.text_partial(contest, index, mix.rows) for index in self.qualified]
        self.add_texts(contest, mix.rows, partials)

    def text_rows(self, contest):
        """The rows that go into the first mix, in the order of the board."""
        of_entry = {ballots.CAST.write(ballot): ballot for ballot in self.ballots}
        on_board = [of_entry[entry] for entry in self.entries]
        return self.hook("text rows", [
            [ballot.A, *ballot.T] for ballot in on_board if ballot.contest == contest])

    def add_text_mix(self, mix):
        name = f"writein/mix-{mix.contest:03}-{mix.number:02}.bin"
        self.hook(f"text mix {mix.number}", mix)
        mix.signature = self.sign(f"custodian {mix.index}", "text-mix",
                                  writeins.TEXT_MIX.write(mix, before="signature"))
        self.hook(f"text mix {mix.number} signed", mix)
        self.files[name] = writeins.TEXT_MIX.write(mix)
        return writeins.rows_of(mix)

    def text_partial(self, contest, index, rows):
        slots = self.text_slots(contest)
        partial = prover_shuffle.text_partial(
            self.source, self.id, contest, index, rows, self.secret_shares[index][slots],
            self.shares[index][slots])
        name = f"writein/partial-{contest:03}-{index:02}.bin"
        self.hook(f"text partial {index}", partial)
        partial.signature = self.sign(f"custodian {index}", "text-partial",
                                      writeins.TEXT_PARTIAL.write(partial, before="signature"))
        self.hook(f"text partial {index} signed", partial)
        self.files[name] = writeins.TEXT_PARTIAL.write(partial)
        return partial

    def add_texts(self, contest, rows, partials):
        shape = self.manifest.shape(contest)
        opened = writeins.opened(rows, partials[:self.t], shape.m)
        marked = sum(counts[shape.omega] for group, counts in zip(self.groups, self.results)
                     if group.contest == contest)
        value = texts.count(opened, marked, self.manifest.min_group)
        value.election_id, value.contest = self.id, contest
        self.hook("texts", value)
        self.files[f"writein/texts-{contest:03}.bin"] = writeins.TEXTS.write(value)

    # Actas and receipts

    def make_actas(self):
        results = th("results", self.files["tally/results.bin"])
        for contest in range(self.contests):
            votes = [0] * self.manifest.shape(contest).N
            for group, counts in zip(self.groups, self.results):
                if group.contest == contest:
                    votes = [a + b for a, b in zip(votes, counts)]
            acta = Object(
                election_id=self.id, contest=contest, results=results, place="CDMX",
                generated_at=END + 60, votes=votes, total=sum(votes), voters_marked=sum(votes),
                incidents=["ninguno"],
                protests=[Object(party="P1", person="Quien", reason="porque sí")],
                signatures=[])
            self.hook("acta", acta)
            message = tally.ACTA.write(acta, before="signatures")
            acta.signatures = [
                Object(index=l, signature=self.sign(f"custodian {l}", "acta", message))
                for l in self.qualified]
            self.hook("acta signed", acta)
            self.files[f"acta/contest-{contest:03}.bin"] = tally.ACTA.write(acta)

    def make_receipts(self):
        codes = self.hook("receipts", sorted(ballot.code for ballot in self.ballots))
        lines = ["escrutinio/receipts/v1", self.id.hex(), *map(tracking_code_text, codes)]
        self.files["receipts.txt"] = "".join(line + "\n" for line in lines).encode()

    def make_sums(self):
        self.files.pop("SHA256SUMS", None)
        self.files["SHA256SUMS"] = "".join(
            f"{hashlib.sha256(data).hexdigest()}  {name}\n"
            for name, data in sorted(self.files.items())).encode()


def main():
    parser = argparse.ArgumentParser(description="Makes a record for tests from a seed.")
    parser.add_argument("folder")
    parser.add_argument("--seed", default="escrutinio")
    parser.add_argument("--ballots", type=int, default=12)
    parser.add_argument("--contests", type=int, default=1)
    parser.add_argument("--excluded", choices=["absent", "bad share", "false complaint"])
    parser.add_argument("--mixes", type=int)
    parser.add_argument("--write-in", type=int, default=manifests.SEALED, help="policy, 0 to 3")
    parser.add_argument("--order", help="order to open sealed texts: '' or the recipients")
    arguments = parser.parse_args()
    Maker(arguments.seed, arguments.ballots, arguments.contests, excluded=arguments.excluded,
          mixes=arguments.mixes, write_in=arguments.write_in,
          order=arguments.order).make().write(arguments.folder)


if __name__ == "__main__":
    main()
