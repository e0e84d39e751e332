// The page's cryptography as the page calls it: `crypto.js`, its worker, the wasm as it was built.

import "./worker-in-node.mjs";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { election, enter, load, page } from "./election.mjs";

const LIST = 2;
let made;
let crypto;

before(async () => {
  made = await election();
  crypto = await load("src/crypto.js");
});
after(() => {
  made.end();
  crypto.stop();
});

const open = () => {
  const files = Object.fromEntries(crypto.SEALED_FILES.map((path) => [path, made.record[path]]));
  return crypto.open({ files, electionId: made.electionId });
};

test("a voter goes the whole way", async () => {
  const info = await open();
  assert.equal(info.electionId, made.electionId);
  assert.equal(info.contests[0].options.length, 17);
  const account = { user: "ana", salt: "c2FsdHNhbHRzYWx0c2FsdA", memoryKib: 19456, passes: 2, lanes: 1 };
  const { fragment } = made.voter(LIST, 3);
  assert.deepEqual(await crypto.linkHalf(fragment), { token: "token" });
  await assert.rejects(crypto.derive({ ...account, memoryKib: 64, passes: 1, password: "contraseña" }), { code: "kdf" });
  const { auth } = await crypto.derive({ ...account, password: "contraseña" });
  assert.match(auth, /^[\w-]{43}$/);
  const sealed = await crypto.wrapHalf();
  assert.equal(sealed.length, 148);
  await crypto.forget();
  await crypto.derive({ ...account, password: "otra" });
  await assert.rejects(crypto.unwrapHalf(sealed), { name: "CryptoError", code: "sealed" });
  await crypto.derive({ ...account, password: "contraseña" });
  assert.deepEqual(await crypto.unwrapHalf(sealed), { list: LIST });

  const voter = await enter(crypto, made, LIST, 3);
  assert.deepEqual(voter.contests, [0, 1, 2, 3, 4]);
  const marks = ["write-in"];
  const asked = await crypto.optionOfMarks({ contest: 0, marks, text: "Nu\u0301n\u0303ez" });
  assert.deepEqual(asked, { ok: true, option: 15, name: "Candidaturas no registradas", text: "Núñez" });
  const steps = [];
  const prepared = await crypto.prepare({ contest: 0, option: asked.option, text: asked.text }, (done) => steps.push(done));
  assert.deepEqual(steps, [0, 1]);
  const { bytes, code } = await crypto.cast({ contest: 0 });
  assert.equal(code, prepared.code);
  assert.equal(bytes.length, info.contests[0].ballotBytes);
  assert.deepEqual((await crypto.cast({ contest: 0 })).bytes, bytes);
  const receipt = await made.cast(bytes);
  const altered = receipt.replace("contest 0", "contest 1");
  await assert.rejects(crypto.verifyPromise({ contest: 0, receipt: altered }), { code: "promise" });
  const promised = await crypto.verifyPromise({ contest: 0, receipt });
  assert.deepEqual([promised.ok, promised.receiptText, promised.code], [true, receipt, code]);
  assert.deepEqual((await crypto.state()).contests, [{ contest: 0, state: "promised" }]);
  assert.equal((await crypto.checkReceipt({ receipt })).promise, true);
  const typed = await crypto.checkCode({ code: promised.codeText.toLowerCase() });
  assert.deepEqual([typed.code, typed.listed, typed.searched], [code, null, false]);
  await assert.rejects(crypto.checkCode({ code: promised.codeText.slice(2) }), { code: "code" });
  assert.equal((await crypto.voterKey()).key.length, 64);
  await crypto.forget();
  await assert.rejects(crypto.prepare({ contest: 1, option: 0 }), { code: "not-entered" });
});

test("the memory in which the password's key was computed is wiped", async () => {
  const glue = await load("src/wasm/escrutinio_wasm_client.js");
  const { memory } = await glue.default({ module_or_path: readFileSync(join(page, "src/wasm/escrutinio_wasm_client_bg.wasm")) });
  const used = () => new Uint8Array(memory.buffer).reduce((count, byte) => count + Number(byte !== 0), 0);
  const device = new glue.Device();
  const before = used();
  device.derive("ana", new TextEncoder().encode("contraseña"), "c2FsdHNhbHRzYWx0c2FsdA", 19456, 2, 1);
  assert.ok(memory.buffer.byteLength > 19456 * 1024, "it was computed there");
  assert.ok(used() - before < 65536, `${used() - before} bytes are left`);
});

