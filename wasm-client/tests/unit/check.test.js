/** What a receipt's check comes to, by what was found. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { verdict } from "../../web/src/public/verdict.js";

const board = { size: 3, quorum: true, witnesses: [] };
const found = { listed: true, searched: true, entry: 2, board };

test("R-PUB-03 a vote was counted if list, entries and witnesses all say so", () => {
  assert.equal(verdict(found), "yes");
  assert.equal(verdict({ ...found, entry: 0 }), "yes", "the first entry is an entry");
  assert.equal(verdict({ ...found, listed: null }), "wait");
  assert.equal(verdict({ ...found, listed: false }), "no");
  assert.equal(verdict({ ...found, entry: null }), "no", "on the list, but not in the box");
  assert.equal(verdict({ ...found, listed: false, board: { ...board, quorum: false } }), "no");
  assert.equal(verdict({ ...found, board: { ...board, quorum: false } }), "doubt");
  assert.equal(verdict({ ...found, board: null }), "doubt");
  assert.equal(verdict({ ...found, searched: false, entry: null }), "on_list", "the list alone is said as what it is");
});
