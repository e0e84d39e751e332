/** An audited ballot's text, as far as the browser judges it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { escaped, judged } from "../../web/src/opening.js";

test("R-CAST-18 a written name in another form than NFC is invalid, and nothing of it is hidden", () => {
  const found = { valid: true, why: "", text: "Núñez", contest: 0 };
  assert.equal(judged(found), found);
  assert.deepEqual(judged({ ...found, text: "Nu\u0301n\u0303ez" }), { ...found, valid: false, why: "text", text: "Nu\\u{301}n\\u{303}ez" });
  const none = { ...found, text: null };
  assert.equal(judged(none), none);
  const wrong = { ...found, valid: false, why: "ciphertext", text: "Nu\u0301" };
  assert.equal(judged(wrong), wrong, "the first reason stays");
});

test("a text that is shown escaped is ASCII", () => {
  assert.equal(escaped("A\u200bna \\ ñ~\n\u{e0041}"), "A\\u{200b}na \\\\ \\u{f1}~\\u{a}\\u{e0041}");
});
