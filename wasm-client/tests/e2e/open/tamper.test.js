/**
 * A server, or whoever stands before it, that gives out other things than the registered ones: the page finds it, says
 * so, and nothing that could harm leaves the device. What no page can find (a page that was swapped as a whole) is
 * found by who looks from outside, `escrutinio-witness client`.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { lenient } from "../place.js";
import { flip, json } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const record = (path) => `/api/v1/record/${path}`;
const asked = (visit, what) => visit.relay.log.filter(({ path }) => path.includes(what)).length;

for (const [path, at] of [["manifest.bin", 900], ["roll.bin", 20], ["key/transcript.bin", 2000], ["key/transcript.bin", -3], ["seal.bin", 40]]) {
  test(`${path} with another byte: nobody is asked for a password`, async () => {
    const visit = await here.visit();
    visit.relay.always(record(path), { answered: flip(at) });
    await visit.open(visit.fragment);
    await visit.at("trouble");
    assert.match(await visit.text(), /No siga y avise/);
    assert.equal(asked(visit, "/access/"), 0);
    await visit.close();
  });
}

test("another election, whole and well signed, in the place of this one", async () => {
  const other = await lenient();
  const visit = await here.visit();
  for (const path of ["manifest.bin", "roll.bin", "key/transcript.bin", "seal.bin"]) {
    const bytes = await other.file(record(path));
    visit.relay.always(record(path), { answered: () => bytes });
  }
  await visit.open(visit.fragment);
  await visit.at("trouble", { name: "trouble-election" });
  assert.match(await visit.text(), /El servidor muestra otra elección/);
  assert.equal(asked(visit, "/access/"), 0);
  await visit.close();
});

test("the key of another election under this manifest", async () => {
  const other = await lenient();
  const bytes = await other.file(record("key/transcript.bin"));
  const visit = await here.visit();
  visit.relay.always(record("key/transcript.bin"), { answered: () => bytes });
  await visit.open(visit.fragment);
  await visit.at("trouble");
  assert.match(await visit.text(), /No siga y avise/);
  assert.equal(asked(visit, "/access/"), 0);
  await visit.close();
});

/** @param {(visit: import("../browser.js").InChromium) => Promise<void> | void} tamper @param {RegExp} words */
async function entered(tamper, words) {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.digits();
  await tamper(visit);
  await visit.factor("sms");
  await visit.at("password");
  await visit.type("Contraseña nueva", visit.voter.password);
  await visit.press("Guardar y entrar");
  await visit.at("trouble");
  assert.match(await visit.text(), words);
  assert.equal(await visit.page.locator("[data-space]").count(), 0, "there is no ballot");
  assert.equal(asked(visit, "/session/ballots"), 0);
  visit.relay.honest();
  await visit.press("Intentar de nuevo");
  await visit.at("home");
  await visit.close();
}

const BUCKET = /^\/api\/v1\/lists\/0\/\d+$/;
/** A key that is no voter's, base64url. */
const STRANGER = Buffer.alloc(32, 7).toString("base64url");

for (const [what, tamper] of [
  ["with another key", (visit) => visit.relay.always(BUCKET, json((answer) => ({ ...answer, keys: answer.keys.map((key, at) => (at === 0 ? STRANGER : key)) })))],
  ["in the place of the voter's", async (visit) => {
    const bytes = [await here.place.file("/api/v1/lists/0/0"), await here.place.file("/api/v1/lists/0/1")];
    visit.relay.always(BUCKET, { answered: (answer) => (answer.equals(bytes[0]) ? bytes[1] : bytes[0]) });
  }],
  ["with fewer keys, so that it is known who asks", (visit) => visit.relay.always(BUCKET, json((answer) => ({ ...answer, keys: answer.keys.slice(0, 1) })))],
]) {
  test(`a bucket of the credential list ${what}: not believed; the whole list is, if it is the sealed one`, async () => {
    await entered(async (visit) => {
      await tamper(visit);
      visit.relay.always(record("credentials/lists.bin"), { answered: flip(100) });
    }, /La lista de votantes no/);
    const visit = await here.visit();
    await tamper(visit);
    await visit.first();
    assert.deepEqual([asked(visit, "/lists/0/"), asked(visit, "credentials/lists.bin")], [1, 1], "one bucket is named, once");
    await visit.close();
  });
}

