"""Merlin 1.0 transcripts over STROBE-128, and the headers of transcripts.md."""

from keccak import permute
from ristretto import scalar64

_RATE = 166
_I, _A, _C, _M = 1, 2, 4, 16


class Strobe:
    """The part of STROBE-128 that merlin uses."""

    def __init__(self, label):
        self.state = bytearray(200)
        self.state[:6] = bytes([1, _RATE + 2, 1, 0, 1, 96])
        self.state[6:18] = b"STROBEv1.0.2"
        permute(self.state)
        self.position = self.begin = 0
        self.meta_ad(label)

    def _run(self):
        state = self.state
        state[self.position] ^= self.begin
        state[self.position + 1] ^= 0x04
        state[_RATE + 1] ^= 0x80
        permute(state)
        self.position = self.begin = 0

    def _absorb(self, data):
        state, done = self.state, 0
        while done < len(data):
            start = self.position
            part = data[done:done + _RATE - start]
            end = start + len(part)
            mixed = int.from_bytes(state[start:end], "little") ^ int.from_bytes(part, "little")
            state[start:end] = mixed.to_bytes(len(part), "little")
            self.position, done = end, done + len(part)
            if end == _RATE:
                self._run()

    def _start(self, flags):
        before, self.begin = self.begin, self.position + 1
        self._absorb(bytes([before, flags]))
        if flags & _C and self.position:
            self._run()

    def meta_ad(self, data):
        self._start(_M | _A)
        self._absorb(data)

    def ad(self, data):
        self._start(_A)
        self._absorb(data)

    def prf(self, length):
        self._start(_I | _A | _C)
        output = bytearray()
        while len(output) < length:
            start = self.position
            end = min(_RATE, start + length - len(output))
            output += self.state[start:end]
            self.state[start:end] = bytes(end - start)
            self.position = end
            if end == _RATE:
                self._run()
        return bytes(output)


class Transcript:
    """`merlin::Transcript`."""

    def __init__(self, label):
        self.strobe = Strobe(b"Merlin v1.0")
        self.append("dom-sep", label)

    def append(self, label, message):
        # Merlin streams the length as a continuation of the label.
        self.strobe.meta_ad(label.encode() + len(message).to_bytes(4, "little"))
        self.strobe.ad(message)

    def challenge_bytes(self, label, length):
        self.strobe.meta_ad(label.encode() + length.to_bytes(4, "little"))
        return self.strobe.prf(length)

    # What the specification appends and draws.

    def u32(self, label, value):
        self.append(label, value.to_bytes(4, "little"))

    def point(self, label, point):
        self.append(label, point.encode())

    def points(self, label, points):
        self.append(label, b"".join(point.encode() for point in points))

    def scalars(self, label, scalars):
        self.append(label, b"".join(s.to_bytes(32, "little") for s in scalars))

    def challenge(self, label="c"):
        return scalar64(self.challenge_bytes(label, 64))

    def seed(self):
        return self.challenge_bytes("s", 32)


ABSENT = 0xFFFFFFFF


def proof(name, context, contest=ABSENT, style=ABSENT, unit=ABSENT, role=ABSENT, index=ABSENT):
    """A transcript with the header of transcripts.md."""
    transcript = Transcript(b"escrutinio/v1")
    transcript.append("proof", name.encode())
    transcript.append("context", context)
    for label, value in (("contest", contest), ("style", style), ("unit", unit),
                         ("role", role), ("index", index)):
        transcript.u32(label, value)
    return transcript
