// @ts-check
/**
 * The cryptography of the voting page, as the page sees it. Every call is a message to the worker
 * (`worker.js`), which alone loads the wasm and alone holds secrets: the halves, the key, the nonces
 * and the choice never come back out of it.
 *
 * What goes in is data as the server hands it out (bytes of files, or the JSON of `spec/server.md`
 * unchanged); nothing of it is believed. What fails is a {@link CryptoError} with a stable `code`.
 *
 * The calls of one vote, in order:
 *
 *     open -> linkHalf | (derive, unwrapHalf) -> derive, wrapHalf -> secondHalf -> enter
 *          -> for each contest: optionOfMarks -> prepare -> cast -> verifyPromise, or prepare -> audit
 *          -> forget
 *
 * A page that was reloaded while casting calls `open`, then `resume` with the stored bytes, and goes on
 * at `cast`; it needs neither halves nor credential for that.
 *
 * @module
 */

/**
 * @typedef {object} Options
 * @property {AbortSignal} [signal] the promise is rejected with the signal's reason, and whatever the
 *   call would have left in the worker is dropped. A computation under way ends first.
 * @property {(done: number, total: number, phase?: string) => void} [progress] called at the beginning
 *   and at the end, and in between where the call has steps. It never depends on the choice.
 */

/**
 * Files by their path in the record (`manifest.bin`, `key/transcript.bin`), as fetched.
 * @typedef {Record<string, Uint8Array>} Files
 */

/**
 * A space of the ballot, as a mark: `party:3`, `common:0`, `independent:1`, `answer:0`, `write-in`,
 * `null`. The number is that of the manifest.
 * @typedef {string} Mark
 */

/**
 * @typedef {object} Formula
 * @property {string} owner
 * @property {string} substitute may be empty
 */

/**
 * @typedef {object} Party
 * @property {number} index
 * @property {string} short what the acta calls it
 * @property {string} name
 * @property {string} colour `#rrggbb`
 * @property {string | null} emblem SHA-256 of its image, hexadecimal; compare before it is shown
 * @property {"national" | "local"} scope
 */

/**
 * One space of the paper ballot. Spaces stand in the order of the ballot and never otherwise.
 * @typedef {object} Space
 * @property {Mark} mark
 * @property {"party" | "common" | "independent" | "answer" | "write-in" | "null"} kind
 * @property {string} name of the party, common candidacy, person or answer; empty for write-in and null
 * @property {number[]} parties whose emblems stand in the space
 * @property {number | null} coalition in whose combinations the space can take part
 * @property {string} coalitionName empty without a coalition
 * @property {Formula[]} formulas who stands; empty for answers, write-in and null
 */

/**
 * @typedef {object} Coalition
 * @property {number} index
 * @property {string} name
 * @property {number[]} parties
 * @property {Mark[][]} combinations the sets of spaces that are one option together; every other set
 *   of two or more marks is invalid
 */

/**
 * What can be encrypted: one line of the acta.
 * @typedef {object} ContestOption
 * @property {number} index
 * @property {"party" | "combination" | "common" | "independent" | "answer" | "write-in" | "blank" | "null"} kind
 * @property {string} name as the acta has it
 * @property {Mark[]} marks that make it; none for blank
 */

/**
 * @typedef {object} Contest
 * @property {number} index
 * @property {string} name
 * @property {"presidency" | "senate" | "governorship" | "consultation" | "other"} kind
 * @property {"federal" | "local"} scope
 * @property {string} entity
 * @property {string} office or the question of a consultation
 * @property {string} legend
 * @property {"none" | "count" | "sealed" | "disclose"} writeIn what happens to a written name; with
 *   `none` there is no such space, with `count` no text is taken
 * @property {number} textBytes room for a written name, in bytes of its normal form; 0 if none is taken
 * @property {Space[]} spaces
 * @property {Coalition[]} coalitions
 * @property {ContestOption[]} options
 * @property {number} ballotBytes length of every ballot of this contest, whatever it says
 */

