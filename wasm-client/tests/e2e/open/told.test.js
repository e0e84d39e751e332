/** What voters are told is what their device knows; what only the server says is told as its word. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { BUSY, DROP, LOSE, json } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const SESSION = "GET /api/v1/session";
const RECORDED = "/api/v1/recorded";

/** A refusal in place of an answer. @param {string} name @param {number} status @returns {import("../relay.js").Deed} */
const refusal = (name, status) => ({ instead: { status, type: "application/problem+json", body: JSON.stringify({ type: `urn:escrutinio:problem:${name}`, status }) } });

/** The device wakes up, and asks how much time is left. */
const awake = (visit) => visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

/** What is stored, table by table. */
const stored = (visit, table) => visit.page.evaluate((name) => new Promise((resolve) => {
  const opening = indexedDB.open("escrutinio");
  opening.onsuccess = () => {
    const all = opening.result.transaction(name).objectStore(name).getAll();
    all.onsuccess = () => resolve(all.result.map((value) => (value instanceof Uint8Array ? value.join() : value.code)));
  };
}), table);

/** Messages to the worker, which are counted, and some of which wait. */
const watched = (visit) => visit.page.addInitScript(() => {
  const post = Worker.prototype.postMessage;
  globalThis.asked = {};
  Worker.prototype.postMessage = function ask(message, ...rest) {
    globalThis.asked[message.name] = (globalThis.asked[message.name] ?? 0) + 1;
    if (globalThis.slow === message.name) setTimeout(() => post.call(this, message, ...rest), 600);
    else post.call(this, message, ...rest);
  };
});

async function enter(visit) {
  await visit.press("Entrar");
  await visit.login();
}

/** On the receipt of a ballot, which is the first of some. */
async function receipt(how) {
  const visit = await here.visit(how);
  await visit.sealed();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  visit.receipt = await visit.tracking();
  return visit;
}

test("R-BAL-15 marks that change while the page looks at them are not reviewed as others", async () => {
  const visit = await here.visit();
  await watched(visit);
  await visit.first();
  await visit.ballot();
  await visit.mark("Partido Alba");
  await visit.page.evaluate(() => { globalThis.slow = "optionOfMarks"; });
  await visit.press("Revisar mi elección");
  await visit.page.getByRole("checkbox", { name: "Partido Alba" }).press("Space");
  await visit.page.getByRole("checkbox", { name: "Partido Brisa" }).press("Space");
  await visit.page.waitForTimeout(2500);
  await visit.at("ballot", { look: false });
  assert.equal(await visit.text(".now"), "Marcó: BRISA");
  await visit.press("Revisar mi elección");
  await visit.at("review");
  assert.match(await visit.text(), /BRISA/);
  await visit.close();
});

test("title and calendar are those of the sealed record, whatever the server says", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start");
  const sealed = await visit.text(".facts");
  visit.relay.always("/api/v1/election", json((said) => ({ ...said, title: "Otra", calendar: { ...said.calendar, voting_close: said.calendar.voting_close - 864_000 } })));
  await visit.page.reload();
  await visit.at("start");
  assert.equal(await visit.text(".facts"), sealed);
  assert.match(await visit.text(), /Nayarit/);
  await visit.close();
});

test("what enrols an authenticator leads to an authenticator, and not to an address that the server chose", async () => {
  const visit = await here.visit();
  visit.relay.always("/api/v1/access/factor", json((said) => ({ ...said, uri: "https://phishing.example/totp" })));
  await visit.open(visit.fragment);
  await visit.digits();
  await visit.choose("totp");
  await visit.says(".errors", /No la use y avise/);
  await visit.at("factor");
  assert.equal(await visit.page.locator('[href*="phishing"]').count(), 0);
  await visit.close();
});

test("R-CAST-18 who tests a device is told whose address the judge has, as the device may point elsewhere", async () => {
  const visit = await here.visit();
  await visit.sealed();
  await visit.press("Quiero probar que este dispositivo no hace trampa");
  await visit.press("Abrir y no emitir");
  await visit.at("audit");
  const steps = await visit.page.locator("ol.steps > li").allTextContents();
  assert.match(steps[0], /escriba usted la dirección/);
  assert.match(steps[1], /antes de abrirlo, vea que la dirección sea la de su correo/);
  await visit.close();
});

