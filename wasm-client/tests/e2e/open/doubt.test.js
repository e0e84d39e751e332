/** What a device does not know it does not say; what it was told of one voter or screen it does not take to another. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { BUSY, DROP, LOSE, json } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const SESSION = "GET /api/v1/session";
const ELECTION = "/api/v1/election";

/** All of the document, what only a screen reader gets included. */
const everything = (visit) => visit.page.evaluate(() => document.documentElement.outerHTML);

/** A ballot that was signed and that the server does not answer. */
async function unanswered(how) {
  const visit = await here.visit(how);
  visit.page.on("dialog", (dialog) => dialog.accept());
  visit.envelope = await visit.sealed();
  visit.relay.always(BALLOTS, BUSY);
  await visit.press("Emitir mi voto");
  await visit.says(".doing", /otra vez/);
  return visit;
}

test("R-AUTH-17 a choice that was said is in no later screen", async () => {
  const visit = await here.visit({ style: "all" });
  await visit.first();
  await visit.ballot();
  await visit.mark("Candidatura no registrada");
  await visit.type("Nombre de la candidatura no registrada", "Zacatlán Quetzalli");
  await visit.says("#live", /Zacatlán/);
  await visit.press("Revisar mi elección");
  await visit.at("review");
  await visit.press("Cambiar mi elección");
  await visit.mark("Partido Alba");
  await visit.says("#live", /ALBA/);
  await visit.press("Revisar mi elección");
  await visit.at("review");
  await visit.press("Sí, cifrar mi voto");
  await visit.at("code");
  assert.doesNotMatch(await everything(visit), /ALBA|Alba|Zacatl/);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  assert.doesNotMatch(await everything(visit), /ALBA|Alba|Zacatl/);
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { name: "ballot-Gubernatura" });
  await visit.mark("Girasol");
  await visit.says("#live", /GIRASOL/);
  await visit.back();
  await visit.at("home");
  await visit.press("Salir");
  await visit.at("left");
  assert.doesNotMatch(await everything(visit), /GIRASOL|Girasol/);
  await visit.close();
});

test("R-CAST-01 another voter's ballot that is kept under this one's name is not sent", async () => {
  const other = await unanswered();
  const [bytes] = other.ballots;
  await other.close();
  const visit = await here.visit();
  await visit.open();
  await visit.at("start");
  await visit.page.evaluate(async ([user, hex]) => {
    const { election } = await (await fetch("/config.json")).json();
    const ballot = Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
    await new Promise((resolve) => {
      const opening = indexedDB.open("escrutinio");
      opening.onsuccess = () => {
        const transaction = opening.result.transaction("ballots", "readwrite");
        transaction.objectStore("ballots").put({ election, user, contest: 0, bytes: ballot, code: "AAAA" }, `${election}/${user}/0`);
        transaction.oncomplete = () => {
          opening.result.close();
          resolve(undefined);
        };
      };
    });
  }, [visit.voter.user, bytes]);
  await visit.page.goto("about:blank");
  await visit.first();
  assert.equal(visit.ballots.length, 0);
  await visit.ballot();
  await visit.seal(["Voto nulo"]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  assert.equal(visit.ballots.length, 1);
  assert.notEqual(visit.ballots[0], bytes);
  await visit.close();
});

test("a reload sends what this tab signed, and nothing that was put in its place", async () => {
  const visit = await unanswered();
  await visit.page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open("escrutinio");
    opening.onsuccess = () => {
      const objects = opening.result.transaction("ballots", "readwrite").objectStore("ballots");
      objects.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        const { bytes } = cursor.value;
        bytes[bytes.length - 1] ^= 1;
        cursor.update(cursor.value).onsuccess = () => resolve(undefined);
      };
    };
  }));
  const sent = visit.ballots.length;
  visit.relay.honest();
  await visit.page.reload();
  await visit.at("start");
  assert.equal(visit.ballots.length, sent);
  await visit.close();
});

test("R-CAST-10 whoever waits for long sees the code, may stop, and finds the ballot again", async () => {
  const visit = await unanswered();
  await visit.says(".tracking .groups", /\w/);
  assert.equal(await visit.tracking(), visit.envelope);
  await visit.at("casting", { name: "casting-long" });
  await visit.press("Dejar de esperar");
  await visit.at("settled-unknown");
  assert.equal(await visit.tracking(), visit.envelope);
  await visit.press("Intentar de nuevo");
  await visit.says(".doing", /otra vez/);
  visit.relay.honest();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.envelope);
  assert.equal(new Set(visit.ballots).size, 1);
  await visit.close();
});

test("after the close the code of a ballot that has no receipt is still there", async () => {
  const visit = await unanswered();
  await visit.page.reload();
  await visit.says(".doing", /otra vez/);
  visit.relay.always(ELECTION, json((said) => ({ ...said, phase: "closed" })));
  await visit.page.evaluate(() => sessionStorage.clear());
  await visit.page.reload();
  await visit.at("start", { name: "start-kept" });
  assert.equal(await visit.tracking(), visit.envelope);
  assert.match(await visit.text(), /quedó este voto firmado, sin comprobante/);
  await visit.close();
});

