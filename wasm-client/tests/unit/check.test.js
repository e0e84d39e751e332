/** What a receipt's check comes to, by what was found. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { compared, ofAnother, verdict, voterKey } from "../../web/src/public/verdict.js";

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

test("the file of a key is whole or none", () => {
  const [election, key] = ["ab".repeat(32), "0f".repeat(32)];
  const file = `escrutinio/voter-key/v1\nelection ${election}\nlist 12\nkey ${key}\n`;
  assert.deepEqual(voterKey(file), { election, list: 12, key });
  assert.deepEqual(voterKey(file.trimEnd()), { election, list: 12, key }, "an editor took the last line's end");
  for (const [what, damaged] of [
    ["a key that is cut", file.slice(0, -10)], ["a key in capitals", file.replace(key, key.toUpperCase())], ["a key that is not hexadecimal", file.replace(key, "0g".repeat(32))],
    ["no key", file.replace(/key .*\n/, "")], ["no list", file.replace(/list .*\n/, "")], ["a list that is no number", file.replace("list 12", "list x")],
    ["a negative list", file.replace("list 12", "list -1")], ["a list of many digits", file.replace("list 12", "list 1234567890")], ["no election", file.replace(/election .*\n/, "")],
    ["another version", file.replace("v1", "v2")], ["two keys", `${file}key ${key}\n`], ["nothing", ""],
  ]) assert.equal(voterKey(damaged), null, what);
});

test("R-PUB-03 a ballot under the key that is no receipt's, and a receipt without its ballot, are told apart", () => {
  const [own, other] = [{ code: "a", contest: 0 }, { code: "b", contest: 1 }];
  assert.deepEqual(compared([own, other], []), { ballots: [{ ...own, own: null }, { ...other, own: null }], lost: [] }, "without receipts nothing is said to be the voter's");
  assert.deepEqual(compared([own, other], [own]), { ballots: [{ ...own, own: true }, { ...other, own: false }], lost: [] });
  assert.deepEqual(compared([other], [own, other]), { ballots: [{ ...other, own: true }], lost: [own] });
  assert.deepEqual(compared([], [own]), { ballots: [], lost: [own] });
});
