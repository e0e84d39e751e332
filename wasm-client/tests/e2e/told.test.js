/** What voters are told is what their device knows; what only the server says is told as its word. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { stage } from "./browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());
beforeEach(() => here.server.reset());

/** A server that lies: what it answers on a path is changed. */
const lie = (visit, path, change) => visit.context.route(`**/api/v1${path}`, async (route) => {
  const answer = await route.fetch();
  await route.fulfill({ response: answer, json: change(await answer.json()) });
});

/** A refusal in place of an answer. */
const refuse = (visit, path, type, status) => visit.context.route(`**/api/v1${path}`, (route) => route.fulfill({
  status, contentType: "application/problem+json", body: JSON.stringify({ type: `urn:escrutinio:problem:${type}`, status }),
}));

const main = (visit) => visit.page.textContent("#main");

for (const name of ["verify", "results"]) {
  test(`a record that holds and is of another election has no results here: ${name}.html`, async () => {
    const visit = await here.visit();
    await visit.page.route("**/config.json", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), election: "e2".repeat(32) } });
    });
    await visit.page.goto(`${here.server.base}/${name}.html`);
    await visit.at(name);
    await visit.press("Bajar el expediente y verificar");
    await visit.at(`${name}-other`, { shot: `320-71-${name}-other` });
    assert.match(await main(visit), /e2e2.*e1e1/s, "both are named");
    assert.equal(await visit.page.locator("table, .chart, .done-card").count(), 0, "no figure of it is shown");
    await visit.close();
  });
}

test("R-BAL-15 marks that change while the page looks at them are not reviewed as others", async () => {
  const visit = await here.visit();
  // A device on which the answer about the marks takes its time.
  await visit.page.route("**/src/crypto.js", async (route) => {
    const answer = await route.fetch();
    const code = (await answer.text()).replace(/(export async function optionOfMarks\([^)]*\) \{)/, "$1 if (globalThis.slow) await wait(600);");
    await route.fulfill({ response: answer, body: code });
  });
  await visit.first();
  await visit.press("Ver la boleta: Senaduría de Mayoría Relativa");
  await visit.at("ballot", { axe: false });
  await visit.mark("Partido Alba");
  await visit.page.evaluate(() => { globalThis.slow = true; });
  await visit.press("Revisar mi elección");
  await visit.page.getByRole("checkbox", { name: "Partido Alba" }).click();
  await visit.page.getByRole("checkbox", { name: "Partido Brisa" }).click();
  await visit.page.waitForTimeout(1500);
  await visit.at("ballot", { axe: false });
  assert.equal(await visit.page.textContent(".now"), "Marcó: BRISA");
  await visit.press("Revisar mi elección");
  await visit.at("review", { axe: false });
  assert.match(await main(visit), /BRISA/);
  await visit.close();
});

test("title, calendar, and whether it binds are those of the sealed record, whatever the server says", async () => {
  const visit = await here.visit();
  await lie(visit, "/election", (said) => ({ ...said, title: "Otra", binding: false, session_minutes: 1, calendar: { ...said.calendar, voting_close: said.calendar.voting_close - 5 * 86_400 } }));
  await visit.open();
  await visit.at("start");
  const text = await visit.page.textContent("body");
  assert.match(text, /Nayarit.*domingo, 5 de diciembre de 2021.*hasta 30\./s);
  assert.doesNotMatch(text, /Otra|no es obligatorio/);
  await visit.close();
});

test("a test is called one even if its server does not say so", async () => {
  const visit = await here.visit();
  await visit.page.route("**/src/election.js", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace("test: false", "test: true") });
  });
  await visit.open();
  await visit.at("start");
  assert.match(await visit.page.textContent(".alarm"), /PRUEBA/);
  await visit.close();
});