test("a fault while a ballot is in doubt does not say that nothing was cast", async () => {
  const visit = await here.visit();
  visit.page.on("dialog", (dialog) => dialog.accept());
  const code = await visit.sealed();
  visit.relay.next(BALLOTS, LOSE);
  visit.relay.always(BALLOTS, BUSY);
  await visit.press("Emitir mi voto");
  await visit.says(".doing", /otra vez/);
  visit.relay.always(ELECTION, DROP);
  await visit.page.reload();
  await visit.at("trouble", { name: "trouble-doubt" });
  assert.doesNotMatch(await visit.text(), /[Nn]o se emitió ningún voto|Nada se envió/);
  assert.match(await visit.text(), /Si ya lo firmó/);
  visit.relay.honest();
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  await visit.close();
});

test("time that ends while a signed ballot has no answer is told with its code", async () => {
  const visit = await unanswered();
  await visit.says(".tracking .groups", /\w/);
  await visit.press("Dejar de esperar");
  await visit.at("settled-unknown");
  visit.relay.next(SESSION, json((answer) => ({ ...answer, remaining: 1 })));
  await visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visit.at("interrupted", { name: "interrupted-time" });
  assert.equal(await visit.tracking(), visit.envelope);
  visit.relay.honest();
  await visit.press("Entrar");
  await visit.login();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.envelope);
  await visit.close();
});

test("a refusal that the page does not know is told by a name of the interface or by its number", async () => {
  const visit = await here.visit();
  await visit.sealed();
  const refusal = (name) => ({ instead: { status: 418, type: "application/problem+json", body: JSON.stringify({ type: `urn:escrutinio:problem:${name}`, status: 418 }) } });
  visit.relay.next(BALLOTS, refusal("other"), refusal("Llame al 555 0100"));
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { name: "stopped-other" });
  assert.match(await visit.text(".errors"), /\(other\)/);
  await visit.press("Intentar de nuevo");
  await visit.says(".errors", /\(418\)/);
  assert.doesNotMatch(await visit.text(), /Llame/);
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  await visit.close();
});

test("R-CAST-06 a reload while the second ballot is on its way keeps the receipt of the first", async () => {
  const visit = await here.visit({ style: "all" });
  visit.page.on("dialog", (dialog) => dialog.accept());
  const first = await visit.sealed();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { name: "ballot-Gubernatura" });
  const second = await visit.seal(["Girasol"]);
  visit.relay.next(BALLOTS, BUSY, BUSY);
  await visit.press("Emitir mi voto");
  await visit.says(".doing", /otra vez/);
  await visit.page.reload();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), second);
  await visit.press("Ver el comprobante de Senaduría de Mayoría Relativa");
  await visit.at("receipt");
  assert.equal(await visit.tracking(), first);
  await visit.close();
});

test("R-AUTH-14 a server that says that it has one of several ballots gets no thanks for it", async () => {
  const visit = await here.visit({ style: "all" });
  visit.relay.always(SESSION, json((answer) => ({ ...answer, contests: answer.contests.map((one, at) => (at === 0 ? one : { ...one, cast: true })) })));
  await visit.first();
  assert.match(await visit.text(), /Si usted no lo emitió/);
  await visit.ballot();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.press("Ya lo guardé. Salir");
  await visit.at("left-said");
  assert.match(await visit.text(), /no todas se emitieron en esta visita/);
  assert.doesNotMatch(await visit.text(), /Gracias/);
  await visit.close();
});

for (const [what, path] of [["another record", "/api/v1/record/manifest.bin"], ["a page that is not the registered one", "/client.manifest"]]) {
  test(`${what}: neither the way back nor a link leads past it`, async () => {
    const visit = await here.visit();
    visit.relay.always(path, { answered: (bytes) => Buffer.concat([bytes, Buffer.from("0\n")]) });
    await visit.open();
    await visit.at("trouble");
    await visit.page.evaluate((fragment) => { location.hash = fragment; }, visit.fragment);
    await visit.page.waitForTimeout(500);
    await visit.at("trouble");
    await visit.page.evaluate(() => { dispatchEvent(new PopStateEvent("popstate")); });
    await visit.page.waitForTimeout(500);
    assert.notEqual(await visit.page.evaluate(() => document.getElementById("main")?.dataset.state), "start");
    assert.equal(visit.relay.log.filter((one) => one.path.includes("/access/")).length, 0);
    await visit.close();
  });
}

test("that it is a rehearsal is said by the log that the witnesses signed", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start");
  assert.match(await visit.text("#top"), /SIMULACRO/);
  visit.relay.always(/^\/acts\/(checkpoint|witnessed)$/, { answered: (bytes) => Buffer.from(bytes.toString().split("\n").filter((line) => !/^— testigo/.test(line)).join("\n")) });
  await visit.page.reload();
  await visit.at("trouble", { name: "trouble-rehearsal" });
  assert.doesNotMatch(await visit.text("#top"), /SIMULACRO/);
  await visit.close();
});
