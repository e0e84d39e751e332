/** QR codes against the matrices of another encoder (qrcode of PyPI), module by module. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { fromDigits, toDigits } from "../../web/src/components/code.js";
import { qr } from "../../web/src/qr.js";

const vectors = JSON.parse(await readFile(new URL("./qr-vectors.json", import.meta.url), "utf8"));
const rows = ({ size, modules }) => Array.from({ length: size }, (_, y) => [...modules.slice(y * size, (y + 1) * size)].join(""));

test("the smallest matrix, written out", () => {
  assert.deepEqual(rows(qr("A", "M", vectors.cases[0].mask)), vectors.rows);
});

test("every vector: versions 1 to 40, both levels, bytes and digits", () => {
  // Which mask is easiest to read encoders judge differently, and readers take any.
  for (const { text, level, version, mask, sha256 } of vectors.cases) {
    const matrix = qr(text, level, mask);
    assert.equal(matrix.size, version * 4 + 17, `${level}, ${text.length} symbols: version`);
    assert.equal(createHash("sha256").update(rows(matrix).join("\n")).digest("hex"), sha256, `${level}, version ${version}`);
  }
});

test("what fits into no version is refused", () => {
  assert.equal(qr("x".repeat(2953), "L")?.size, 177);
  assert.equal(qr("x".repeat(2954), "L"), null);
});

test("bytes as digits and back", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  assert.deepEqual(fromDigits(toDigits(bytes)), bytes);
  for (const bad of ["12", "256", "00a", "999000"]) assert.equal(fromDigits(bad), null, bad);
  assert.ok(qr(`https://voto.example/audit.html#${toDigits(new Uint8Array(1480))}`, "L"), "an opened ballot fits");
});
