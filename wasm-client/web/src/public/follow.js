/**
 * What this device saw of board and log before, held against what is shown now. Kept are signed checkpoints, which say
 * nothing of who looked: against a log that shows another history they are evidence that anyone can check.
 */

import { Problem } from "../api.js";
import { button } from "../components/form.js";
import { h } from "../dom.js";
import { save } from "../files.js";
import { judged, sizeOf } from "./growth.js";
import { finding } from "./page.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("./growth.js").Kept} Kept */
/** @typedef {import("./growth.js").Told} Told */
/** @typedef {"board" | "acts"} Log */

/** Entries of a board whose hashes are fetched unasked: 32 bytes each. */
const UNASKED = 1e6;
/** @param {string} election @param {Log} log */
const place = (election, log) => `escrutinio.seen.${log}.${election}`;

/** @param {string} key @returns {Kept} */
function read(key) {
  try {
    const { seen, against } = JSON.parse(localStorage.getItem(key) ?? "");
    const notes = (/** @type {unknown} */ list) => Array.isArray(list) && list.every((note) => typeof note === "string");
    return { seen: notes(seen) ? seen : [], against: notes(against) && against.length === 2 ? against : undefined };
  } catch {
    return { seen: [] };
  }
}

/** The hashes of all entries, or none where they are not public. @param {Page} page @param {Log} log @param {string} note */
async function hashes(page, log, note) {
  if (sizeOf(note) > UNASKED) return [];
  const tiles = [];
  try {
    for (const path of page.crypto.bundlePaths(note)) tiles.push(await page.api.file(`/${log}/${path.replace("/entries/", "/0/")}`));
  } catch (error) {
    // Those of the board are published with the count; those of the acts always are.
    if (log === "board" && error instanceof Problem && error.name === "not-found") return [];
    throw error;
  }
  return tiles;
}

/**
 * @param {Page} page @param {Log} log @param {Uint8Array} bytes a checkpoint that holds
 * @returns {Promise<Told | null>} nothing where the browser keeps nothing
 */
export async function follow(page, log, bytes) {
  const note = new TextDecoder().decode(bytes);
  const key = place(page.config.election, log);
  const before = read(key);
  const grown = before.seen.some((one) => sizeOf(one) < sizeOf(note));
  const found = before.seen.length === 0 ? [] : await page.crypto.follow({ log, note: bytes, seen: before.seen, tiles: grown ? await hashes(page, log, note) : [] });
  const { kept, told } = judged(before, note, found);
  try {
    localStorage.setItem(key, JSON.stringify(kept));
  } catch {
    return null;
  }
  if (!kept.against) return told;
  const [old, other] = kept.against;
  return { growth: "forked", before: sizeOf(old ?? ""), size: sizeOf(other ?? ""), notes: kept.against };
}

/** @param {Page} page @param {Log} log @param {Told | null} told */
export function followed(page, log, told) {
  if (!told) return null;
  const { growth, notes } = told;
  const words = page.texts.inline(`follow.${growth}`, { before: page.texts.number(told.before), size: page.texts.number(told.size), help: page.helpLine });
  const plain = growth === "first" || growth === "unproven";
  return h("div", { class: "followed", "data-log": log, "data-growth": growth },
    h("ul", { class: "findings", role: "list" }, plain ? h("li", { class: "finding" }, h("span", null, ...words)) : finding(notes.length === 0, words)),
    notes.length === 0 ? null : h("div", { class: "actions" }, button(page.say("follow.save"), () => save(page.say("follow.file"), notes.join("\n"), "text/plain"), { class: "secondary" })));
}