/**
 * @typedef {object} BallotInfo
 * @property {string} electionId hexadecimal
 * @property {string} manifestHash hexadecimal
 * @property {string} rollId hexadecimal
 * @property {string} process
 * @property {string} title
 * @property {string} authority
 * @property {boolean} binding
 * @property {boolean} pilot
 * @property {boolean} test the offer is a fictitious one: say so on every page
 * @property {string | null} clientHash of the build that the manifest names (`client.manifest`, SHA-256)
 * @property {{name: string, offsetMinutes: number}} officialZone
 * @property {{name: string, offsetMinutes: number}} governingZone
 * @property {{votingStart: number, votingClose: number, receptionEnd: number, contactUpdatesUntil: number}} calendar
 *   seconds since 1970
 * @property {{blankVote: "forbid" | "null" | "own", invalidCombination: "forbid" | "null",
 *   closeMode: "grace" | "immediate", graceMinutes: number, sessionMinutes: number}} policies
 * @property {number} minGroup
 * @property {{threshold: number, custodians: string[], registrar: string, server: string, log: string,
 *   witnesses: string[], witnessQuorum: number, mixes: number}} people names
 * @property {Party[]} parties
 * @property {Contest[]} contests
 * @property {{name: string, contests: number[]}[]} styles
 * @property {{name: string, entity: string}[]} units
 * @property {{style: number, unit: number, keys: number}[]} lists
 */

/**
 * The answer of GET `/lists/<list>`, unchanged.
 * @typedef {{keys: number, buckets: number, base: string, root: string, first: string[]}} ListAnswer
 */

/**
 * The answer of GET `/lists/<list>/<bucket>`, unchanged.
 * @typedef {{keys: string[], path: string[]}} BucketAnswer
 */

/**
 * What the log of acts says, which witnesses signed.
 * @typedef {object} ActsFiles
 * @property {Uint8Array} checkpoint `/acts/checkpoint`; to enter, `/acts/witnessed`
 * @property {Uint8Array[]} bundles the files of {@link bundlePaths} below `/acts/`, in this order
 */

/**
 * @typedef {object} Act
 * @property {string} name
 * @property {string} at UTC
 * @property {Record<string, string>} values
 */

/**
 * @typedef {object} Prepared
 * @property {number} contest
 * @property {string} code 64 hexadecimal digits
 * @property {string} codeText the same for people, in groups: show it, and put it into the QR code
 */

/**
 * The marks make an option, or they do not and this is why.
 * @typedef {object} Resolution
 * @property {boolean} ok
 * @property {number} [option] if ok: for `prepare`
 * @property {string} [name] if ok: what the acta calls it
 * @property {string} [text] if ok and a name was written: its normal form, to be shown back. Where a name
 *   can be written it must be: the write-in space without one is `text-empty`
 * @property {"empty" | "confirm-empty" | "combination" | "confirm-combination"
 *   | "text-empty" | "text-control" | "text-character" | "text-long" | "text-without-mark"} [why] if not
 *   ok. The two `confirm-...` become ok when `confirmed` is true: the policy allows them after an express
 *   confirmation, and says as what they count (`option`, `name`)
 * @property {{mark: Mark, coalition: number | null}[]} [marks] of an invalid combination: each mark with
 *   the coalition that it belongs to, to say which emblems do not go together and why
 * @property {number} [limit] of a text that is too long: bytes that fit
 * @property {number} [actual] of a text that is too long: bytes of its normal form
 */