test("what enrols an authenticator leads to an authenticator, and not to an address that the server chose", async () => {
  const visit = await here.visit();
  await lie(visit, "/access/factor", (said) => ({ ...said, uri: "https://phishing.example/totp" }));
  await visit.open("#aGFsZg.dG9rZW4");
  await visit.at("digits", { axe: false });
  await visit.type("Últimos cuatro dígitos", "4821");
  await visit.press("Seguir");
  await visit.at("factor", { axe: false });
  await visit.mark("Con una aplicación de códigos");
  await visit.press("Seguir");
  await visit.page.waitForSelector(".errors");
  await visit.at("factor");
  assert.match(await visit.page.textContent(".errors"), /No la use y avise/);
  assert.equal(await visit.page.locator('[href*="phishing"]').count(), 0);
  await visit.close();
});

test("R-CAST-18 who tests a device is told whose address the judge has, as the device may point elsewhere", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.seal();
  await visit.press("Quiero probar que este dispositivo no hace trampa");
  await visit.press("Abrir y no emitir");
  await visit.at("audit", { shot: "320-72-address" });
  const steps = await visit.page.locator("ol.steps > li").allTextContents();
  assert.match(steps[0], /escriba usted la dirección/);
  assert.match(steps[1], /antes de abrirlo, vea que la dirección sea la de su correo/);
  await visit.close();
});

test("at the end voters are told that the link stays in the browser's history", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { axe: false });
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end", { shot: "320-73-history" });
  assert.match(await main(visit), /borre luego las descargas y el historial.*la liga de su correo/s);
  await visit.close();
});

/** A disk that takes nothing more, of which `what` are the operations that fail. */
const fullDisk = (visit, ...what) => visit.page.addInitScript((names) => {
  for (const name of names) {
    const works = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function fail(...values) {
      if (globalThis.disk === "works") return works.apply(this, values);
      throw new DOMException("full", "QuotaExceededError");
    };
  }
}, what);

test("a disk that cannot forget a ballot takes no receipt away", async () => {
  const visit = await here.visit();
  await fullDisk(visit, "delete");
  await visit.first();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  assert.match(await main(visit), /prometió contarlo/);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end", { shot: "320-74-kept" });
  assert.match(await main(visit), /no dejó borrar/, "and nobody is told that all was wiped");
  assert.equal(here.server.state.log.filter(({ method }) => method === "DELETE").length, 1, "the session is ended all the same");
  await visit.close();
});

test("a disk that is full keeps nobody from voting", async () => {
  const visit = await here.visit();
  await fullDisk(visit, "put");
  await visit.first();
  await visit.seal();
  here.server.state.ballots = ["busy"];
  await visit.press("Emitir mi voto");
  await visit.page.waitForFunction(() => document.getElementById("main").textContent.includes("No cierre esta página"));
  await visit.at("receipt", { axe: false });
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end", { axe: false });
  await visit.close();
});

for (const [said, contests] of [["leaves a ballot out", [0]], ["says that there is none", []], ["adds one", [0, 1, 1]]]) {
  test(`R-BAL-13 the voter's ballots are those of the record: a server that ${said} is caught`, async () => {
    Object.assign(here.server.state, { own: [0, 1], contests });
    const visit = await here.visit();
    await visit.open("#aGFsZg.used");
    await visit.at("login", { axe: false });
    await visit.login();
    await visit.at("trouble", { shot: "320-75-ballots" });
    assert.match(await main(visit), /las boletas que le tocan/);
    await visit.close();
  });
}

test("R-AUTH-14 that somebody has voted is what the server says", async () => {
  here.server.state.cast.add(0);
  const visit = await here.visit();
  await visit.open();
  await visit.at("start", { axe: false });
  await visit.press("Entrar");
  await visit.login();
  await visit.at("voted", { shot: "320-76-voted" });
  assert.match(await main(visit), /El servidor dice que usted ya votó.*Si usted no votó.*El servidor dice que ya tiene su voto/s);
  await visit.close();
});