test("an audited ballot verifies on another device and is never cast", async () => {
  await open();
  await enter(crypto, made, LIST, 4);
  const { codeText } = await crypto.prepare({ contest: 0, option: 15, text: "Ñandú" });
  const { opening } = await crypto.audit({ contest: 0 });
  await assert.rejects(crypto.cast({ contest: 0 }), { code: "not-prepared" });
  const found = await crypto.checkOpening({ opening });
  assert.deepEqual([found.valid, found.why, found.text, found.codeText], [true, "", "Ñandú", codeText]);
  opening[opening.length - 2] ^= 1;
  assert.equal((await crypto.checkOpening({ opening })).valid, false);
});

test("R-BAL-15 what the review shows is what the ballot holds, for every option", async () => {
  const info = await open();
  await enter(crypto, made, LIST, 5);
  for (const { index: contest, options, textBytes } of info.contests) {
    for (const { index, kind, marks } of options) {
      const text = kind === "write-in" && textBytes > 0 ? "Núñez Ñandú" : undefined;
      const shown = await crypto.optionOfMarks({ contest, marks, text, confirmed: true });
      assert.deepEqual([shown.ok, shown.option], [true, index]);
      const { codeText } = await crypto.prepare({ contest, option: shown.option, text: shown.text });
      const { opening } = await crypto.audit({ contest });
      const found = await crypto.checkOpening({ opening });
      assert.deepEqual([found.valid, found.name, found.text ?? undefined, found.codeText], [true, shown.name, text, codeText]);
    }
  }
  await crypto.forget();
});

test("stored bytes go on after a reload", async () => {
  await open();
  await enter(crypto, made, LIST, 5);
  await crypto.prepare({ contest: 3, option: 1 });
  const { bytes, codeText } = await crypto.cast({ contest: 3 });
  crypto.stop();
  await open();
  assert.equal((await crypto.resume(bytes)).codeText, codeText);
  assert.deepEqual((await crypto.cast({ contest: 3 })).bytes, bytes);
  await crypto.verifyPromise({ contest: 3, receipt: await made.cast(bytes) });
});

test("a record, key or list that was swapped is refused", async () => {
  const files = Object.fromEntries(crypto.SEALED_FILES.map((path) => [path, made.record[path]]));
  const changed = (path, at) => {
    const bytes = files[path].slice();
    bytes[at < 0 ? bytes.length + at : at] ^= 1;
    return { files: { ...files, [path]: bytes }, electionId: made.electionId };
  };
  await assert.rejects(crypto.open(changed("manifest.bin", 20)), { code: "L1.2" });
  await assert.rejects(crypto.open(changed("key/transcript.bin", -1)), { code: "K3.1" });
  await assert.rejects(crypto.open(changed("seal.bin", -1)), { code: "other-election" });
  await assert.rejects(crypto.open(changed("roll.bin", -1)), { code: "L1.4" });
  await assert.rejects(crypto.open({ files, electionId: "00".repeat(32) }), { code: "other-election" });
  await assert.rejects(crypto.state().then(() => crypto.voterKey()), { code: "not-entered" });
  await open();
  const { fragment, half } = made.voter(LIST, 6);
  const { list, buckets } = made.lists[LIST];
  await crypto.linkHalf(fragment);
  const { bucket } = await crypto.secondHalf({ half, list });
  const other = buckets[(bucket + 1) % buckets.length];
  await assert.rejects(crypto.enter({ bucket: other, acts: made.acts() }), { code: "bucket" });
  const acts = made.acts();
  acts.bundles[0][100] ^= 1;
  await assert.rejects(crypto.enter({ bucket: buckets[bucket], acts }), { code: "acts" });
  await crypto.forget();
  await crypto.linkHalf(fragment);
  assert.deepEqual(await crypto.secondHalf({ half, list }), { list: LIST, bucket: null }, "one bucket is asked for");
  await crypto.enter({ lists: made.record["credentials/lists.bin"], acts: made.acts() });
});

test("a call that was given up leaves nothing", async () => {
  await open();
  await crypto.forget();
  await enter(crypto, made, LIST, 7);
  const stop = new AbortController();
  const prepared = crypto.prepare({ contest: 0, option: 1 }, { signal: stop.signal });
  stop.abort();
  await assert.rejects(prepared, { name: "AbortError" });
  assert.deepEqual((await crypto.state()).contests, []);
  await assert.rejects(crypto.state({ signal: stop.signal }), { name: "AbortError" });
});