/**
 * Why a call failed. The message is for logs of development, never for voters, and holds no secret;
 * texts for voters hang on the code.
 *
 * Codes are either those of `spec/verification.md` (`M1.1` to `E1.2`, `C4.1` ..), where a check of the
 * sealed record failed, or one of these names:
 *
 * | code | from | meaning |
 * |---|---|---|
 * | `other-election` | open | the files hold, but are of another election than the page is made for |
 * | `not-open` | all | `open` did not succeed |
 * | `link` | linkHalf | the fragment is no `<half>.<token>` |
 * | `kdf` | derive | salt or cost are none that a device computes with |
 * | `no-half`, `no-wrap` | wrapHalf, unwrapHalf, secondHalf | what is needed is not in the worker |
 * | `sealed` | unwrapHalf | another password, or other bytes |
 * | `half` | linkHalf, secondHalf | the bytes are no half |
 * | `half-role`, `half-signature` | secondHalf | the half is not of its issuer, for this roll |
 * | `half-entries` | secondHalf | the halves are of different persons |
 * | `list` | secondHalf, enter | the answer has not its form, or there is no such list |
 * | `bucket` | enter | the keys are not those of the bucket: number, order or path; or only the whole list is taken |
 * | `acts` | enter, readActs | the log of acts has not its form, or its signature or root does not hold |
 * | `witnesses` | enter, readActs | the checkpoint of the acts has not a quorum of cosignatures (ask again later) |
 * | `acts-election` | enter, readActs | the act *election* is absent or of another election |
 * | `not-listed` | enter | the key is not on the credential list |
 * | `not-entered` | prepare, key | `enter` did not succeed |
 * | `contest` | prepare, ... | no such contest, or not of the voter's style |
 * | `choice` | prepare | the contest has no such option, or the text does not belong to it |
 * | `already-signed` | prepare, resume | a ballot of this contest was signed: only the same bytes may be sent |
 * | `not-prepared` | cast, audit | nothing is prepared for this contest |
 * | `not-cast` | verifyPromise | nothing is cast for this contest |
 * | `cast` | resume | the bytes are no cast ballot of this election, or it is bound to another key |
 * | `not-yours` | resume | the ballot is another voter's than the one who entered |
 * | `receipt` | verifyPromise, checkReceipt | the text is no receipt |
 * | `promise` | verifyPromise | the promise is of another ballot, or not by the server of this election |
 * | `opening` | checkOpening | the bytes are no opening |
 * | `code` | parseCode, checkCode | no tracking code: a symbol is wrong |
 * | `marks` | optionOfMarks | a mark that is no space of the contest |
 * | `closing` | findKey | too few witnesses signed the board's checkpoint, or one did before reception ended |
 * | `files` | the public calls | a file that is needed is absent, or has not its form |
 * | `load` | all | the wasm could not be fetched, or is not that of this build: the call may be tried again |
 * | `input` | all | the page's call has not its form |
 * | `worker` | all | the worker could not be started, or ended: what was in it is lost |
 */
export class CryptoError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "CryptoError";
    /** @readonly */
    this.code = code;
  }
}

/** The files of the sealed record that {@link open} needs, to be fetched below `/api/v1/record/`. */
export const SEALED_FILES = Object.freeze(["manifest.bin", "roll.bin", "key/transcript.bin", "seal.bin"]);

/**
 * Checks the sealed record as the device must before it encrypts: manifest, roll record, key ceremony
 * and seal, and that they are of the election that the page is made for. Everything else is checked
 * against what this has found, and encrypted under the keys of this record only.
 *
 * @param {{files: Files, electionId: string}} from the {@link SEALED_FILES}; the id in hexadecimal, from
 *   the page's own configuration, never from the server that gave the files
 * @param {Options} [options]
 * @returns {Promise<BallotInfo>}
 */
export function open(from, options) {
  return call("open", from, options);
}

/**
 * Takes the registrar's half out of the access link. It stays in the worker.
 * Remove the fragment from the address at once.
 *
 * @param {string} fragment with or without `#`
 * @param {Options} [options]
 * @returns {Promise<{token: string}>} for POST `/access/link`
 */
export function linkHalf(fragment, options) {
  return call("linkHalf", { fragment }, options);
}

/**
 * Argon2id over the password. The wrapping key stays in the worker.
 *
 * @param {{user: string, password: string, salt: string, memoryKib: number, passes: number, lanes: number}} from
 *   as the server says them (`salt` in base64url)
 * @param {Options} [options]
 * @returns {Promise<{auth: string}>} for the server, base64url
 */
export function derive(from, options) {
  return call("derive", from, options);
}