test("at the end voters are told that the link stays in the browser's history", async () => {
  const visit = await receipt();
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end");
  assert.match(await visit.text(), /borre luego las descargas y el historial.*la liga de su correo/s);
  await visit.close();
});

/** A disk of which an operation fails. */
const fails = (visit, what) => visit.page.addInitScript((name) => {
  IDBObjectStore.prototype[name] = () => { throw new DOMException("full", "QuotaExceededError"); };
}, what);

test("a disk that cannot forget a ballot takes no receipt away, and nobody is told that all was wiped", async () => {
  const visit = await here.visit();
  await fails(visit, "delete");
  await visit.sealed();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end", { name: "end-kept" });
  assert.match(await visit.text(), /no dejó borrar/);
  assert.equal(visit.relay.to("/api/v1/session", "DELETE").length, 1, "the session is ended all the same");
  await visit.close();
});

test("a disk that is full keeps nobody from voting, who is told not to close the page", async () => {
  const visit = await here.visit();
  await fails(visit, "put");
  await visit.sealed();
  visit.relay.next(BALLOTS, BUSY);
  await visit.press("Emitir mi voto");
  await visit.says("#main", /No cierre esta página/);
  await visit.at("receipt");
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end");
  await visit.close();
});

for (const [said, style, change] of [
  ["leaves a ballot out", "all", (contests) => contests.slice(1)],
  ["says that there is none", "one", () => []],
  ["has another in its place", "one", (contests) => contests.map((one) => ({ ...one, contest: one.contest + 1 }))],
]) {
  test(`R-BAL-13 the voter's ballots are those of the record: a server that ${said} is caught`, async () => {
    const visit = await here.visit({ style });
    visit.relay.always(SESSION, json((state) => ({ ...state, contests: change(state.contests) })));
    await visit.open(visit.fragment);
    await visit.digits();
    await visit.factor("sms");
    await visit.at("password");
    await visit.type("Contraseña nueva", visit.voter.password);
    await visit.press("Guardar y entrar");
    await visit.at("trouble", { name: "trouble-ballots" });
    assert.match(await visit.text(), /las boletas que le tocan/);
    await visit.close();
  });
}

test("R-AUTH-14 that somebody has voted is what the server says", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.press("Salir");
  await visit.at("left");
  visit.relay.always(SESSION, json((state) => ({ ...state, contests: state.contests.map((one) => ({ ...one, cast: true })) })));
  await visit.press("Ir al inicio");
  await visit.at("start");
  await enter(visit);
  await visit.at("voted");
  assert.match(await visit.text(), /El servidor dice que usted ya votó.*Si usted no votó.*El servidor dice que ya tiene su voto/s);
  await visit.close();
});

test("the link of somebody else takes nothing away from whoever enters", async () => {
  const visit = await here.visit();
  await visit.first();
  const kept = await stored(visit, "halves");
  assert.equal(kept.length, 1);
  await visit.press("Salir");
  await visit.at("left");
  await visit.page.goto("about:blank");
  await visit.open(new URL(here.place.voter().link).hash);
  await visit.at("digits");
  await visit.page.goBack();
  await visit.at("start");
  await enter(visit);
  await visit.at("home");
  assert.deepEqual(await stored(visit, "halves"), kept);
  await visit.close();
});

test("on a device that has only another's link the own one can be pasted", async () => {
  const first = await here.visit();
  await first.first();
  await first.close();
  const other = here.place.voter();
  const visit = await here.visit({ voter: first.voter });
  await visit.open(new URL(other.link).hash);
  await visit.at("digits");
  await visit.page.goBack();
  await visit.at("start");
  await enter(visit);
  await visit.at("need-link", { name: "need-link-others" });
  assert.match(await visit.text(), /es de otra persona/);
  assert.deepEqual(await stored(visit, "halves"), [], "nothing is stored that did not open the booth");
  await visit.type("Su liga de acceso", visit.voter.link);
  await visit.press("Seguir");
  await visit.at("home");
  assert.equal((await stored(visit, "halves")).length, 1);
  await visit.close();
});

for (const [how, deed] of [
  ["runs out", json((state) => ({ ...state, remaining: 2 }))],
  ["is over when the voter comes back", refusal("session-expired", 401)],
]) {
  test(`R-CAST-05 time that ${how} takes no receipt away`, async () => {
    const visit = await receipt();
    visit.relay.always(SESSION, deed);
    await awake(visit);
    await visit.says("#main", /Su tiempo terminó, pero este voto ya se emitió/);
    await visit.at("receipt", { name: "receipt-time" });
    assert.equal(await visit.tracking(), visit.receipt);
    assert.doesNotMatch(await visit.text(), /No se emitió ningún voto/);
    await visit.close();
  });
}

