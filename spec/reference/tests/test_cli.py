"""The command line: output and exit codes."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import setup_path
import verify
from make_record import Maker

HERE = os.path.dirname(os.path.abspath(setup_path.__file__))
VERIFY = os.path.join(os.path.dirname(HERE), "verify.py")
SPEC = os.path.join(os.path.dirname(HERE), "..", "verification.md")


def run(*arguments):
    result = subprocess.run([sys.executable, VERIFY, *arguments], capture_output=True)
    return result.returncode, result.stdout.decode()


class CommandLine(unittest.TestCase):
    def test_verdicts(self):
        maker = Maker(ballots_cast=4).make()
        with tempfile.TemporaryDirectory() as folder:
            maker.write(folder)
            code, output = run(folder, "--json")
            result = json.loads(output)
            self.assertEqual(code, 0)
            self.assertEqual(list(result), [
                "verdict", "election", "manifest", "first_failure", "mixes", "texts",
                "checks"])
            self.assertEqual((result["mixes"], result["texts"]), (2, ["sealed"]))
            self.assertEqual(result["verdict"], "valid")
            self.assertEqual(result["election"], maker.id.hex())
            self.assertEqual(result["manifest"], maker.manifest.hash.hex())
            self.assertIsNone(result["first_failure"])
            self.assertTrue(all(c["ok"] and c["culprit"] is None for c in result["checks"]))

            os.remove(os.path.join(folder, "acta/contest-000.bin"))
            code, output = run(folder, "--json")
            result = json.loads(output)
            self.assertEqual((code, result["verdict"], result["first_failure"]),
                             (1, "invalid", "A1.1"))
            after = [c for c in result["checks"] if c["code"] in ("X1.1", "S1.1")]
            self.assertEqual([(c["ok"], c["figure"]) for c in after], [(False, "not run")] * 2)
            self.assertTrue(all(c["ok"] or c["culprit"] for c in result["checks"]))
            code, output = run(folder)
            self.assertEqual(code, 1)
            self.assertIn("FAIL A1.1", output)

            os.remove(os.path.join(folder, "manifest.bin"))
            result = json.loads(run(folder, "--json")[1])
            self.assertEqual((result["first_failure"], result["manifest"], result["election"]),
                             ("R1.1", None, None))

    def test_cannot_run(self):
        self.assertEqual(run(os.path.join(HERE, "nothing here"))[0], 2)
        self.assertEqual(run()[0], 2)

    def test_codes_are_those_of_the_specification(self):
        with open(SPEC, encoding="utf-8") as file:
            text = file.read()
        codes = []
        for first, last in re.findall(r"^\| ([A-Z]\d\.\d)(?:\.\.([A-Z]\d\.\d))? \|", text, re.M):
            end = int(last[-1]) if last else int(first[-1])
            codes += [first[:-1] + str(n) for n in range(int(first[-1]), end + 1)]
        self.assertEqual(list(verify.CHECKS), codes)

    def test_vectors(self):
        point = "564633f51275bcfde1581efa607f4c3e45f0e41640f6b3182cfea12930b14768"
        vectors = {"schema": "escrutinio/vectors/v1", "suite": 1, "notes": {}, "groups": [
            {"kind": "generator", "tests": [{
                "tcId": 1, "comment": "H", "flags": [], "input": {"name": b"H".hex()},
                "output": {"point": point}, "result": "valid"}]}]}
        text = json.dumps(vectors)
        changes = [("", "", 0), (point, "00" + point[2:], 1), ('"generator"', '"x"', 1),
                   ('"valid"', '"invalid"', 1), ('"flags": []', '"flags": ["X"]', 1),
                   ('"output"', '"intermediates": {"x": 1}, "output"', 1),
                   ('"tcId": 1', '"tcId": 2', 1), ("/v1", "/v2", 1)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "generators.json")
            for old, new, expected in changes:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text.replace(old, new) if old else text)
                with self.subTest(change=new):
                    self.assertEqual(run("--vectors", folder)[0], expected)
            os.remove(path)
            self.assertEqual(run("--vectors", folder)[0], 1)

    def test_published_vectors(self):
        folder = os.path.join(os.path.dirname(SPEC), "vectors")
        code, output = run("--vectors", folder)
        self.assertEqual(code, 0, output)


if __name__ == "__main__":
    unittest.main()
