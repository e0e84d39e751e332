// The same as `speed.mjs` in Chromium, in the worker, under the page's policy and with its hashes:
// `node wasm-client/tests/node/chromium.mjs`. CHROMIUM names another browser, THROTTLE slows its processor.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";

import { chromium } from "playwright-core";

import { election, page as folder } from "./election.mjs";

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; " +
  "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html; charset=utf-8" };

const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  if (path === "/favicon.ico") return void response.writeHead(204).end();
  const body = path === "/empty.html" ? "<!DOCTYPE html><title>.</title>" : await readFile(join(folder, path)).catch(() => null);
  response.writeHead(body === null ? 404 : 200, {
    "content-type": TYPES[extname(path)] ?? "text/plain",
    "content-security-policy": POLICY,
  });
  response.end(body ?? "");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const made = await election();
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const all = (files) => Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, base64(bytes)]));
const { fragment, half } = made.voter(2, 3);
const { checkpoint, bundles } = made.acts();
const given = {
  electionId: made.electionId,
  files: all(made.record),
  list: made.lists[2],
  fragment,
  half: base64(half),
  acts: [checkpoint, ...bundles].map(base64),
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage();
const faults = [];
page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
page.on("pageerror", (error) => faults.push(String(error)));
await page.goto(`http://127.0.0.1:${server.address().port}/empty.html`);
const rate = Number(process.env.THROTTLE ?? 1);
if (rate > 1) await (await page.context().newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate });

const times = await page.evaluate(async (given) => {
  const crypto = await import("/src/crypto.js");
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const files = Object.fromEntries(crypto.SEALED_FILES.map((path) => [path, bytes(given.files[path])]));
  const times = {};
  const timed = async (what, count, run) => {
    const taken = [];
    for (let n = 0; n < count + 5; n += 1) {
      const start = performance.now();
      await run();
      if (n >= 5 || count === 1) taken.push(performance.now() - start);
      if (count === 1) break;
    }
    times[what] = taken.sort((a, b) => a - b)[taken.length >> 1].toFixed(1);
  };
  await timed("open, the wasm loaded for the first time", 1, () => crypto.open({ files, electionId: given.electionId }));
  await crypto.linkHalf(given.fragment);
  const { bucket } = await crypto.secondHalf({ half: bytes(given.half), list: given.list.list });
  const [checkpoint, ...bundles] = given.acts.map(bytes);
  await crypto.enter({ bucket: given.list.buckets[bucket], acts: { checkpoint, bundles } });
  await timed("first ballot", 1, () => crypto.prepare({ contest: 0, option: 15, text: "Núñez Ñandú" }));
  await timed("1 of 17 with text", 50, () => crypto.prepare({ contest: 0, option: 15, text: "Núñez Ñandú" }));
  await timed("1 of 41", 50, () => crypto.prepare({ contest: 4, option: 20 }));
  const account = { user: "ana", password: "clave", salt: "c2FsdHNhbHRzYWx0c2FsdA", memoryKib: 19456, passes: 2, lanes: 1 };
  await timed("Argon2id, 19,456 KiB, 2 passes", 5, () => crypto.derive(account));
  const verdict = await crypto.verifyElection({ files: { "manifest.bin": new Blob([files["manifest.bin"]]) } });
  times["first failure of a record of one file"] = verdict.firstFailure;
  return times;
}, given);
for (const [what, time] of Object.entries(times)) console.log(`${what}: ${time}`);
faults.forEach((fault) => console.error(fault));
process.exitCode = faults.length > 0 ? 1 : 0;
await browser.close();
server.close();
made.end();