/** What is stored of halves, by user. */
const halves = (visit) => visit.page.evaluate(() => new Promise((resolve) => {
  const opening = indexedDB.open("escrutinio");
  opening.onsuccess = () => {
    const objects = opening.result.transaction("halves").objectStore("halves");
    const [keys, values] = [objects.getAllKeys(), objects.getAll()];
    values.onsuccess = () => resolve(keys.result.map((key, at) => `${key.split("/")[1]}: ${new TextDecoder().decode(values.result[at])}`).join(", "));
  };
}));

async function enter(visit) {
  await visit.press("Entrar");
  await visit.at("login", { axe: false });
  await visit.login();
}

test("the link of somebody else takes nothing away from whoever enters, and another can be pasted", async () => {
  const visit = await here.visit();
  await visit.first();
  const kept = await halves(visit);
  assert.match(kept, /aGFsZg/);
  await visit.press("Salir");
  await visit.at("left", { axe: false });
  await visit.page.goto("about:blank");
  await visit.open("#b3RyYQ.used");
  await visit.at("login", { axe: false });
  await visit.login();
  await visit.at("home", { axe: false });
  assert.equal(await halves(visit), kept, "the own half is as it was, and is the one that is used");
  await visit.close();
});

test("on a device that has only another's link the own one can be pasted", async () => {
  const visit = await here.visit();
  await visit.open("#b3RyYQ.used");
  await visit.at("login", { axe: false });
  await visit.login();
  await visit.at("need-link", { shot: "320-77-others" });
  assert.match(await main(visit), /es de otra persona/);
  assert.equal(await halves(visit), "", "nothing is stored that did not open the booth");
  await visit.type("Su liga de acceso", "https://voto.example/#b3RyYQ.used");
  await visit.press("Seguir");
  await visit.page.waitForFunction(() => document.querySelector("#main[data-state=need-link] textarea")?.value === "");
  await visit.type("Su liga de acceso", "https://voto.example/#aGFsZg.used");
  await visit.press("Seguir");
  await visit.at("home", { axe: false });
  assert.match(await halves(visit), /aGFsZg/);
  await visit.close();
});

/** On the receipt of the first of so many ballots. */
async function receipt(visit) {
  await visit.first();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { axe: false });
  return visit.page.textContent(".groups");
}

test("R-CAST-05 time that ends on the receipt takes nothing of it away", async () => {
  const visit = await here.visit();
  const code = await receipt(visit);
  here.server.state.remaining = 2;
  await visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visit.page.waitForFunction(() => document.getElementById("main").textContent.includes("Su tiempo terminó"), null, { timeout: 8000 });
  await visit.at("receipt", { shot: "320-78-time" });
  assert.equal(await visit.page.textContent(".groups"), code);
  assert.doesNotMatch(await main(visit), /No se emitió ningún voto/);
  await visit.close();
});

test("R-CAST-05 time that is over when the voter comes back takes no receipt away", async () => {
  const visit = await here.visit();
  const code = await receipt(visit);
  await refuse(visit, "/session", "session-expired", 401);
  await visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visit.page.waitForFunction(() => document.getElementById("main").textContent.includes("Su tiempo terminó"));
  await visit.at("receipt", { axe: false });
  assert.equal(await visit.page.textContent(".groups"), code);
  await visit.close();
});

test("another tab takes over: the receipt stays where it is until the voter leaves it", async () => {
  const visit = await here.visit();
  const code = await receipt(visit);
  const first = visit.page;
  visit.on(await visit.context.newPage());
  await visit.open();
  await visit.at("elsewhere", { axe: false });
  await visit.press("Usar esta pestaña");
  await visit.at("start", { axe: false });
  visit.page = first;
  await first.bringToFront();
  await visit.page.waitForFunction(() => document.getElementById("main").textContent.includes("sigue en otra pestaña"));
  await visit.at("receipt", { shot: "320-79-moved" });
  assert.equal(await first.textContent(".groups"), code);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("moved", { axe: false });
  assert.deepEqual(await first.evaluate(() => ({ ...sessionStorage })), {});
  await visit.close();
});

