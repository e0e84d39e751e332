/**
 * What outlives a reload of this tab and nothing else: the session while a ballot is on its way, and
 * receipts until the voter leaves. Neither says anything of a choice.
 */

const SENDING = "escrutinio.sending";
const RECEIPTS = "escrutinio.receipts";

/** @typedef {{ token: string, user: string, contest: number, hash: string }} Sending `hash`: SHA-256 of the ballot */
/** @typedef {{ contest: number, text: string, code: string }} Kept */

/** @param {string} key @returns {any} */
function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} key @param {object} value */
function write(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without it a reload asks for both factors again, and nothing is lost.
  }
}

/** @param {string} key */
function remove(key) {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Where nothing can be written nothing stands.
  }
}

export const SESSION = {
  /** @returns {Sending | null} */
  sending: () => read(SENDING),
  /** @param {Sending} sending */
  keepSending: (sending) => write(SENDING, sending),
  forgetSending: () => remove(SENDING),
  /** @returns {{ user: string | null, receipts: Kept[] } | null} */
  receipts: () => read(RECEIPTS),
  /** @param {string | null} user whose they are @param {Kept[]} receipts */
  keepReceipts: (user, receipts) => write(RECEIPTS, { user, receipts }),
  forgetReceipts: () => remove(RECEIPTS),
};
