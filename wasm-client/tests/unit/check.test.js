/** What a receipt's check comes to, by what was found. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ofAnother, verdict } from "../../web/src/public/verdict.js";

const board = { size: 3, closed: true, witnesses: [] };
const found = { listed: true, searched: true, entry: 2, logged: null, board };
const unseen = { ...found, searched: false, entry: null };

test("R-PUB-03 a vote was counted if list, entries and witnesses all say so", () => {
  assert.equal(verdict(found), "yes");
  assert.equal(verdict({ ...found, entry: 0 }), "yes", "the first entry is an entry");
  assert.equal(verdict({ ...found, listed: null }), "wait");
  assert.equal(verdict({ ...found, entry: null }), "no", "on the list, but not in the box");
  assert.equal(verdict({ ...found, listed: false, entry: null }), "no");
  assert.equal(verdict({ ...found, listed: false }), "doubt", "in the box, but not on the list");
});

test("R-PUB-03 a list is said to be what it is, and no count", () => {
  assert.equal(verdict(unseen), "on_list");
  assert.equal(verdict({ ...unseen, logged: false }), "on_list", "a list of the server's own");
  assert.equal(verdict({ ...unseen, logged: true }), "logged");
  assert.equal(verdict({ ...unseen, listed: false }), "no");
  assert.equal(verdict({ ...unseen, logged: true, board: { ...board, closed: false } }), "doubt");
  assert.equal(verdict({ ...unseen, board: null }), "doubt");
});

test("a receipt or key of another election is known as that", () => {
  const [here, there] = ["ab".repeat(32), "cd".repeat(32)];
  for (const first of ["escrutinio/receipt/v1", "escrutinio/voter-key/v1"]) {
    assert.equal(ofAnother(`${first}\nelection ${here}\nlist 0\n`, here), false);
    assert.equal(ofAnother(`${first}\nelection ${there}\nlist 0\n`, here), true);
  }
  assert.equal(ofAnother("", here), false, "a code that was typed");
});
