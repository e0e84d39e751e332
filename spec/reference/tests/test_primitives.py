"""The primitives against published vectors."""

import hashlib
import unittest

import setup_path  # noqa: F401
import board
import chacha
import ed25519
import encoding
from curve import _pippenger, _straus
from keccak import permute
from merlin import Transcript
from ristretto import (
    G, H, Q, ZERO, NotAPoint, Point, combine, from_uniform_bytes, generator, lizard_encode)

# RFC 9496 appendix A.1.
MULTIPLES = """
0000000000000000000000000000000000000000000000000000000000000000
e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76
6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919
94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259
da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57
e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e
f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403
44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d
903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c
02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031
20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f
bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42
e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460
aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f
46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e
e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e
""".split()

# RFC 9496 appendix A.2, by reason of refusal.
REFUSED = {
    "non-canonical field element": """
00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
""", "odd field element": """
0100000000000000000000000000000000000000000000000000000000000000
01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20
c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562
c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78
47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24
f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72
87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309
""", "x^2 is not a square": """
26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371
4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f
de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad87
bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042
2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08
f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22
8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731
2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b
""", "xy is odd": """
3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e
a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220
d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e
8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32
32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b
227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165
5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e
445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b
""", "y = 0": """
ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
"""}


class Ristretto(unittest.TestCase):
    def test_multiples_of_the_generator(self):
        point = ZERO
        for k, text in enumerate(MULTIPLES):
            data = bytes.fromhex(text)
            self.assertEqual(point.encode().hex(), text)
            self.assertEqual((k * G).encode().hex(), text)
            self.assertTrue(Point.decode(data) == point)
            self.assertEqual(Point(Point.decode(data).xyzt).encode(), data)
            point = point + G

    def test_refused_encodings(self):
        for reason, texts in REFUSED.items():
            for text in texts.split():
                with self.subTest(reason=reason, text=text), self.assertRaises(NotAPoint):
                    Point.decode(bytes.fromhex(text))

    def test_wrong_lengths(self):
        for data in (b"", bytes(31), bytes(33)):
            with self.assertRaises(NotAPoint):
                Point.decode(data)

    def test_element_derivation(self):
        # RFC 9496 appendix A.3, first vector: the hash of a sentence.
        data = hashlib.sha512(b"Ristretto is traditionally a short shot of espresso coffee")
        self.assertEqual(data.hexdigest()[:16], "5d1be09e3d0c82fc")
        self.assertEqual(from_uniform_bytes(data.digest()).encode().hex(),
                         "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46")

    def test_the_order_is_q(self):
        self.assertTrue(combine([Q - 1, 1], [H, H]).is_identity())
        self.assertFalse(combine([Q - 2, 1], [H, H]).is_identity())

    def test_equality_is_of_cosets(self):
        # The four representatives of one element: adding (i, 0) changes none.
        from curve import SQRT_M1, add
        torsion = (SQRT_M1, 0, 1, 0)
        self.assertTrue(Point(add(G.xyzt, torsion)) == G)
        self.assertEqual(Point(add(G.xyzt, torsion)).encode(), G.encode())
        self.assertTrue(Point(torsion).is_identity())
        self.assertFalse(G == 2 * G)

    def test_sums_agree(self):
        points = [generator(bytes([i])).xyzt for i in range(40)]
        scalars = [int.from_bytes(hashlib.sha256(bytes([i])).digest(), "little") % Q
                   for i in range(37)] + [0, 1, Q - 1]
        slow = ZERO
        for k, point in zip(scalars, points):
            bits = ZERO
            for bit in bin(k)[2:]:
                bits = bits + bits
                if bit == "1":
                    bits = bits + Point(point)
            slow = slow + bits
        self.assertTrue(Point(_straus(scalars, points)) == slow)
        self.assertTrue(Point(_pippenger(scalars, points)) == slow)

    def test_lizard(self):
        # The vectors of the Lizard of curve25519-dalek.
        self.assertEqual(lizard_encode(bytes(16)).encode().hex(),
                         "f0b7e34484f74cf00f15024b738539738646bbbe1e9bc7509a676815227e774f")
        self.assertEqual(lizard_encode(b"\1" * 16).encode().hex(),
                         "cc92e81f585afc5caac88660d8d17e9025a44489a363042123f6af0702156e65")