test("another tab takes over: the receipt stays where it is until the voter leaves it", async () => {
  const visit = await receipt();
  const first = visit.page;
  visit.on(await visit.context.newPage());
  await visit.open();
  await visit.at("elsewhere");
  await visit.press("Usar esta pestaña");
  await visit.at("start");
  visit.page = first;
  await first.bringToFront();
  await visit.says("#main", /sigue en otra pestaña/);
  await visit.at("receipt", { name: "receipt-moved" });
  assert.equal(await visit.tracking(), visit.receipt);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("moved");
  assert.deepEqual(await first.evaluate(() => ({ ...sessionStorage })), {});
  await visit.close();
});

test("time that ends while the ballot is on its way: the receipt comes, and nothing secret is left under it", async () => {
  const visit = await here.visit();
  await watched(visit);
  await visit.sealed();
  visit.relay.next(SESSION, json((state) => ({ ...state, remaining: 8 })));
  let go = () => {};
  visit.relay.next(BALLOTS, { hold: new Promise((resolve) => { go = resolve; }) });
  await awake(visit);
  await visit.says(".clock", /0:0/);
  const before = await visit.page.evaluate(() => globalThis.asked.forget ?? 0);
  // There is no time to go there by keyboard.
  await visit.page.evaluate(() => [...document.querySelectorAll("#main button")].find((one) => one.textContent === "Emitir mi voto").click());
  await visit.at("casting", { look: false });
  await visit.page.waitForTimeout(9000);
  go();
  await visit.at("receipt", { name: "receipt-time" });
  assert.match(await visit.text(), /Su tiempo terminó, pero este voto ya se emitió/);
  assert.equal(await visit.page.evaluate(() => globalThis.asked.forget ?? 0), before + 1, "the worker was wiped");
  await visit.close();
});

test("two receipts are both there until the voter leaves", async () => {
  const visit = await receipt({ style: "all" });
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { look: false });
  await visit.seal(["Candidatura común Duna y Encino"]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { name: "receipt-two" });
  await visit.press("Ver el comprobante de Senaduría de Mayoría Relativa");
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.receipt);
  await visit.close();
});

test("R-BAL-13 a reload on the receipt of one ballot of several is not the end", async () => {
  const visit = await receipt({ style: "all" });
  await visit.page.reload();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.receipt);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("left-unsure");
  assert.doesNotMatch(await visit.text(), /Gracias|borramos/);
  assert.equal((await stored(visit, "halves")).length, 1, "the half is there for the other ballots");
  await enter(visit);
  await visit.at("home", { name: "home-said" });
  assert.match(await visit.text(), /El servidor dice que ya tiene su voto.*Ver la boleta/s);
  await visit.close();
});

test("R-CAST-10 a vote that was signed here gets its receipt where no half can be opened any more", async () => {
  const visit = await here.visit();
  const code = await visit.sealed();
  // It arrives, its answer is lost, and then the session is over.
  visit.relay.next(BALLOTS, LOSE, refusal("session-expired", 401));
  await visit.press("Emitir mi voto");
  await visit.at("interrupted");
  await visit.page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open("escrutinio");
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("halves", "readwrite");
      transaction.objectStore("halves").clear();
      transaction.oncomplete = resolve;
    };
  }));
  await enter(visit);
  // Whose it is no credential says; the voter does.
  await visit.at("need-link", { name: "need-link-signed" });
  assert.equal(await visit.tracking(), code);
  await visit.press("Yo lo firmé: enviar el mismo");
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end");
  await visit.close();
});

test("R-BAL-13 after the receipt of a vote that was signed before, the other ballots are open", async () => {
  const visit = await here.visit({ style: "all" });
  await visit.sealed();
  visit.relay.next(BALLOTS, refusal("session-expired", 401));
  await visit.press("Emitir mi voto");
  await visit.at("interrupted");
  await enter(visit);
  await visit.at("receipt");
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { name: "ballot-Gubernatura" });
  await visit.close();
});