test("a list that begins otherwise", () =>
  entered((visit) => visit.relay.always("/api/v1/lists/0", json((answer) => ({ ...answer, keys: answer.keys - 1 }))), /lista de votantes/));

test("an act of the log with another byte", () =>
  entered((visit) => visit.relay.always(/^\/acts\/tile\/entries\//, { answered: flip(200) }), /bitácora pública no coincide/));

test("a checkpoint of the log with another root", () =>
  entered((visit) => visit.relay.always("/acts/witnessed", { answered: (bytes) => flip(bytes.toString().split("\n").slice(0, 2).join("\n").length + 3)(bytes) }), /bitácora pública no coincide/));

test("another voter's half: nothing is kept or opened, and the voter's own link is asked for", async () => {
  const other = await here.visit();
  await other.first();
  const [{ answer }] = other.relay.to("/api/v1/session/half");
  await other.close();
  const visit = await here.visit();
  visit.relay.always("/api/v1/session/half", { answered: () => answer });
  await visit.open(visit.fragment);
  await visit.digits();
  await visit.factor("sms");
  await visit.at("password");
  await visit.type("Contraseña nueva", visit.voter.password);
  await visit.press("Guardar y entrar");
  await visit.at("need-link", { name: "need-link-half" });
  assert.match(await visit.text(), /es de otra persona/);
  assert.equal(asked(visit, "/lists/"), 1, "no bucket is asked for");
  visit.relay.honest();
  await visit.type("Su liga de acceso", visit.voter.link);
  await visit.press("Seguir");
  await visit.at("home");
  await visit.close();
});

test("a half that its issuer has not signed", () =>
  entered((visit) => visit.relay.always("/api/v1/session/half", { answered: flip(-1) }), /no está bien firmada/));

/** The log's own signature only. */
const unsigned = (bytes) => Buffer.from(bytes.toString().split("\n").filter((line) => !/^— testigo/.test(line)).join("\n"));

test("R-CAST-15 a checkpoint without its witnesses: no list takes their place, and nothing is encrypted", async () => {
  await entered((visit) => visit.relay.always(/^\/acts\/(witnessed|checkpoint)$/, { answered: unsigned }), /Pocos testigos han firmado/);
  await entered((visit) => {
    visit.relay.always(/^\/acts\/(witnessed|checkpoint)$/, { answered: unsigned });
    visit.relay.always(BUCKET, json((answer) => ({ ...answer, keys: answer.keys.slice(0, 1) })));
  }, /Pocos testigos han firmado/);
});

test("witnesses that have not signed the last checkpoint yet keep nobody from voting", async () => {
  const visit = await here.visit();
  visit.relay.always("/acts/checkpoint", { answered: unsigned });
  await visit.first();
  assert.equal(asked(visit, "credentials/lists.bin"), 0);
  await visit.close();
});

test("R-CAST-13 a promise with another signature", async () => {
  const visit = await here.visit();
  await visit.sealed();
  await visit.relay.always(BALLOTS, { answered: (text) => flip(text.length - 10)(text) });
  await visit.press("Emitir mi voto");
  await visit.at("stopped");
  assert.equal(await visit.page.locator(".receipt").count(), 0);
  visit.relay.honest();
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  await visit.close();
});

test("R-CAST-19 another wasm: it is not run", async () => {
  const visit = await here.visit();
  visit.relay.next("/src/wasm/escrutinio_wasm_client_bg.wasm", { answered: flip(-20) });
  await visit.open(visit.fragment);
  await visit.at("trouble", { name: "trouble-wasm" });
  assert.match(await visit.text(), /no es el de esta página/);
  assert.equal(asked(visit, "/access/"), 0);
  await visit.press("Intentar de nuevo");
  await visit.at("digits");
  await visit.close({ tolerate: /Failed to find a valid digest/ });
});

for (const script of ["/src/main.js", "/src/api.js", "/src/crypto.js", "/src/steps/cast.js"]) {
  test(`R-CAST-19 another ${script}: it is not run, and nothing is asked`, async () => {
    const visit = await here.visit();
    visit.relay.always(script, { answered: (bytes) => Buffer.concat([bytes, Buffer.from("\nglobalThis.swapped = true;\n")]) });
    await visit.open(visit.fragment);
    assert.equal(await visit.page.locator("#failed").isVisible(), false, "it may still come");
    await visit.page.evaluate(() => document.getAnimations().forEach((one) => one.finish()));
    await visit.page.locator("#failed").waitFor({ state: "visible" });
    assert.equal(await visit.page.evaluate(() => "swapped" in globalThis), false);
    assert.equal(asked(visit, "/api/"), 0);
    assert.match(await visit.text("#failed"), /La página no cargó completa/);
    await visit.close({ tolerate: /Failed to find a valid digest|integrity/ });
  });
}

for (const script of ["/src/worker.js", "/src/opening.js", "/src/wasm/escrutinio_wasm_client.js", "/src/wasm/integrity.js"]) {
  test(`R-CAST-19 another ${script}: the worker does not begin, and nothing is asked`, async () => {
    const visit = await here.visit();
    visit.relay.always(script, { answered: (bytes) => Buffer.concat([bytes, Buffer.from("\n// swapped\n")]) });
    await visit.open(visit.fragment);
    await visit.at("trouble");
    assert.match(await visit.text(), /no es el de esta página/);
    assert.equal(asked(visit, script), 1, "it was compared, and nothing ran it");
    assert.equal(asked(visit, "/access/"), 0);
    visit.relay.honest();
    await visit.press("Intentar de nuevo");
    await visit.at("digits");
    await visit.close({ tolerate: /Failed to find a valid digest|integrity checks failed/ });
  });
}

test("R-CAST-19 other texts: they are not shown", async () => {
  const visit = await here.visit();
  visit.relay.always("/text/es.json", { answered: (bytes) => Buffer.from(bytes.toString().replace("No siga y avise", "Siga")) });
  await visit.open(visit.fragment);
  await visit.page.locator("#failed").waitFor({ state: "visible" });
  assert.equal(asked(visit, "/api/"), 0);
  await visit.close({ tolerate: /Failed to find a valid digest|integrity checks failed|Failed to fetch/ });
});

test("R-CAST-19 another style sheet: it is not used", async () => {
  const visit = await here.visit();
  visit.relay.always("/style.css", { answered: (bytes) => Buffer.concat([bytes, Buffer.from("\n.space { display: none }\n")]) });
  await visit.open();
  await visit.page.waitForSelector('#main[data-state="start"]');
  assert.equal(await visit.page.evaluate(() => [...document.styleSheets].length), 0);
  await visit.close({ tolerate: /Failed to find a valid digest/ });
});

test("R-CAST-19 a page that is not the one that the manifest names says so", async () => {
  const visit = await here.visit();
  visit.relay.always("/client.manifest", { answered: (bytes) => Buffer.concat([bytes, Buffer.from("0\n")]) });
  await visit.open(visit.fragment);
  await visit.at("trouble", { name: "trouble-page" });
  assert.match(await visit.text(), /no es la que registró la autoridad/);
  assert.equal(asked(visit, "/access/"), 0);
  await visit.close();
});

test("another emblem: the party is named in its place", async () => {
  const visit = await here.visit();
  visit.relay.next(/^\/emblems\//, { answered: flip(60) });
  await visit.first();
  await visit.ballot();
  await visit.page.waitForFunction(() => document.querySelectorAll(".sheet-of-paper .emblem img").length === 5);
  await visit.close({ tolerate: /Failed to find a valid digest/ });
});

test("a server that says that there is more time than there is: the session ends by its own clock, with words", async () => {
  const visit = await here.visit();
  await visit.first();
  visit.relay.next("GET /api/v1/session", json((answer) => ({ ...answer, remaining: 86_400 })));
  await visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visit.says(".clock", /1440:00|1439:5\d/);
  const elsewhere = await here.visit({ voter: visit.voter });
  await elsewhere.open();
  await elsewhere.at("start");
  await elsewhere.press("Entrar");
  await elsewhere.login();
  await elsewhere.at("need-link");
  await elsewhere.close();
  await visit.ballot();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("interrupted");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("receipt");
  await visit.close();
});

test("a server that says that a ballot was cast that was not: the voter is told of it, and sees no receipt", async () => {
  const visit = await here.visit();
  visit.relay.always("GET /api/v1/session", json((answer) => ({ ...answer, contests: answer.contests.map((one) => ({ ...one, cast: true })) })));
  await visit.open(visit.fragment);
  await visit.digits();
  await visit.factor("sms");
  await visit.at("password");
  await visit.type("Contraseña nueva", visit.voter.password);
  await visit.press("Guardar y entrar");
  await visit.at("voted");
  assert.equal(await visit.page.locator(".receipt").count(), 0);
  await visit.close();
});
