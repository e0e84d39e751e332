"""Vectors of other projects, where a copy of them is at hand.

They are read from `../shared/vectors` beside the repository, or from
`$ESCRUTINIO_SHARED/vectors`; without them the tests say that they were skipped.
"""

import base64
import json
import os
import unittest

import setup_path
import board
import ed25519
import keygen
from encoding import Object
from ristretto import G, Point

REPOSITORY = os.path.join(os.path.dirname(setup_path.__file__), "..", "..", "..")
SHARED = os.environ.get("ESCRUTINIO_SHARED") or os.path.join(REPOSITORY, "..", "shared")


def read(*parts):
    path = os.path.join(SHARED, "vectors", *parts)
    if not os.path.exists(path):
        raise unittest.SkipTest(f"skipped: {parts[-1]} is not at hand")
    with open(path, "rb") as file:
        return file.read()


class Published(unittest.TestCase):
    def test_cocktail_dkg(self):
        vectors = json.loads(read("cocktail-dkg-ristretto255-sha512.json"))["vectors"]
        checked = 0
        for vector in vectors:
            t, n = vector["t"], vector["n"]
            round2 = []
            for message in vector["round1"]:
                commitments = message["vss_commitment"]
                if isinstance(commitments, str):
                    commitments = [commitments[i:i + 64] for i in range(0, 64 * t, 64)]
                round2.append(Object(index=message["participant_id"], commitments=[
                    Point.decode(bytes.fromhex(text)) for text in commitments]))
            ceremony = keygen.Ceremony(
                Object(threshold=t, slots=1, custodians=[None] * n),
                Object(manifest_hash=bytes(32), ceremony=0, round1=[], round2=round2,
                       verdicts=[]))
            keys, shares = ceremony.keys(range(1, n + 1))
            self.assertEqual(keys[0].encode().hex(), vector["group_public_key"])
            for message in vector["round2"]:
                share = shares[message["participant_id"]][0]
                self.assertEqual(share.encode().hex(), message["verification_share"])
                secret = int.from_bytes(bytes.fromhex(message["secret_share"]), "little")
                self.assertTrue(secret * G == share)
                checked += 1
        self.assertGreaterEqual(checked, 3 + 5 + 14)

    def test_tiled_log(self):
        vkey = ("example.com/log/testdata+33d7b496+"
                "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
        name, identity, blob = vkey.split("+", 2)
        key = base64.b64decode(blob)[1:]
        self.assertEqual(board.key_id(name, board.LOG_KEY, key).hex(), identity)
        for size in (8, 12, 15):
            body, line = read("tlog-sample", f"checkpoint.{size}").decode().split("\n\n")
            lines = body.split("\n")
            self.assertEqual(lines[:2], [name, str(size)])
            entries = board.bundle_entries(
                read("tlog-sample", "tile", "entries", "000.p", str(size)), size)
            root = board.tree_root([board.leaf_hash(entry) for entry in entries])
            self.assertEqual(base64.b64encode(root).decode(), lines[2])
            signer, blob = board._signature_line(line.rstrip("\n"))
            self.assertEqual((signer, blob[:4].hex()), (name, identity))
            self.assertTrue(ed25519.verify(key, (body + "\n").encode(), blob[4:]))

    def test_paths_of_bundles(self):
        self.assertEqual(board.bundle_path(0), "board/tile/entries/000")
        self.assertEqual(board.bundle_path(123, 7), "board/tile/entries/123.p/7")
        self.assertEqual(board.bundle_path(1234), "board/tile/entries/x001/234")
        self.assertEqual(board.bundle_path(1234067), "board/tile/entries/x001/x234/067")


if __name__ == "__main__":
    unittest.main()
