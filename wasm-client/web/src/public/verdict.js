/** What the check of a receipt comes to. */

/** @typedef {import("../crypto.js").Published & { promise?: boolean }} Found */

/**
 * What all that was found comes to. Counted is a vote whose ballot was seen in the box that the witnesses closed.
 * Without the box there is the list: the one that everybody has, if the public log commits to it (`logged`), and
 * otherwise whatever the server shows to this voter (`on_list`).
 * @param {Found} found
 * @returns {"wait" | "no" | "doubt" | "yes" | "logged" | "on_list"}
 */
export function verdict({ listed, searched, entry, logged, board }) {
  if (listed === null) return "wait";
  if (searched && entry === null) return "no";
  if (searched) return listed ? "yes" : "doubt";
  if (!listed) return "no";
  if (!board?.closed) return "doubt";
  return logged ? "logged" : "on_list";
}
