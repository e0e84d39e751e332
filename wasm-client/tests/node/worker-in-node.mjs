// Workers of browsers on top of those of Node, with what the page's workers need: messages as events,
// `fetch` of files, `postMessage` without a port. Nothing of the page is changed for it.

import { Worker as NodeWorker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

if (isMainThread) {
  globalThis.Worker = class {
    constructor(url) {
      this.inner = new NodeWorker(new URL(import.meta.url), { workerData: String(url) });
      this.inner.on("message", (data) => this.onmessage?.({ data }));
      this.inner.on("error", (error) => this.onerror?.({ message: String(error) }));
      this.inner.unref();
    }
    postMessage(data) {
      // A worker with work to do keeps the process alive.
      this.inner.ref();
      this.inner.postMessage(data);
    }
    terminate() {
      this.inner.terminate();
    }
  };
} else {
  globalThis.postMessage = (data, options) => parentPort.postMessage(data, options?.transfer);
  globalThis.fetch = async (url) =>
    process.env.WITHOUT_FILES ? Promise.reject(new TypeError("no connection")) : new Response(await readFile(fileURLToPath(url)), { headers: { "content-type": "application/wasm" } });
  globalThis.onmessage = null;
  const held = [];
  parentPort.on("message", (data) => (globalThis.onmessage ? globalThis.onmessage({ data }) : held.push(data)));
  await import(workerData);
  held.forEach((data) => globalThis.onmessage({ data }));
}