/**
 * The first half, sealed under the key of the last `derive`: what may be stored on the device.
 *
 * @param {Options} [options]
 * @returns {Promise<Uint8Array>} 148 bytes
 */
export function wrapHalf(options) {
  return call("wrapHalf", {}, options);
}

/**
 * The first half from storage, after `derive` with the same user and password.
 *
 * @param {Uint8Array} bytes of `wrapHalf`
 * @param {Options} [options]
 * @returns {Promise<{list: number}>}
 */
export function unwrapHalf(bytes, options) {
  return call("unwrapHalf", { bytes }, options);
}

/**
 * Takes the server's half (GET `/session/half`), checks both, and says which bucket of the list to ask
 * for: a bucket has at least `minGroup` keys, so that asking tells nobody which one is meant. Nobody
 * vouches for the first keys of the buckets, so it says so once: unless the key was found in the first
 * bucket that it named, `bucket` is null from then on, and {@link enter} takes the whole list only.
 *
 * @param {{half: Uint8Array, list: ListAnswer}} from the answer for the list of GET `/session`
 * @param {Options} [options]
 * @returns {Promise<{list: number, bucket: number | null}>}
 */
export function secondHalf(from, options) {
  return call("secondHalf", from, options);
}

/**
 * Checks that the election is the one that the witnessed log of acts begins with, and that the voter's key is on the
 * credential list: the bucket leads to the root that the log has. The whole list (`credentials/lists.bin` of the record,
 * whose hash is in the seal) does the same where the bucket does not. Without a quorum of witnesses nothing does.
 *
 * @param {{bucket?: BucketAnswer, lists?: Uint8Array, acts: ActsFiles}} from bucket or lists
 * @param {Options} [options]
 * @returns {Promise<{list: number, style: number, unit: number, contests: number[]}>} the contests of the
 *   voter's style, in order
 */
export function enter(from, options) {
  return call("enter", from, options);
}

/**
 * What the marks stand for, or why they are no vote: nothing ever becomes null by mistake.
 *
 * @param {{contest: number, marks: Mark[], text?: string, confirmed?: boolean}} from `text` as typed;
 *   leave it out or empty if none was. `confirmed`: the voter expressly confirmed an empty ballot, or
 *   marks that are no option together
 * @param {Options} [options]
 * @returns {Promise<Resolution>}
 */
export function optionOfMarks(from, options) {
  return call("optionOfMarks", from, options);
}

/**
 * Encrypts and proves. The ballot stays in the worker, in the place of one prepared before; nothing is
 * signed. Work, answer and length are the same for every choice.
 *
 * @param {{contest: number, option: number, text?: string}} from `text` only with the write-in option
 * @param {Options | Options["progress"]} [options] or only the progress callback
 * @returns {Promise<Prepared>}
 */
export function prepare(from, options) {
  return call("prepare", from, typeof options === "function" ? { progress: options } : options);
}

/**
 * Signs the prepared ballot, now and only now. Called again it gives the same bytes: send these and no
 * others, until `verifyPromise` holds. They may be stored meanwhile (they say nothing of the choice).
 *
 * @param {{contest: number}} from
 * @param {Options} [options]
 * @returns {Promise<{bytes: Uint8Array, code: string, codeText: string}>} for POST `/session/ballots`
 */
export function cast(from, options) {
  return call("cast", from, options);
}

/**
 * Takes stored bytes of `cast` after a reload. Only ballots of the open election that are bound to their
 * key are taken, and after `enter` only the voter's own; whether the rest of them holds the server says.
 *
 * @param {Uint8Array} bytes
 * @param {Options} [options]
 * @returns {Promise<Prepared>}
 */
export function resume(bytes, options) {
  return call("resume", { bytes }, options);
}

/**
 * Opens the prepared ballot in place of casting it. It can never be cast then; prepare a new one.
 *
 * @param {{contest: number}} from
 * @param {Options} [options]
 * @returns {Promise<{opening: Uint8Array, code: string, codeText: string}>} the file for another device
 */
export function audit(from, options) {
  return call("audit", from, options);
}

