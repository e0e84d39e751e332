/** What a device remembers of a log, and what it tells whoever comes back. */

/** @typedef {Awaited<ReturnType<typeof import("../crypto.js").follow>>[number]} Found */
/**
 * @typedef {object} Kept of one log
 * @property {string[]} seen checkpoints that were seen, each signed, of which it was not shown yet that the log grew from them
 * @property {string[]} [against] two that do not go together; they stay
 */
/** @typedef {{ growth: Found["growth"] | "first", before: number, size: number, notes: string[] }} Told */

/** Checkpoints that are kept unproven of one log: a board has few before it is published. */
const MOST = 64;
/** The worst first. @type {Told["growth"][]} */
const ORDER = ["forked", "smaller", "unproven", "grew", "same"];

/** What a checkpoint says; whether it holds is for who verifies it. @param {string} note */
export const sizeOf = (note) => Number(note.split("\n")[1]);

/**
 * What becomes of the memory, and what is told.
 * @param {Kept} kept @param {string} note as it is shown now @param {Found[]} found of each that was seen
 * @returns {{ kept: Kept, told: Told }}
 */
export function judged(kept, note, found) {
  const size = sizeOf(note);
  const [worst] = ORDER.flatMap((growth) => found.flatMap((one, at) => (one.growth === growth ? [{ ...one, at }] : [])));
  const told = { growth: worst?.growth ?? /** @type {const} */ ("first"), before: worst?.size ?? size, size, notes: /** @type {string[]} */ ([]) };
  if (!worst || !["forked", "smaller"].includes(worst.growth)) {
    // Those from which it was shown to have grown say nothing more than this one.
    const open = kept.seen.filter((_, at) => found[at]?.growth === "unproven");
    return { kept: { ...kept, seen: [...open, note].slice(-MOST) }, told };
  }
  const pair = [kept.seen[worst.at] ?? "", note];
  // What is behind may be an old copy and comes up again; two histories never become one.
  return { kept: worst.growth === "forked" ? { seen: kept.seen, against: kept.against ?? pair } : kept, told: { ...told, notes: pair } };
}
