/**
 * Stands in for the page's cryptography in the tests of the page: the same calls with no secret behind
 * them. It is served in place of `src/crypto.js` by the tests' own server and is in no build.
 */

import { INFO, resolve } from "./election.js";

export class CryptoError extends Error {
  constructor(code, message = code) {
    super(message);
    this.name = "CryptoError";
    this.code = code;
  }
}

export const SEALED_FILES = Object.freeze(["manifest.bin", "roll.bin", "key/transcript.bin", "seal.bin"]);

const info = structuredClone(INFO);
const held = { half: false, user: null, wrap: null, entered: false, prepared: new Map(), signed: new Map() };
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

function codeOf(bytes) {
  let text = "";
  for (let at = 0; at < 53; at += 1) text += SYMBOLS[bytes[at % bytes.length] % 32];
  return text.match(/.{1,4}/g).join("-");
}

export async function open({ files, electionId }) {
  for (const path of SEALED_FILES) if (!files[path]) throw new CryptoError("files");
  const said = new TextDecoder().decode(files["manifest.bin"]);
  if (said !== electionId) throw new CryptoError("other-election");
  const { own, ...policies } = JSON.parse(new TextDecoder().decode(files["roll.bin"]));
  Object.assign(info.policies, policies);
  info.styles[0].contests = own;
  return structuredClone(info);
}

