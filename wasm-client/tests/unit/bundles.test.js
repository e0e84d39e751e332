/** Which files of a log are fetched, by a checkpoint that nobody has verified yet. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { actPaths, bundlePaths } from "../../web/src/crypto.js";

const checkpoint = (size) => new TextEncoder().encode(`log\n${size}\nroot\n\n— log x\n`);

test("the bundles of a log by its size", () => {
  assert.deepEqual(actPaths(checkpoint(2)), ["tile/entries/000.p/2"]);
  assert.deepEqual(actPaths(checkpoint(512)), ["tile/entries/000", "tile/entries/001"]);
  assert.equal(bundlePaths(checkpoint(256_001)).at(-1), "tile/entries/x001/000.p/1");
});

test("a log of acts has no more than an election can have, so that no server keeps a page busy", () => {
  assert.equal(actPaths(checkpoint(65_536)).length, 256);
  for (const size of [65_537, 999_999_999, "9".repeat(400)]) assert.throws(() => actPaths(checkpoint(size)), { code: "acts" }, String(size));
});