class Ed25519(unittest.TestCase):
    # RFC 8032 section 7.1: secret key, public key, message, signature.
    VECTORS = [
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e"
         "39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f"
         "3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67"
         "f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]

    def test_rfc_8032(self):
        for seed, key, message, signature in self.VECTORS:
            seed, key, message, signature = map(bytes.fromhex, (seed, key, message, signature))
            self.assertEqual(ed25519.public_key(seed), key)
            self.assertEqual(ed25519.sign(seed, message), signature)
            self.assertTrue(ed25519.verify(key, message, signature))
            self.assertFalse(ed25519.verify(key, message + b"x", signature))
            for i in range(0, 64, 7):
                bad = bytearray(signature)
                bad[i] ^= 1
                self.assertFalse(ed25519.verify(key, message, bytes(bad)))

    def test_s_must_be_reduced(self):
        _, key, message, signature = map(bytes.fromhex, self.VECTORS[1])
        s = int.from_bytes(signature[32:], "little") + Q
        forged = signature[:32] + s.to_bytes(32, "little")
        self.assertFalse(ed25519.verify(key, message, forged))

    def test_small_order_and_non_canonical_keys(self):
        p = 2**255 - 19
        small = [1, p - 1, 0, 2**255, p, p + 1, 2**255 + 1]
        order8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
        keys = [value.to_bytes(32, "little") for value in small] + [bytes.fromhex(order8)]
        for key in keys:
            with self.subTest(key=key.hex()):
                self.assertFalse(ed25519.is_good_key(key))
                # R and key of order 1 would satisfy the equation with S = 0.
                self.assertFalse(ed25519.verify(key, b"", key + bytes(32)))
        self.assertTrue(ed25519.is_small_order(ed25519.decode(keys[-1])))

    def test_small_order_commitment(self):
        # R = identity, S = k s: the equation holds, the strict rule refuses.
        seed = bytes(32)
        secret, _ = ed25519._expand(seed)
        key, r = ed25519.public_key(seed), (1).to_bytes(32, "little")
        k = int.from_bytes(hashlib.sha512(r + key + b"m").digest(), "little") % Q
        forged = r + (k * secret % Q).to_bytes(32, "little")
        self.assertFalse(ed25519.verify(key, b"m", forged))


class Hashes(unittest.TestCase):
    def test_keccak_gives_sha3(self):
        for message in (b"", b"abc", bytes(range(100))):
            state = bytearray(200)
            state[:len(message)] = message
            state[len(message)] ^= 6
            state[135] ^= 0x80
            permute(state)
            self.assertEqual(bytes(state[:32]), hashlib.sha3_256(message).digest())

    def test_merlin(self):
        transcript = Transcript(b"test protocol")
        transcript.append("some label", b"some data")
        self.assertEqual(transcript.challenge_bytes("challenge", 32).hex(),
                         "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615")

    def test_merlin_long(self):
        # The longer sequence of merlin's own tests; result published with its Go port.
        transcript = Transcript(b"test protocol")
        transcript.append("step1", b"some data")
        for _ in range(32):
            challenge = transcript.challenge_bytes("challenge", 32)
            transcript.append("bigdata", bytes([99]) * 1024)
            transcript.append("challengedata", challenge)
        self.assertEqual(challenge.hex(),
                         "a8c933f54fae76e3f9bea93648c1308e7dfa2152dd51674ff3ca438351cf003c")

    def test_merkle_tree(self):
        # The reference vectors of RFC 6962 implementations.
        leaves = [bytes.fromhex(text) for text in (
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
            "606162636465666768696a6b6c6d6e6f")]
        roots = """
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
        for size, root in enumerate(roots):
            hashes = [board.leaf_hash(leaf) for leaf in leaves[:size]]
            self.assertEqual(board.tree_root(hashes).hex(), root)


class ChaCha20Poly1305(unittest.TestCase):
    # RFC 8439 section 2.8.2.
    KEY = bytes(range(0x80, 0xA0))
    NONCE = bytes.fromhex("070000004041424344454647")
    DATA = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    TEXT = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for "
            b"the future, sunscreen would be it.")

    def test_rfc_8439(self):
        sealed = chacha.seal(self.KEY, self.NONCE, self.DATA, self.TEXT)
        self.assertEqual(sealed[:16].hex(), "d31a8d34648e60db7b86afbc53ef7ec2")
        self.assertEqual(sealed[-16:].hex(), "1ae10b594f09e26a7e902ecbd0600691")
        self.assertEqual(chacha.open_sealed(self.KEY, self.NONCE, self.DATA, sealed), self.TEXT)

    def test_any_change_is_refused(self):
        sealed = chacha.seal(self.KEY, self.NONCE, b"", self.TEXT)
        for i in (0, 50, len(sealed) - 16, len(sealed) - 1):
            bad = bytearray(sealed)
            bad[i] ^= 0x80
            self.assertIsNone(chacha.open_sealed(self.KEY, self.NONCE, b"", bytes(bad)))
        self.assertIsNone(chacha.open_sealed(self.KEY, self.NONCE, b"", b"short"))


class Codec(unittest.TestCase):
    def test_tracking_code(self):
        code = hashlib.sha256(b"a ballot").digest()
        text = encoding.tracking_code_text(code)
        self.assertEqual(len(text), 52 + 12 + 2)
        self.assertEqual(encoding.tracking_code_bytes(text), code)
        self.assertEqual(encoding.tracking_code_text(bytes(32)), "0000-" * 13 + "0")
        changed = ("1" if text[0] != "1" else "2") + text[1:]
        self.assertIsNone(encoding.tracking_code_bytes(changed))
        self.assertIsNone(encoding.tracking_code_bytes(text.lower()))
        self.assertIsNone(encoding.tracking_code_bytes(text.replace("-", "")))

    def test_refusals(self):
        U64, one = encoding.U64.write, b"\1"
        cases = [
            (encoding.Bool(), b"\2"), (encoding.Option(encoding.U8), b"\2\0"),
            (encoding.Enum(("A",), ("B",)), encoding.U32.write(2)),
            (encoding.String(), U64(1025) + bytes(1025)),
            (encoding.String(), U64(1) + b"\xff"), (encoding.String(), U64(1) + b"\x1f"),
            (encoding.String(), U64(2) + "\x85".encode()), (encoding.String(), U64(2) + b"a"),
            (encoding.List(encoding.U8, 3), U64(4) + bytes(4)),
            (encoding.SCALAR, Q.to_bytes(32, "little")),
            (encoding.POINT_STAR, bytes(32)), (encoding.POINT, one + bytes(31)),
            (encoding.KEY, one + bytes(31))]
        for kind, data in cases:
            with self.subTest(data=data[:40]), self.assertRaises(encoding.DecodeError):
                encoding.Struct(field=kind).decode(data)

    def test_header_and_trailing_bytes(self):
        kind = encoding.Struct("TEST", field=encoding.U8)
        data = kind.write(encoding.Object(field=7))
        self.assertEqual(data, b"TEST\1\0\1\0\7")
        self.assertEqual(kind.decode(data).field, 7)
        for bad in (data[:-1], data + b"\0", b"tEST" + data[4:], data[:4] + b"\2" + data[5:],
                    data[:6] + b"\2" + data[7:]):
            with self.assertRaises(encoding.DecodeError):
                kind.decode(bad)


if __name__ == "__main__":
    unittest.main()
