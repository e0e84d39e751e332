// @ts-check
/**
 * The worker in which a whole election is verified. It gets the files of a record and answers once.
 *
 * @module
 */

import init, { verify } from "./wasm/escrutinio_wasm_verifier.js";
import { INTEGRITY } from "./wasm/integrity.js";

/**
 * Files of a record: bytes, or blobs of which pieces are read as they are needed.
 */
export class Record {
  /** @param {globalThis.Record<string, Blob | Uint8Array>} files */
  constructor(files) {
    this.files = files;
    this.paths = Object.keys(files).sort();
  }

  /** Every path and its length, line by line. */
  list() {
    const length = (/** @type {Blob | Uint8Array} */ file) => (file instanceof Uint8Array ? file.length : file.size);
    return this.paths.map((path) => `${length(this.files[path])} ${path}\n`).join("");
  }

  /**
   * @param {string} path
   * @param {number} offset
   * @param {number} length
   */
  read(path, offset, length) {
    const file = this.files[path];
    if (file instanceof Uint8Array) return file.subarray(offset, offset + length);
    const { FileReaderSync } = /** @type {any} */ (globalThis);
    return new Uint8Array(new FileReaderSync().readAsArrayBuffer(file.slice(offset, offset + length)));
  }

  /**
   * @param {string} phase
   * @param {number} done
   * @param {number} total
   */
  progress(phase, done, total) {
    postMessage({ progress: [done, total, phase] });
  }
}

onmessage = async ({ data }) => {
  try {
    const url = new URL("./wasm/escrutinio_wasm_verifier_bg.wasm", import.meta.url);
    await init({ module_or_path: fetch(url, { integrity: INTEGRITY.escrutinio_wasm_verifier }) });
    postMessage({ value: JSON.parse(verify(new Record(data.files))) });
  } catch (error) {
    const [code, ...message] = typeof error === "string" ? error.split("\n") : ["worker", String(error)];
    postMessage({ error: { code, message: message.join("\n") } });
  }
};