export async function linkHalf(fragment) {
  const [half, token] = fragment.replace(/^#/, "").split(".");
  if (!half || !token) throw new CryptoError("link");
  held.half = half;
  return { token };
}

export async function derive({ user, password, salt }) {
  await wait(30);
  if (!salt) throw new CryptoError("kdf");
  held.wrap = `${user}:${password}`;
  return { auth: "A".repeat(43) };
}

export async function wrapHalf() {
  if (!held.half) throw new CryptoError("no-half");
  return new TextEncoder().encode(`${held.half} ${held.wrap}`);
}

export async function unwrapHalf(bytes) {
  const [half, ...wrap] = new TextDecoder().decode(bytes).split(" ");
  if (wrap.join(" ") !== held.wrap) throw new CryptoError("sealed");
  held.half = half;
  return { list: 0 };
}

export async function secondHalf({ half }) {
  if (!held.half) throw new CryptoError("no-half");
  if (half.length !== 108) throw new CryptoError("half");
  // The half of somebody else.
  if (held.half === "b3RyYQ") throw new CryptoError("half-entries");
  return { list: 0, bucket: 2 };
}

export async function enter(from) {
  if (!from.lists && from.acts.checkpoint.length === 0) throw new CryptoError("witnesses");
  held.entered = true;
  return { list: 0, style: 0, unit: 0, contests: info.styles[0].contests };
}

export async function optionOfMarks({ contest, marks, text = "", confirmed = false }) {
  return resolve(info, contest, marks, text, confirmed);
}

export async function prepare({ contest, option, text }, { signal, progress } = {}) {
  if (!held.entered) throw new CryptoError("not-entered");
  if (held.signed.has(contest)) throw new CryptoError("already-signed");
  for (let done = 0; done <= 4; done += 1) {
    signal?.throwIfAborted();
    progress?.(done, 4);
    await wait(15);
  }
  const bytes = crypto.getRandomValues(new Uint8Array(1600));
  bytes[0] = contest;
  held.prepared.set(contest, { bytes, option, text });
  return { contest, code: "", codeText: codeOf(bytes) };
}

export async function cast({ contest }) {
  const bytes = held.signed.get(contest) ?? held.prepared.get(contest)?.bytes;
  if (!bytes) throw new CryptoError("not-prepared");
  held.prepared.delete(contest);
  held.signed.set(contest, bytes);
  return { bytes, code: "", codeText: codeOf(bytes) };
}

export async function resume(bytes) {
  if (bytes.length !== 1600) throw new CryptoError("cast");
  held.signed.set(bytes[0], bytes);
  return { contest: bytes[0], code: "", codeText: codeOf(bytes) };
}

export async function audit({ contest }) {
  const prepared = held.prepared.get(contest);
  if (!prepared) throw new CryptoError("not-prepared");
  held.prepared.delete(contest);
  const opening = prepared.bytes.slice(0, 1480);
  opening[1] = prepared.option;
  return { opening, code: "", codeText: codeOf(prepared.bytes) };
}

export async function verifyPromise({ contest, receipt }) {
  const bytes = held.signed.get(contest);
  if (!bytes) throw new CryptoError("not-cast");
  const code = codeOf(bytes);
  if (!receipt.startsWith("escrutinio/receipt/v1\n")) throw new CryptoError("receipt");
  if (!receipt.includes("promise good")) throw new CryptoError("promise");
  held.signed.delete(contest);
  return { ok: true, receiptText: receipt.replace("code ?", `code ${code}`), code: "", codeText: code };
}

export async function voterKey() {
  return { list: 0, key: "c4".repeat(32) };
}

export async function forget() {
  Object.assign(held, { half: false, wrap: null, entered: false });
  held.prepared.clear();
  held.signed.clear();
}

export function bundlePaths() {
  return ["tile/entries/000.p/2"];
}

export const actPaths = bundlePaths;

export async function parseCode(text) {
  const plain = text.replace(/[\s-]/g, "").toUpperCase();
  if (plain.length !== 53) throw new CryptoError("code");
  return { code: "", codeText: plain.match(/.{1,4}/g).join("-") };
}

function published(codeText, { receipts, bundles }) {
  const list = receipts ? new TextDecoder().decode(receipts) : null;
  const listed = list === null ? null : list.includes(codeText);
  const board = receipts ? { size: 3, quorum: true, witnesses: [{ name: "Testigo Uno", time: 1638754300 }] } : null;
  return { code: "", codeText, listed, searched: Boolean(bundles), entry: bundles && listed ? 0 : null, board };
}

export async function checkReceipt({ receipt, ...files }) {
  const text = typeof receipt === "string" ? receipt : new TextDecoder().decode(receipt);
  const code = /^code (\S+)$/m.exec(text)?.[1];
  if (!code) throw new CryptoError("receipt");
  return { contest: 0, promise: text.includes("promise good"), ...published(code, files) };
}

export async function checkCode({ code, ...files }) {
  return published((await parseCode(code)).codeText, files);
}

export async function findKey({ key }) {
  return key === "c4".repeat(32) ? [{ contest: 0, entry: 1, code: "", codeText: codeOf(new Uint8Array(53).fill(7)) }] : [];
}

export async function readActs() {
  return { size: 2, witnesses: [{ name: "Testigo Uno", time: 1638754300 }, { name: "Testigo Dos", time: 1638754301 }], acts: [
    { name: "election", at: "2021-11-27T18:00:00Z", values: { manifest: "a7".repeat(32) } },
    { name: "open", at: "2021-11-28T01:30:00Z", values: {} },
    { name: "closed", at: "2021-12-06T01:30:10Z", values: { ballots: "3", marks: "3" } },
  ] };
}

export async function checkOpening({ opening }) {
  if (opening.length !== 1480) throw new CryptoError("opening");
  const option = info.contests[0].options[opening[1]];
  return { valid: opening[2] !== 255, why: opening[2] === 255 ? "ciphertext" : "", contest: 0, option: option?.index ?? 0, name: option?.name ?? "", text: null, code: "", codeText: codeOf(opening) };
}

export async function verifyElection({ files }, { progress, signal } = {}) {
  for (const [at, phase] of ["credentials", "mixes", "ballots", "texts", "receipts", "sums"].entries()) {
    signal?.throwIfAborted();
    progress?.(at, 6, phase);
    await wait(20);
  }
  const bad = Object.keys(files).some((path) => path.endsWith("broken.bin"));
  const checks = [["M1.1", "El manifiesto se lee", "The manifest decodes"], ["V1.7", "Cada prueba vale", "Every proof holds"], ["T1.4", "La suma coincide", "The sum matches"]];
  return {
    valid: !bad, firstFailure: bad ? "V1.7" : null, electionId: info.electionId, manifestHash: info.manifestHash, ballots: 3,
    checks: checks.map(([code, es, en]) => ({ code, title: { es, en }, ok: !(bad && code === "V1.7"), figure: "3", culprit: bad && code === "V1.7" ? "servidor" : null })),
    results: bad ? [] : [{ contest: 0, name: "Senaduría", total: 3, options: info.contests[0].options.map(({ name }, at) => ({ name, votes: at < 3 ? 1 : 0 })) }],
  };
}
