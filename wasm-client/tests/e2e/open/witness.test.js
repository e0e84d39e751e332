/** The program that looks at the page from outside, at the page that voters are given: `escrutinio-witness client`. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { after, before, test } from "node:test";

import { place } from "../place.js";
import { between, flip, json } from "../relay.js";

const PROGRAM = process.env.ESCRUTINIO_WITNESS ?? resolve(import.meta.dirname, "../../../..", process.env.CARGO_TARGET_DIR ?? "target", "release/escrutinio-witness");

const here = place();
/** @type {Awaited<ReturnType<typeof between>>} */
let relay;
before(async () => {
  assert.ok(existsSync(PROGRAM), "the demonstration has built it");
  relay = await between(here.base);
});
after(() => relay.close());

/** What it says of what comes through the relay. @returns {Promise<{ status: number, report: any }>} */
const look = () => new Promise((done, fail) => {
  execFile(PROGRAM, ["client", `${relay.base}/`, "--record", here.access.record, "--json"], { maxBuffer: 1 << 24 }, (error, out, said) => {
    const status = error ? error.code : 0;
    if (typeof status !== "number" || out === "") fail(new Error(`${status} ${said}`));
    else done({ status, report: JSON.parse(out) });
  });
});
const states = ({ points }) => Object.fromEntries(points.map(({ code, state }) => [code, state]));

test("R-CAST-19 the page, its server and its log of acts are those of the sealed record", async () => {
  const { status, report } = await look();
  assert.deepEqual(report.findings, []);
  assert.equal(status, 0);
  assert.ok(Object.values(states(report)).every((state) => state === "good"), JSON.stringify(states(report)));
  assert.equal(report.build, report.named, "the manifest names this page");
  // Nobody looks at a page that was not fetched.
  const asked = new Set(relay.log.map(({ path }) => path));
  for (const path of ["/", "/src/main.js", "/src/wasm/escrutinio_wasm_client_bg.wasm", "/config.json", "/api/v1/lists/0", "/acts/checkpoint"]) assert.ok(asked.has(path), path);
});

for (const [what, path, deed, code] of [
  ["one bit of the wasm", "/src/wasm/escrutinio_wasm_client_bg.wasm", { answered: flip(-20) }, "W2.1"],
  ["one bit of a script", "/src/steps/choose.js", { answered: flip(-20) }, "W2.1"],
  ["another document at the address itself", "/", { answered: (bytes) => Buffer.concat([bytes, Buffer.from("<!-- -->")]) }, "W2.2"],
  ["a policy without its first rule", "/index.html", { headed: { "content-security-policy": "script-src 'self'" } }, "W3.1"],
  ["another election in the configuration", "/config.json", json((config) => ({ ...config, election: "e2".repeat(32) })), "W4.1"],
  ["one bit of the roll", "/api/v1/record/roll.bin", { answered: flip(20) }, "W5.1"],
  ["a list with a key less", "/api/v1/lists/0", json((answer) => ({ ...answer, keys: answer.keys - 1 })), "W5.3"],
  ["another key on the list", "/api/v1/lists/0/0", json((answer) => ({ ...answer, keys: answer.keys.map((key, at) => (at === 0 ? Buffer.alloc(32, 7).toString("base64url") : key)) })), "W5.4"],
  ["a checkpoint of the acts that the log has not signed", "/acts/checkpoint", { answered: (bytes) => flip(bytes.indexOf("\n— ") + 60)(bytes) }, "W6.1"],
]) {
  test(`R-CAST-19 ${what}: ${code}`, async () => {
    const honest = relay.always(path, deed);
    const { status, report } = await look();
    honest();
    assert.equal(status, 1, JSON.stringify(report.findings));
    assert.equal(states(report)[code], "differs", JSON.stringify(report.findings));
    // It says which one, and blames nothing else. Whether an act is there only a log that is signed says.
    const others = report.findings.map((one) => one.code).filter((one) => one !== code);
    assert.ok(code === "W6.1" || others.length === 0, others.join());
  });
}