/**
 * Checks the server's answer to the cast ballot. When it holds, the bytes can be wiped.
 *
 * @param {{contest: number, receipt: string | Uint8Array}} from the answer of POST `/session/ballots`
 * @param {Options} [options]
 * @returns {Promise<{ok: true, receiptText: string, code: string, codeText: string}>} otherwise it is
 *   rejected with `receipt` or `promise`
 */
export function verifyPromise(from, options) {
  return call("verifyPromise", from, options);
}

/**
 * What is in the worker, for a page that lost its thread.
 *
 * @param {Options} [options]
 * @returns {Promise<{open: boolean, half: boolean, entered: boolean,
 *   contests: {contest: number, state: "prepared" | "signed" | "promised"}[]}>}
 */
export function state(options) {
  return call("state", {}, options);
}

/**
 * The voter's key on the list: who saves it (on a second device) finds the own ballot after the count,
 * with {@link findKey}, and sees that it is the one of the receipt.
 *
 * @param {Options} [options]
 * @returns {Promise<{list: number, key: string}>} hexadecimal
 */
export function voterKey(options) {
  return call("voterKey", {}, options);
}

/**
 * Wipes everything in the worker: halves, keys, ballots. The sealed record stays open.
 *
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export function forget(options) {
  return call("forget", {}, options);
}

/** Ends the worker, and with it everything in it. The next call begins a new one. */
export function stop() {
  broken("the worker was ended");
}

// Public pages. They need `open` (with what the page knows of the election) and no session.

/**
 * Verifies the log of acts whole, and that a quorum of witnesses signed its checkpoint.
 *
 * @param {ActsFiles} acts
 * @param {Options} [options]
 * @returns {Promise<{size: number, witnesses: {name: string, time: number}[], acts: Act[]}>}
 */
export function readActs(acts, options) {
  return call("readActs", acts, options);
}

/**
 * A checkpoint all of whose signatures verified: the log's, and those of witnesses whom the manifest names.
 * @typedef {object} Checkpoint
 * @property {number} size entries of the log
 * @property {string} root base64, as in the note
 * @property {number | null} at seconds since 1970: the last time that a witness gave; null if none signed
 * @property {{name: string, time: number}[]} witnesses who signed it, and when
 * @property {boolean} quorum whether they are as many as the manifest asks for
 * @property {boolean} closed of the board: whether they are, and none of them signed before reception ended
 */

/**
 * Verifies the checkpoint of a log: `files` if it is not of this log and election, or a signature does not hold.
 *
 * @param {{log: "board" | "acts", note: Uint8Array}} from the bytes of `/board/checkpoint` or `/acts/checkpoint`
 * @param {Options} [options]
 * @returns {Promise<Checkpoint>}
 */
export function checkpoint(from, options) {
  return call("checkpoint", from, options);
}

/**
 * How a log stands to its checkpoints that this device saw before: `files` if the hashes are not those of the checkpoint.
 *
 * @param {{log: "board" | "acts", note: Uint8Array, seen: string[], tiles: Uint8Array[]}} from `tiles`: the files of
 *   {@link bundlePaths} with `0` in the place of `entries`, all of them, or none where they are not public yet
 * @param {Options} [options]
 * @returns {Promise<{growth: "same" | "grew" | "unproven" | "smaller" | "forked" | "void", size: number}[]>} of each one
 *   that was seen: `grew` is what the hashes show, `unproven` that there are none, `smaller` that the log has less than
 *   then, `forked` that it signed another history, `void` that it was no checkpoint of the log
 */
export function follow(from, options) {
  return call("follow", from, options);
}

/**
 * Does an audited ballot say what it should?
 *
 * @param {{opening: Uint8Array}} from
 * @param {Options} [options]
 * @returns {Promise<{valid: boolean, why: "" | "choice" | "other-election" | "place" | "ciphertext" | "proof" | "text",
 *   contest: number, option: number, name: string, text: string | null, code: string, codeText: string}>}
 *   `text` is the name that was written; if it is none, with every character but those of ASCII by its number.
 *   Null if none was written
 */
export function checkOpening(from, options) {
  return call("checkOpening", from, options);
}

