/** What the check of a receipt comes to. */

/** @typedef {import("../crypto.js").Published & { promise?: boolean }} Found */

/**
 * What all that was found comes to. Without the entries the list alone says that a ballot was counted.
 * @param {Found} found
 * @returns {"wait" | "no" | "doubt" | "yes" | "on_list"}
 */
export function verdict({ listed, searched, entry, board }) {
  if (listed === null) return "wait";
  if (!listed || (searched && entry === null)) return "no";
  if (!board?.quorum) return "doubt";
  return searched ? "yes" : "on_list";
}
