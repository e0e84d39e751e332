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

/**
 * Whether a receipt or the file of a key says that it is of another election than this one.
 * @param {string} text
 * @param {string} election its id, hexadecimal
 */
export function ofAnother(text, election) {
  const of = /^election ([0-9a-f]{64})$/m.exec(text)?.[1];
  return of !== undefined && of !== election;
}