/**
 * What is published of a ballot, as {@link checkReceipt} and {@link checkCode} find it.
 * @typedef {object} Published
 * @property {string} code
 * @property {string} codeText
 * @property {boolean | null} listed whether the published list has the code; null without a list
 * @property {boolean} searched whether all entries of the closed board were read, and gave the root that was signed
 * @property {number | null} entry which of them the ballot is: only then it was seen to be counted
 * @property {boolean | null} logged whether the list is that of the record to which the log of acts commits:
 *   then everybody has the same list, and whoever verifies the record compares it with the board. Null without
 *   `sums` and `acts`
 * @property {{size: number, closed: boolean, witnesses: {name: string, time: number}[]} | null} board
 *   `closed`: as many witnesses signed as the manifest asks for, none of them before reception ended
 */

/**
 * What there is to compare with: `receipts.txt` and `/board/checkpoint`, once they are published, and with
 * `bundles` (the files of {@link bundlePaths} below `/board/`, all of them) the entries; or, of a board that
 * is too large for that, `SHA256SUMS` of the record and the log of acts.
 * @typedef {{receipts?: Uint8Array, checkpoint?: Uint8Array, bundles?: Uint8Array[], sums?: Uint8Array,
 *   acts?: ActsFiles}} PublishedFiles
 */

/**
 * Is the receipt's promise the server's, is its code on the published list, is the list that of the board's
 * closing checkpoint, and is the ballot itself under it? With `promise`, and not listed or not found among
 * the entries, the receipt is evidence against the server.
 *
 * @param {PublishedFiles & {receipt: string | Uint8Array}} from
 * @param {Options} [options]
 * @returns {Promise<Published & {contest: number, promise: boolean}>}
 */
export function checkReceipt(from, options) {
  return call("checkReceipt", from, options);
}

/**
 * The same for a code that somebody typed, of which nobody knows a promise.
 *
 * @param {PublishedFiles & {code: string}} from
 * @param {Options} [options]
 * @returns {Promise<Published>}
 */
export function checkCode(from, options) {
  return call("checkCode", from, options);
}

/**
 * The ballots on the board that stand under a key of {@link voterKey}, after the count.
 *
 * @param {{list: number, key: string, checkpoint: Uint8Array, bundles: Uint8Array[]}} from
 * @param {Options} [options]
 * @returns {Promise<{contest: number, entry: number, code: string, codeText: string}[]>}
 */
export function findKey(from, options) {
  return call("findKey", from, options);
}

/**
 * A tracking code as people type it.
 *
 * @param {string} text
 * @param {Options} [options]
 * @returns {Promise<{code: string, codeText: string}>}
 */
export function parseCode(text, options) {
  return call("parseCode", { text }, options);
}

/**
 * @typedef {object} Verification
 * @property {boolean} valid every check holds
 * @property {string | null} firstFailure code of the first check that does not
 * @property {string | null} electionId hexadecimal
 * @property {string | null} manifestHash hexadecimal: compare it with one from elsewhere
 * @property {number} ballots
 * @property {{by: "anybody" | "mixers" | "threshold", mixes: number, threshold: number | null} | null} linking who can tie an encrypted
 *   ballot to its voter: whoever has the roll, as nobody mixed; those who mixed, who are fewer than open the box; or as many
 *   as open it. Null if the credential lists do not hold
 * @property {{code: string, title: {es: string, en: string}, ok: boolean, figure: string, culprit: string | null}[]} checks
 * @property {{contest: number, name: string, total: number, options: {name: string, votes: number}[]}[]} results
 *   all units together; empty if the record does not hold
 */

/**
 * Verifies a whole record. It runs in a worker of its own with a wasm of its own; an abort ends it at once.
 *
 * @param {{files: Record<string, Blob | Uint8Array>}} from every file of the record by its path;
 *   blobs are read piece by piece
 * @param {Options} [options] progress with a phase: `credentials`, `mixes`, `ballots`, `texts`, `receipts`, `sums`
 * @returns {Promise<Verification>}
 */
