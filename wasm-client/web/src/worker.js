// @ts-check
/**
 * The only place that loads the wasm and holds secrets. One message is one call of `crypto.js`; calls
 * are carried out one after the other, in the order in which they came.
 *
 * The wasm is fetched with its integrity hash, which the build writes into `wasm.js`.
 *
 * @module
 */

import { judged } from "./opening.js";
import init, { Device } from "./wasm/escrutinio_wasm_client.js";
import { INTEGRITY } from "./wasm/integrity.js";

/** @type {Promise<Device> | null} */
let device = null;
/** Calls that the page gave up before they were carried out. @type {Set<number>} */
const aborted = new Set();
/** @type {Promise<void>} */
let queue = Promise.resolve();

/** Every error of a call has a code; `load` may go away, `worker` never does. */
class Failure extends Error {
  /** @param {string} code @param {unknown} why */
  constructor(code, why) {
    super(String(why));
    this.code = code;
  }
}

async function load() {
  const url = new URL("./wasm/escrutinio_wasm_client_bg.wasm", import.meta.url);
  try {
    await init({ module_or_path: fetch(url, { integrity: INTEGRITY.escrutinio_wasm_client }) });
  } catch (error) {
    device = null;
    throw new Failure("load", error);
  }
  return new Device();
}

/** @param {string} text base64url */
function unbase64(text) {
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

/** @param {string[]} texts base64url, 32 bytes each */
function keys(texts) {
  const bytes = new Uint8Array(texts.length * 32);
  texts.forEach((text, n) => {
    const key = unbase64(text);
    if (key.length !== 32) throw new Failure("list", "not 32 bytes");
    bytes.set(key, n * 32);
  });
  return bytes;
}

/** @param {string} text hexadecimal */
function unhex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** @param {string | Uint8Array} from */
const bytes = (from) => (typeof from === "string" ? new TextEncoder().encode(from) : from);

/** @typedef {{checkpoint?: Uint8Array, bundles?: Uint8Array[]}} Log */

/** @param {Device} device @param {Log} log @param {string} [prefix] */
function putLog(device, { checkpoint, bundles = [] }, prefix = "") {
  if (checkpoint) device.put(`${prefix}checkpoint`, checkpoint);
  bundles.forEach((bundle, n) => device.put(`${prefix}bundle/${n}`, bundle));
}

/** @param {Device} device @param {Log & {receipts?: Uint8Array, sums?: Uint8Array, acts?: Log}} published */
function putPublished(device, { receipts, sums, acts, ...board }) {
  if (receipts) device.put("receipts", receipts);
  if (sums) device.put("sums", sums);
  if (acts) putLog(device, acts, "acts/");
  putLog(device, board);
}

/** Bytes whose buffer goes to the page. */
class Given {
  /** @param {any} value @param {Uint8Array} bytes */
  constructor(value, bytes) {
    this.value = value;
    this.transfer = [bytes.buffer];
  }
}

/** @type {Record<string, (device: Device, from: any) => any>} */
const calls = {
  open(device, { files, electionId }) {
    Object.entries(files).forEach(([path, bytes]) => device.put(path, bytes));
    return JSON.parse(device.open(electionId));
  },
  linkHalf: (device, { fragment }) => ({ token: device.link_half(fragment) }),
  derive(device, { user, password, salt, memoryKib, passes, lanes }) {
    const bytes = new TextEncoder().encode(password);
    try {
      return { auth: device.derive(user, bytes, salt, memoryKib, passes, lanes) };
    } finally {
      bytes.fill(0);
    }
  },
  wrapHalf: (device) => device.wrap_half(),
  unwrapHalf: (device, { bytes }) => ({ list: device.unwrap_half(bytes) }),
  secondHalf: (device, { half, list }) =>
    JSON.parse(device.second_half(half, list.keys, unbase64(list.base), keys(list.first))),
  enter(device, { bucket, acts, lists }) {
    putLog(device, acts);
    if (lists) {
      device.put("lists", lists);
    } else {
      device.put("keys", keys(bucket.keys));
      device.put("path", keys(bucket.path));
    }
    return JSON.parse(device.enter());
  },
  optionOfMarks: (device, { contest, marks, text = "", confirmed = false }) =>
    JSON.parse(device.option_of_marks(contest, marks.join(" "), text.normalize("NFC"), confirmed)),
  prepare: (device, { contest, option, text = "" }) => JSON.parse(device.prepare(contest, option, text.normalize("NFC"))),
  cast(device, { contest }) {
    const bytes = device.cast(contest);
    const { code, codeText } = JSON.parse(device.code(contest));
    return new Given({ bytes, code, codeText }, bytes);
  },
  resume: (device, { bytes }) => JSON.parse(device.resume(bytes)),
  audit(device, { contest }) {
    const { code, codeText } = JSON.parse(device.code(contest));
    const opening = device.audit(contest);
    return new Given({ opening, code, codeText }, opening);
  },
  verifyPromise: (device, { contest, receipt }) => JSON.parse(device.verify_promise(contest, bytes(receipt))),
  state: (device) => JSON.parse(device.state()),
  voterKey: (device) => JSON.parse(device.voter_key()),
  forget: (device) => device.forget(),
  readActs(device, acts) {
    putLog(device, acts);
    return JSON.parse(device.read_acts());
  },
  checkpoint: (device, { log, note }) => JSON.parse(device.checkpoint(log, note)),
  follow(device, { log, note, seen, tiles }) {
    seen.forEach((/** @type {string} */ one, /** @type {number} */ n) => device.put(`seen/${n}`, bytes(one)));
    tiles.forEach((/** @type {Uint8Array} */ tile, /** @type {number} */ n) => device.put(`tile/${n}`, tile));
    return JSON.parse(device.follow(log, note));
  },
  checkOpening: (device, { opening }) => judged(JSON.parse(device.check_opening(opening))),
  checkReceipt(device, { receipt, ...published }) {
    putPublished(device, published);
    return JSON.parse(device.check_receipt(bytes(receipt)));
  },
  checkCode(device, { code, ...published }) {
    putPublished(device, published);
    return JSON.parse(device.check_code(code));
  },
  findKey(device, { list, key, ...board }) {
    putLog(device, board);
    return JSON.parse(device.find_key(list, unhex(key)));
  },
  parseCode: (device, { text }) => JSON.parse(device.parse_code(text)),
};

/** @param {unknown} error */
function told(error) {
  if (typeof error === "string") {
    const [code, ...message] = error.split("\n");
    return { code, message: message.join("\n") };
  }
  // A trap leaves memory as it was in the middle of something: nothing more is asked of it.
  if (error instanceof WebAssembly.RuntimeError) return { code: "worker", message: String(error) };
  if (error instanceof Failure) return { code: error.code, message: error.message };
  return { code: "input", message: String(error) };
}

/** @param {{id: number, name: string, from: any}} call */
async function carryOut({ id, name, from }) {
  if (aborted.delete(id)) return;
  postMessage({ id, progress: [0, 1] });
  try {
    device ??= load();
    const held = await device;
    const value = calls[name](held, from);
    // A message that came while this was computed is handled first.
    await new Promise((resolve) => setTimeout(resolve));
    if (aborted.delete(id)) {
      if (name === "prepare") held.discard(from.contest);
      return;
    }
    postMessage({ id, progress: [1, 1] });
    if (value instanceof Given) postMessage({ id, value: value.value }, { transfer: value.transfer });
    else postMessage({ id, value });
  } catch (error) {
    postMessage({ id, error: told(error) });
  }
}

onmessage = ({ data }) => {
  if (data.abort) aborted.add(data.id);
  else queue = queue.then(() => carryOut(data));
};
