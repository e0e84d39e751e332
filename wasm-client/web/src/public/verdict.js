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
 * The file of a key, which is whole or none.
 * @param {string} text
 * @returns {{ election: string, list: number, key: string } | null}
 */
export function voterKey(text) {
  const [, election, list, key] = /^escrutinio\/voter-key\/v1\nelection ([0-9a-f]{64})\nlist (0|[1-9]\d{0,8})\nkey ([0-9a-f]{64})\n*$/.exec(text) ?? [];
  return election && list && key ? { election, list: Number(list), key } : null;
}

/**
 * Receipts of this voter beside the ballots under the key: a ballot that is no receipt's may be somebody else's act, and
 * a receipt whose ballot is not there was not kept.
 * @template {{ code: string }} B
 * @template {{ code: string }} R
 * @param {B[]} ballots
 * @param {R[]} receipts
 */
export function compared(ballots, receipts) {
  const among = (/** @type {{ code: string }[]} */ those, /** @type {string} */ code) => those.some((one) => one.code === code);
  return {
    ballots: ballots.map((ballot) => ({ ...ballot, own: receipts.length === 0 ? null : among(receipts, ballot.code) })),
    lost: receipts.filter(({ code }) => !among(ballots, code)),
  };
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