export function verifyElection(from, options) {
  return verify(from, options);
}

/**
 * Paths of the entry bundles of a log, as its checkpoint says, below `/board/` or `/acts/`.
 *
 * @param {Uint8Array | string} checkpoint
 * @returns {string[]} such as `tile/entries/000`, `tile/entries/001.p/17`
 */
export function bundlePaths(checkpoint) {
  const text = typeof checkpoint === "string" ? checkpoint : new TextDecoder().decode(checkpoint);
  const line = text.split("\n")[1] ?? "";
  const size = /^(0|[1-9][0-9]{0,8})$/.test(line) ? Number(line) : 0;
  const paths = [];
  for (let index = 0; index * 256 < size; index += 1) {
    const groups = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0").match(/.{3}/g) ?? [];
    const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
    const width = Math.min(256, size - index * 256);
    paths.push(`tile/entries/${name}${width < 256 ? `.p/${width}` : ""}`);
  }
  return paths;
}

/** An election has dozens of acts. More than this is no log, and nobody waits for its files. */
const ACTS = 65_536;

/**
 * The same for the log of acts, of which no checkpoint that nobody has verified yet makes a page fetch files for ever.
 *
 * @param {Uint8Array | string} checkpoint
 * @returns {string[]} as of {@link bundlePaths}; it throws `acts` if there are more acts than there can be
 */
export function actPaths(checkpoint) {
  const text = typeof checkpoint === "string" ? checkpoint : new TextDecoder().decode(checkpoint);
  if (Number(text.split("\n")[1]) > ACTS) throw new CryptoError("acts", "more acts than an election has");
  return bundlePaths(text);
}

/** @type {Worker | null} */
let worker = null;
let last = 0;
/** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void, progress?: Options["progress"]}>} */
const waiting = new Map();

/** @param {string} message */
function broken(message) {
  const error = new CryptoError("worker", message);
  waiting.forEach(({ reject }) => reject(error));
  waiting.clear();
  worker?.terminate();
  worker = null;
}

/**
 * @param {string} name
 * @param {object} from
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
function call(name, from, { signal, progress } = {}) {
  if (signal?.aborted) return Promise.reject(signal.reason);
  if (!worker) {
    worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => answer(data);
    worker.onerror = (event) => broken(event.message || "the worker ended");
    worker.onmessageerror = () => broken("an answer could not be read");
  }
  const id = (last += 1);
  const { promise, resolve, reject } = deferred();
  waiting.set(id, { resolve, reject, progress });
  signal?.addEventListener("abort", () => {
    if (!waiting.delete(id)) return;
    worker?.postMessage({ id, abort: true });
    reject(signal.reason);
  }, { once: true });
  worker.postMessage({ id, name, from });
  return promise;
}

/** @returns {{promise: Promise<any>, resolve: (value: any) => void, reject: (error: Error) => void}} */
function deferred() {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/** @param {{id: number, value?: any, error?: {code: string, message: string}, progress?: [number, number, string?]}} data */
function answer({ id, value, error, progress }) {
  const call = waiting.get(id);
  if (!call) return;
  if (progress) {
    call.progress?.(...progress);
    return;
  }
  if (error?.code === "worker") {
    broken(error.message);
    return;
  }
  waiting.delete(id);
  if (error) call.reject(new CryptoError(error.code, error.message));
  else call.resolve(value);
}

/**
 * @param {object} from
 * @param {Options} [options]
 * @returns {Promise<Verification>}
 */
function verify(from, { signal, progress } = {}) {
  if (signal?.aborted) return Promise.reject(signal.reason);
  const own = new Worker(new URL("./verifier.js", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = deferred();
  own.onmessage = ({ data }) => {
    if (data.progress) progress?.(.../** @type {[number, number, string]} */ (data.progress));
    else if (data.error) reject(new CryptoError(data.error.code, data.error.message));
    else resolve(data.value);
  };
  own.onerror = (event) => reject(new CryptoError("worker", event.message || "the worker ended"));
  signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  own.postMessage(from);
  return promise.finally(() => own.terminate());
}