test("time that ends while the ballot is on its way: the receipt comes, and nothing secret is left under it", async () => {
  const visit = await here.visit();
  await visit.page.route("**/src/crypto.js", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/(export async function forget\(\) \{)/, "$1 globalThis.forgotten = (globalThis.forgotten ?? 0) + 1;") });
  });
  here.server.state.remaining = 12;
  await visit.first();
  await visit.seal();
  here.server.state.remaining = 3;
  await visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visit.page.waitForTimeout(300);
  here.server.state.ballots = ["slow"];
  const before = await visit.page.evaluate(() => globalThis.forgotten ?? 0);
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { axe: false });
  assert.match(await main(visit), /Su tiempo terminó, pero este voto ya se emitió/);
  assert.equal(await visit.page.evaluate(() => globalThis.forgotten ?? 0), before + 1, "the worker was wiped");
  await visit.close();
});

test("two receipts are both there until the voter leaves", async () => {
  Object.assign(here.server.state, { contests: [0, 1] });
  const visit = await here.visit();
  const first = await receipt(visit);
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { axe: false });
  await visit.mark("Girasol");
  await visit.press("Revisar mi elección");
  await visit.at("review", { axe: false });
  await visit.press("Sí, cifrar mi voto");
  await visit.at("code", { axe: false });
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { shot: "320-80-two" });
  await visit.press("Ver el comprobante de Senaduría de Mayoría Relativa");
  await visit.at("receipt", { axe: false });
  assert.equal(await visit.page.textContent(".groups"), first);
  await visit.close();
});

test("R-BAL-13 a reload on the receipt of one ballot of two is not the end", async () => {
  here.server.state.contests = [0, 1];
  const visit = await here.visit();
  const code = await receipt(visit);
  await visit.page.reload();
  await visit.at("receipt", { axe: false });
  assert.equal(await visit.page.textContent(".groups"), code);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("left-unsure", { shot: "320-81-unsure" });
  assert.doesNotMatch(await main(visit), /Gracias|borramos/);
  assert.notEqual(await halves(visit), "", "the half is there for the other ballot");
  await enter(visit);
  await visit.at("home", { axe: false });
  assert.match(await main(visit), /El servidor dice que ya tiene su voto.*Ver la boleta/s);
  await visit.close();
});

test("R-CAST-10 whoever has a new password, and no link at hand, still gets the receipt of the vote that was signed here", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.seal();
  // It arrives, and the session ends before the answer.
  await visit.context.route("**/session/ballots", async (route) => {
    await route.fetch();
    await route.fulfill({ status: 401, contentType: "application/problem+json", body: '{"type":"urn:escrutinio:problem:session-expired"}' });
  });
  await visit.press("Emitir mi voto");
  await visit.at("interrupted", { axe: false });
  await visit.context.unroute("**/session/ballots");
  assert.equal(here.server.state.accepted.length, 1);
  await visit.press("Entrar");
  await visit.at("login", { axe: false });
  await visit.login(undefined, "otra frase muy larga");
  await visit.at("receipt", { axe: false });
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end", { axe: false });
  await visit.close();
});

test("R-BAL-13 after the receipt of a vote that was signed before, the other ballot is open", async () => {
  here.server.state.contests = [0, 1];
  const visit = await here.visit();
  await visit.first();
  await visit.seal();
  here.server.state.ballots = ["expired"];
  await visit.press("Emitir mi voto");
  await visit.at("interrupted", { axe: false });
  await enter(visit);
  await visit.at("receipt", { axe: false });
  await visit.press("Seguir con la próxima boleta");
  await visit.at("home", { axe: false });
  await visit.press("Ver la boleta: Gubernatura del Estado");
  await visit.at("ballot", { axe: false });
  await visit.close();
});

/** How many signed ballots are stored. */
const signed = (visit) => visit.page.evaluate(() => new Promise((resolve) => {
  const opening = indexedDB.open("escrutinio");
  opening.onsuccess = () => {
    const count = opening.result.transaction("ballots").objectStore("ballots").count();
    count.onsuccess = () => resolve(count.result);
  };
}));