test("nothing of a choice comes back, in an answer or an error", async () => {
  await open();
  await enter(crypto, made, LIST, 8);
  const shape = (answer) => JSON.stringify(answer).replace(/"code.*/, "");
  const answers = new Set();
  for (const [option, text] of [[0, ""], [15, "CANARIO"], [16, ""]]) {
    answers.add(shape(await crypto.prepare({ contest: 0, option, text })));
  }
  assert.equal(answers.size, 1);
  const refused = await crypto.prepare({ contest: 0, option: 1, text: "CANARIO" }).catch((error) => error);
  assert.equal(refused.code, "choice");
  assert.ok(!`${refused}${refused.stack}`.includes("CANARIO"));
});

test("a call without its form and a wasm that does not come are told apart", async () => {
  await assert.rejects(crypto.optionOfMarks({ contest: 0 }), { code: "input" });
  await open();
  crypto.stop();
  process.env.WITHOUT_FILES = "1";
  await assert.rejects(open(), { code: "load" });
  delete process.env.WITHOUT_FILES;
  crypto.stop();
  await open();
});

test("the paths of bundles are those of the logs", () => {
  const of = (size) => crypto.bundlePaths(`origin\n${size}\nroot\n\n`);
  assert.deepEqual(of(0), []);
  assert.deepEqual(of(7), ["tile/entries/000.p/7"]);
  assert.deepEqual(of(513), ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/1"]);
  assert.equal(of(256 * 1001)[1000], "tile/entries/x001/000");
  assert.deepEqual(of("01"), []);
});

test("a whole election verifies, and a changed one does not", async () => {
  const phases = new Set();
  const progress = (_done, _total, phase) => phases.add(phase);
  const verdict = await crypto.verifyElection({ files: made.counted }, { progress });
  assert.deepEqual([verdict.valid, verdict.firstFailure, verdict.electionId], [true, null, made.electionId]);
  assert.ok(["credentials", "mixes", "ballots", "receipts", "sums"].every((phase) => phases.has(phase)), [...phases]);
  assert.equal(verdict.results.length, 5);
  assert.deepEqual([verdict.results[0].total, verdict.results[0].options[0]], [6, { name: "PAN", votes: 3 }]);
  const path = "tally/results.bin";
  const changed = made.counted[path].slice();
  changed[changed.length - 8] ^= 1;
  const refused = await crypto.verifyElection({ files: { ...made.counted, [path]: changed } });
  assert.deepEqual([refused.valid, refused.firstFailure, refused.results], [false, "T3.2", []]);
});

test("R-PUB-03 every code of the list is found in the box that the witnesses signed, and a changed box is refused", async () => {
  await open();
  const last = Object.keys(made.counted).filter((path) => path.startsWith("board/checkpoints/")).sort().at(-1);
  const checkpoint = made.counted[last];
  const bundles = crypto.bundlePaths(checkpoint).map((path) => made.counted[`board/${path}`]);
  const receipts = made.counted["receipts.txt"];
  const codes = new TextDecoder().decode(receipts).trimEnd().split("\n").slice(2);
  const places = [];
  for (const code of codes) {
    const found = await crypto.checkCode({ code, receipts, checkpoint, bundles });
    assert.deepEqual([found.listed, found.searched, found.board.closed, found.codeText], [true, true, true, code]);
    places.push(found.entry);
  }
  assert.deepEqual(places.sort((a, b) => a - b), codes.map((_, at) => at), "one place each");
  const nobody = await crypto.checkCode({ code: (await crypto.parseCode(codes[0])).codeText, receipts, checkpoint });
  assert.deepEqual([nobody.searched, nobody.entry], [false, null], "the list alone finds no place");
  const changed = bundles.map((bundle) => bundle.slice());
  changed[0][changed[0].length - 1] ^= 1;
  await assert.rejects(crypto.checkCode({ code: codes[0], receipts, checkpoint, bundles: changed }), { code: "files" });
  const short = new TextEncoder().encode(`${new TextDecoder().decode(receipts).trimEnd().split("\n").slice(0, -1).join("\n")}\n`);
  await assert.rejects(crypto.checkCode({ code: codes[0], receipts: short, checkpoint, bundles }), { code: "files" }, "a list shorter than the box");
});

test("a record that is not whole is told check by check", async () => {
  const verdict = await crypto.verifyElection({ files: made.record });
  assert.equal(verdict.valid, false);
  assert.equal(verdict.firstFailure, "R1.1");
  assert.ok(verdict.checks.every((check) => check.title.es && check.title.en));
});
