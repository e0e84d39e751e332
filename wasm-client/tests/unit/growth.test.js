/** What a device remembers of a log, and what it tells. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { judged } from "../../web/src/public/growth.js";

const note = (size, name = "") => `log${name}\n${size}\nroot\n`;
const found = (growth, size) => ({ growth, size });

test("the first visit is remembered, and one that shows the same is no second", () => {
  const first = judged({ seen: [] }, note(4), []);
  assert.deepEqual(first, { kept: { seen: [note(4)] }, told: { growth: "first", before: 4, size: 4, notes: [] } });
  const same = judged(first.kept, note(4), [found("same", 4)]);
  assert.deepEqual([same.kept.seen, same.told.growth], [[note(4)], "same"]);
});

test("what was not shown to have only grown is kept until it is", () => {
  const seen = [note(4), note(6)];
  const open = judged({ seen }, note(9), [found("unproven", 4), found("unproven", 6)]);
  assert.deepEqual([open.kept.seen, open.told.growth, open.told.before], [[...seen, note(9)], "unproven", 4]);
  const shown = judged(open.kept, note(9), [found("grew", 4), found("grew", 6), found("same", 9)]);
  assert.deepEqual([shown.kept.seen, shown.told.growth], [[note(9)], "grew"]);
});

test("a log that is behind is told, and takes nothing out of the memory", () => {
  const kept = { seen: [note(0), note(9)] };
  const { kept: after, told } = judged(kept, note(4), [found("grew", 0), found("smaller", 9)]);
  assert.equal(after, kept);
  assert.deepEqual(told, { growth: "smaller", before: 9, size: 4, notes: [note(9), note(4)] });
});

test("two histories stay evidence, whatever is shown afterwards", () => {
  const kept = { seen: [note(4)] };
  const one = judged(kept, note(4, "other"), [found("forked", 4)]);
  assert.deepEqual(one.kept, { seen: [note(4)], against: [note(4), note(4, "other")] });
  assert.deepEqual(one.told.notes, [note(4), note(4, "other")]);
  const again = judged(one.kept, note(5, "other"), [found("forked", 4)]);
  assert.deepEqual(again.kept.against, one.kept.against, "the first pair");
  const honest = judged(one.kept, note(4), [found("same", 4)]);
  assert.deepEqual(honest.kept.against, one.kept.against);
});

test("what was stored and is no checkpoint counts for nothing", () => {
  const { kept, told } = judged({ seen: ["x"] }, note(4), [found("void", 0)]);
  assert.deepEqual([kept.seen, told.growth], [[note(4)], "first"]);
});