async function sealed(visit) {
  await visit.first();
  await visit.seal();
}

test("R-CAST-13 a server that says it has the ballot and gives no promise is not believed: the ballot stays", async () => {
  const visit = await here.visit();
  await sealed(visit);
  await refuse(visit, "/session/ballots", "already-voted", 409);
  await lie(visit, "/recorded", () => ({ recorded: true }));
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { shot: "320-82-unproven" });
  assert.match(await main(visit), /dice que tiene justo este voto, pero no manda su promesa/);
  assert.doesNotMatch(await main(visit), /quedó registrado/);
  assert.equal(await signed(visit), 1);
  await visit.context.unroute("**/api/v1/session/ballots");
  await visit.press("Intentar de nuevo");
  await visit.at("receipt", { axe: false });
  assert.equal(await signed(visit), 0, "a promise wipes it");
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
    await sealed(visit);
    await refuse(visit, "/session/ballots", problem, status);
    await lie(visit, "/recorded", () => ({ recorded: said }));
    await visit.press("Emitir mi voto");
    await visit.at(state, { shot: `320-83-${problem}-${said}` });
    assert.match(await main(visit), text);
    assert.equal(await signed(visit), 1);
    await visit.close();
  });
}

test("R-CAST-13 a signed ballot goes by the voter's word, and then another can be marked", async () => {
  const visit = await here.visit();
  await sealed(visit);
  await refuse(visit, "/session/ballots", "ballot-proof", 422);
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { shot: "320-84-refused" });
  assert.match(await main(visit), /ballot-proof/);
  assert.doesNotMatch(await main(visit), /No se firmó/);
  await visit.press("Quitar de aquí este voto firmado");
  await visit.at("discard", { shot: "320-85-discard" });
  await visit.press("No, dejarlo guardado");
  await visit.at("home", { axe: false });
  assert.equal(await signed(visit), 1);
  await visit.press("Enviar el mismo: Senaduría de Mayoría Relativa");
  await visit.at("stopped", { axe: false });
  await visit.press("Quitar de aquí este voto firmado");
  await visit.at("discard", { axe: false });
  await visit.press("Sí, quitarlo");
  await visit.at("login", { axe: false });
  assert.equal(await signed(visit), 0);
  await visit.context.unroute("**/api/v1/session/ballots");
  await visit.login();
  await visit.at("home", { axe: false });
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { axe: false });
  await visit.close();
});

test("R-BAL-13 a ballot that the server refuses bars no other, in this session or the next", async () => {
  here.server.state.contests = [0, 1];
  const visit = await here.visit();
  await sealed(visit);
  await refuse(visit, "/session/ballots", "ballot-proof", 422);
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { axe: false });
  await visit.press("Seguir");
  await visit.at("home", { shot: "320-86-signed" });
  await visit.press("Salir");
  await visit.at("left", { axe: false });
  await visit.page.reload();
  await visit.at("start", { axe: false });
  await enter(visit);
  await visit.at("stopped", { axe: false });
  await visit.press("Seguir");
  await visit.at("home", { axe: false });
  await visit.context.unroute("**/api/v1/session/ballots");
  await visit.press("Ver la boleta: Gubernatura del Estado");
  await visit.at("ballot", { axe: false });
  await visit.mark("Girasol");
  await visit.press("Revisar mi elección");
  await visit.at("review", { axe: false });
  await visit.press("Sí, cifrar mi voto");
  await visit.at("code", { axe: false });
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { axe: false });
  await visit.press("Seguir con la próxima boleta");
  await visit.at("home", { axe: false });
  await visit.press("Enviar el mismo: Senaduría de Mayoría Relativa");
  await visit.at("receipt", { axe: false });
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end", { axe: false });
  assert.equal(here.server.state.accepted.length, 2);
  await visit.close();
});