test("R-CAST-13 a server that says it has the ballot and gives no promise is not believed: the ballot stays", async () => {
  const visit = await here.visit();
  await visit.sealed();
  visit.relay.always(BALLOTS, refusal("already-voted", 409));
  visit.relay.always(RECORDED, json(() => ({ recorded: true })));
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { name: "stopped-unproven" });
  assert.match(await visit.text(), /dice que tiene justo este voto, pero no manda su promesa/);
  assert.doesNotMatch(await visit.text(), /quedó registrado/);
  assert.equal((await stored(visit, "ballots")).length, 1);
  visit.relay.honest();
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  assert.deepEqual(await stored(visit, "ballots"), [], "a promise wipes it");
  await visit.close();
});

for (const [problem, status, said, state, text] of [
  ["already-voted", 409, false, "settled-other", /El servidor dice.*No lo ha demostrado/s],
  ["credential-used", 409, false, "settled-other", /El servidor dice/],
  ["closed", 403, true, "settled-arrived", /El servidor dice que tiene su voto.*no hay comprobante/s],
  ["closed", 403, false, "settled-late", /El servidor dice/],
]) {
  test(`R-CAST-13 ${problem}, and the server says ${said}: it is told as its word, and the ballot stays`, async () => {
    const visit = await here.visit();
    await visit.sealed();
    visit.relay.always(BALLOTS, refusal(String(problem), Number(status)));
    visit.relay.always(RECORDED, json(() => ({ recorded: said })));
    await visit.press("Emitir mi voto");
    await visit.at(state);
    assert.match(await visit.text(), text);
    assert.equal((await stored(visit, "ballots")).length, 1);
    await visit.close();
  });
}

test("R-CAST-13 a refusal, and nobody to ask what became of the ballot: that is what is told, it stays, and is sent again", async () => {
  const visit = await here.visit();
  const code = await visit.sealed();
  visit.relay.always(BALLOTS, refusal("closed", 403));
  visit.relay.always(RECORDED, DROP);
  await visit.press("Emitir mi voto");
  await visit.at("settled-unknown");
  assert.equal(await visit.tracking(), code);
  assert.doesNotMatch(await visit.text(), /El servidor dice/);
  assert.equal((await stored(visit, "ballots")).length, 1);
  visit.relay.honest();
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  assert.equal(new Set(visit.ballots).size, 1);
  assert.deepEqual(await stored(visit, "ballots"), []);
  await visit.close();
});

test("R-CAST-13 a signed ballot goes by the voter's word, and then another can be marked", async () => {
  const visit = await here.visit();
  await visit.sealed();
  visit.relay.always(BALLOTS, refusal("ballot-proof", 422));
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { name: "stopped-refused" });
  assert.match(await visit.text(), /ballot-proof/);
  assert.doesNotMatch(await visit.text(), /No se firmó/);
  await visit.press("Quitar de aquí este voto firmado");
  await visit.at("discard");
  await visit.press("No, dejarlo guardado");
  await visit.at("home", { name: "home-signed" });
  assert.equal((await stored(visit, "ballots")).length, 1);
  await visit.press("Enviar el mismo: Senaduría de Mayoría Relativa");
  await visit.at("stopped");
  await visit.press("Quitar de aquí este voto firmado");
  await visit.at("discard");
  await visit.press("Sí, quitarlo");
  await visit.at("login", { look: false });
  assert.deepEqual(await stored(visit, "ballots"), []);
  visit.relay.honest();
  await visit.login();
  await visit.at("home");
  await visit.ballot();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.close();
});

test("R-BAL-13 a ballot that the server refuses bars no other, in this session or the next", async () => {
  const visit = await here.visit({ style: "all" });
  await visit.sealed();
  visit.relay.always(BALLOTS, refusal("ballot-proof", 422));
  await visit.press("Emitir mi voto");
  await visit.at("stopped");
  await visit.press("Seguir");
  await visit.at("home", { look: false });
  await visit.press("Salir");
  await visit.at("left");
  await visit.page.reload();
  await visit.at("start");
  await enter(visit);
  await visit.at("stopped");
  await visit.press("Seguir");
  await visit.at("home", { look: false });
  visit.relay.honest();
  await visit.ballot("Gubernatura del Estado");
  await visit.seal(["Candidatura común Duna y Encino"]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { look: false });
  await visit.page.goBack();
  await visit.at("home", { look: false });
  await visit.press("Enviar el mismo: Senaduría de Mayoría Relativa");
  await visit.at("receipt");
  const cast = await visit.cast();
  assert.equal(cast.filter(Boolean).length, 2);
  await visit.close();
});
