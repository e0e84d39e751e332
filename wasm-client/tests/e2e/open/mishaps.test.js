/** Whatever happens while a ballot is on its way: never a lost vote, never two, always a clear state. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { BUSY, DROP, HALF, LOSE, STORAGE, flip } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const again = (visit) => visit.says(".doing", /otra vez/);

/** One ballot was sent, and the casting server has it. */
async function one(visit, times) {
  assert.equal(new Set(visit.ballots).size, 1, "one ballot");
  if (times !== undefined) assert.equal(visit.ballots.length, times);
  assert.deepEqual(await visit.cast(), [true]);
}

async function sealed(how) {
  const visit = await here.visit(how);
  visit.envelope = await visit.sealed();
  return visit;
}

test("R-CAST-10 the server is busy, the line breaks, answers are lost: the same bytes until there is a promise", async () => {
  const visit = await sealed({ width: 320 });
  visit.relay.next(BALLOTS, STORAGE, BUSY, DROP, HALF, LOSE);
  await visit.press("Emitir mi voto");
  await again(visit);
  await visit.at("casting");
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.envelope);
  await one(visit, 6);
  await visit.close();
});

test("R-CAST-10 a reload in the middle goes on by itself, with the same bytes", async () => {
  const visit = await sealed();
  visit.relay.next(BALLOTS, DROP, BUSY);
  visit.page.on("dialog", (dialog) => dialog.accept());
  await visit.press("Emitir mi voto");
  await again(visit);
  await visit.page.reload();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.envelope);
  await one(visit);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end");
  await visit.close();
});

test("R-CAST-10 a reload after the server took it, before its answer came", async () => {
  const visit = await sealed();
  visit.relay.next(BALLOTS, LOSE, BUSY);
  visit.page.on("dialog", (dialog) => dialog.accept());
  await visit.press("Emitir mi voto");
  await again(visit);
  assert.deepEqual(await visit.cast(), [true]);
  await visit.page.reload();
  await visit.at("receipt");
  await one(visit);
  await visit.close();
});

test("the page is closed while casting and opened again", async () => {
  const visit = await sealed();
  visit.relay.always(BALLOTS, DROP);
  await visit.press("Emitir mi voto");
  await again(visit);
  await visit.page.close();
  visit.relay.honest();
  visit.on(await visit.context.newPage());
  await visit.open();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.envelope);
  await one(visit);
  await visit.close();
});

test("no network at all for a while, as in a tunnel", async () => {
  const visit = await sealed();
  await visit.context.setOffline(true);
  await visit.press("Emitir mi voto");
  await again(visit);
  await visit.at("casting");
  await visit.context.setOffline(false);
  await visit.at("receipt");
  await one(visit, 1);
  await visit.close();
});

test("the network is lost while encrypting: nothing was needed of it", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.ballot();
  await visit.context.setOffline(true);
  await visit.seal();
  await visit.context.setOffline(false);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await one(visit, 1);
  await visit.close();
});

test("the device is put to sleep in the middle of casting, as by a telephone call", async () => {
  const visit = await sealed();
  const device = await visit.context.newCDPSession(visit.page);
  let arrived = () => {};
  const answered = new Promise((resolve) => { arrived = resolve; });
  visit.relay.next(BALLOTS, { hold: answered });
  await visit.press("Emitir mi voto");
  await visit.at("casting");
  await device.send("Page.setWebLifecycleState", { state: "frozen" });
  arrived();
  await new Promise((resolve) => { setTimeout(resolve, 1500); });
  await device.send("Page.setWebLifecycleState", { state: "active" });
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.envelope);
  await one(visit);
  await visit.close();
});

test("the device sleeps while the line is broken, and wakes up", async () => {
  const visit = await sealed();
  const device = await visit.context.newCDPSession(visit.page);
  visit.relay.next(BALLOTS, DROP, DROP);
  await visit.press("Emitir mi voto");
  await again(visit);
  await device.send("Page.setWebLifecycleState", { state: "frozen" });
  await new Promise((resolve) => { setTimeout(resolve, 1000); });
  await device.send("Page.setWebLifecycleState", { state: "active" });
  await visit.at("receipt");
  await one(visit);
  await visit.close();
});

test("the receipt is still there after a reload, until the voter leaves", async () => {
  const visit = await sealed();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.page.reload();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.envelope);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("left-unsure");
  await visit.page.reload();
  await visit.at("start");
  assert.ok(!(await visit.text("body")).includes(visit.envelope));
  await visit.close();
});

test("the session ends while the ballot is on its way: entering again sends the same one", async () => {
  const visit = await sealed();
  const reached = visit.relay.always(BALLOTS, DROP);
  await visit.press("Emitir mi voto");
  await again(visit);
  // One session at a time: who enters elsewhere ends this one.
  const elsewhere = await here.visit({ voter: visit.voter });
  await elsewhere.open();
  await elsewhere.at("start");
  await elsewhere.press("Entrar");
  await elsewhere.login();
  await elsewhere.at("need-link");
  reached();
  await visit.at("interrupted");
  assert.equal(await visit.tracking(), visit.envelope);
  await visit.press("Entrar");
  await visit.at("login", { name: "login-sent" });
  await visit.login();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.envelope);
  await one(visit);
  await elsewhere.close();
  await visit.close();
});

test("somebody else who enters on the device sends nothing of the first voter, who finds it again", async () => {
  const visit = await sealed();
  visit.relay.always(BALLOTS, DROP);
  visit.page.on("dialog", (dialog) => dialog.accept());
  await visit.press("Emitir mi voto");
  await again(visit);
  await visit.page.evaluate(() => sessionStorage.clear());
  const other = await here.visit();
  await other.first();
  await other.close();
  await visit.page.goto("about:blank");
  const before = visit.ballots.length;
  await visit.open();
  await visit.at("start");
  visit.relay.honest();
  await visit.press("Entrar");
  await visit.at("login");
  await visit.type("Usuario", other.voter.user);
  await visit.type("Contraseña", other.voter.password);
  await visit.press("Seguir");
  await visit.at("factor");
  const sent = (await here.place.phones.to(other.voter.phone)).length;
  await visit.choose("sms");
  await visit.at("code-entry", { name: "code-sms" });
  await visit.type("Código del mensaje de texto", await here.place.phones.code(other.voter.phone, sent));
  await visit.press("Seguir");
  await visit.at("need-link");
  assert.equal(visit.ballots.length, before);
  await visit.page.reload();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), visit.envelope);
  await one(visit);
  await visit.close();
});

test("R-CAST-01 another ballot of this voter stands: this one is not counted, and it is said", async () => {
  const visit = await sealed();
  visit.relay.always(BALLOTS, DROP);
  await visit.press("Emitir mi voto");
  await again(visit);
  // The same voter votes on another device meanwhile, whose ballot arrives.
  const elsewhere = await here.visit({ voter: visit.voter });
  await elsewhere.open(visit.fragment);
  await elsewhere.login();
  await elsewhere.at("home");
  await elsewhere.ballot();
  const counted = await elsewhere.seal(["Partido Brisa"]);
  await elsewhere.press("Emitir mi voto");
  await elsewhere.at("receipt");
  visit.relay.honest();
  await visit.at("interrupted");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("settled-other");
  assert.equal(await visit.tracking(), visit.envelope);
  assert.notEqual(visit.envelope, counted);
  assert.ok(visit.relay.to(BALLOTS).every(({ status }) => status !== 200), "no promise was given for it");
  await visit.press("Seguir");
  await visit.at("home", { name: "home-signed" });
  assert.match(await visit.text(), /Falta su comprobante/, "its bytes stay until the voter says otherwise");
  await elsewhere.close();
  await visit.close();
});

test("R-CAST-13 a promise that does not hold is no promise: the ballot is kept, the code shown", async () => {
  const visit = await sealed();
  // Another digit: of its form it stays a receipt.
  visit.relay.next(BALLOTS, { answered: (text) => Buffer.from(text.toString().replace(/(promise .{12})(.)/s, (_, before, digit) => before + (digit === "0" ? "1" : "0"))) });
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { name: "stopped-promise" });
  assert.match(await visit.text(), /promesa del servidor no corresponde/);
  assert.equal(await visit.tracking(), visit.envelope);
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  await one(visit, 2);
  await visit.close();
});

test("R-CAST-13 another voter's promise is none, nor is an answer that is no receipt", async () => {
  const other = await sealed();
  await other.press("Emitir mi voto");
  await other.at("receipt");
  const [{ answer }] = other.relay.to(BALLOTS);
  await other.close();
  const visit = await sealed();
  visit.relay.next(BALLOTS, { answered: () => answer }, { answered: () => Buffer.from("gracias") });
  await visit.press("Emitir mi voto");
  await visit.at("stopped");
  assert.match(await visit.text(), /promesa del servidor no corresponde/);
  await visit.press("Intentar de nuevo");
  await visit.says("#main", /no es un comprobante/);
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  await one(visit, 3);
  await visit.close();
});

test("a ballot that was damaged on its way is refused by the server; the voter is told, with the code", async () => {
  const visit = await sealed();
  visit.relay.next(BALLOTS, { asked: flip(-1) });
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { name: "stopped-refused" });
  assert.match(await visit.text(), /ballot-|credential-/);
  assert.equal(await visit.tracking(), visit.envelope);
  assert.deepEqual(await visit.cast(), [false]);
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  await one(visit, 2);
  await visit.close();
});

test("a double click casts once", async () => {
  const visit = await sealed();
  await visit.page.getByRole("button", { name: "Emitir mi voto" }).dblclick();
  await visit.at("receipt");
  await one(visit, 1);
  await visit.close();
});

test("the back button leads to the question before, and stops where a vote is on its way or cast", async () => {
  const visit = await sealed();
  visit.relay.next(BALLOTS, BUSY, BUSY);
  await visit.press("Emitir mi voto");
  await again(visit);
  await visit.page.goBack().catch(() => undefined);
  await visit.at("casting");
  await visit.at("receipt");
  await visit.page.goBack().catch(() => undefined);
  await visit.at("receipt");
  await one(visit, 3);
  await visit.close();
});

test("R-CAST-20 a second tab waits, takes over, and the first says so; leaving is not voting", async () => {
  const visit = await sealed();
  const first = visit.page;
  visit.on(await visit.context.newPage());
  await visit.open();
  await visit.at("elsewhere");
  await visit.press("Usar esta pestaña");
  await visit.at("start");
  const second = visit.page;
  visit.page = first;
  await visit.at("moved");
  visit.page = second;
  assert.equal(visit.ballots.length, 0);
  assert.deepEqual(await visit.cast(), [false]);
  await visit.press("Entrar");
  await visit.login();
  await visit.at("home");
  await visit.ballot();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await one(visit, 1);
  await visit.close();
});

test("a tab that is sending is not taken over", async () => {
  const visit = await sealed();
  let go = () => {};
  visit.relay.next(BALLOTS, { hold: new Promise((resolve) => { go = resolve; }) });
  await visit.press("Emitir mi voto");
  await visit.at("casting");
  const first = visit.page;
  visit.on(await visit.context.newPage());
  await visit.open();
  await visit.at("elsewhere");
  await visit.press("Usar esta pestaña");
  await visit.says("[role=status]:not(#live)", /está enviando/);
  go();
  visit.page = first;
  await visit.at("receipt");
  await one(visit, 1);
  await visit.close();
});

test("a tab that does not answer, as those that a telephone has put to sleep, is to be closed", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start");
  const first = visit.page;
  const asleep = await visit.context.newCDPSession(first);
  await asleep.send("Debugger.enable");
  await asleep.send("Debugger.pause");
  visit.on(await visit.context.newPage());
  await visit.open();
  await visit.at("elsewhere");
  await visit.press("Usar esta pestaña");
  await visit.says("[role=status]:not(#live)", /no contesta/);
  await visit.at("elsewhere", { name: "elsewhere-silent" });
  await first.close();
  await visit.press("Usar esta pestaña");
  await visit.at("start");
  await visit.close();
});

test("R-CAST-20 a tab that is taken over before it is ready does not go on", async () => {
  const visit = await here.visit();
  let go = () => {};
  visit.relay.next("/api/v1/election", { hold: new Promise((resolve) => { go = () => resolve(undefined); }) });
  await visit.open();
  await visit.at("preparing");
  const first = visit.page;
  visit.on(await visit.context.newPage());
  await visit.open();
  await visit.at("elsewhere");
  await visit.press("Usar esta pestaña");
  await visit.at("start");
  visit.page = first;
  await visit.at("moved");
  const answered = first.waitForResponse(/\/api\/v1\/election$/);
  go();
  await answered;
  await first.waitForTimeout(1000);
  await visit.at("moved");
  await visit.close();
});

test("another language in the middle: it is encrypted once, sent once, and the code is that ballot's", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.ballot();
  await visit.mark("Partido Alba");
  await visit.press("Revisar mi elección");
  await visit.at("review");
  await visit.page.evaluate(() => {
    // Both within one turn of the page, so that the screen is drawn again while it encrypts.
    [...document.querySelectorAll("#main button")].find((one) => one.textContent === "Sí, cifrar mi voto").click();
    document.querySelector(".language").click();
  });
  await visit.at("code", { look: false });
  await visit.page.waitForFunction(() => document.documentElement.lang === "en");
  const code = await visit.tracking();
  visit.relay.next(BALLOTS, BUSY);
  await visit.press("Cast my vote");
  await visit.says(".doing", /Trying again/);
  await visit.page.locator(".language").click();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  await one(visit, 2);
  await visit.close();
});

test("a session that ends late does not end the one that began since", async () => {
  const visit = await here.visit();
  await visit.first();
  let go = () => {};
  visit.relay.next("DELETE /api/v1/session", { hold: new Promise((resolve) => { go = resolve; }) });
  // The server's word on the time is changed here; with the real time it is in `clock/`.
  visit.relay.next("GET /api/v1/session", { answered: (bytes) => Buffer.from(JSON.stringify({ ...JSON.parse(bytes), remaining: 301 })) });
  await visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visit.page.waitForSelector("dialog[open]");
  await visit.press("Entrar otra vez");
  await visit.login();
  await visit.at("home");
  go();
  await visit.ballot();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await one(visit, 1);
  await visit.close();
});

test("a stored ballot that was damaged keeps nobody from voting", async () => {
  const visit = await sealed();
  visit.relay.always(BALLOTS, DROP);
  visit.page.on("dialog", (dialog) => dialog.accept());
  await visit.press("Emitir mi voto");
  await again(visit);
  await visit.page.evaluate(() => new Promise((resolve) => {
    sessionStorage.clear();
    const opening = indexedDB.open("escrutinio");
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("ballots", "readwrite");
      transaction.objectStore("ballots").openCursor().onsuccess = ({ target }) => {
        if (target.result) target.result.update({ ...target.result.value, bytes: new Uint8Array(3) });
      };
      transaction.oncomplete = resolve;
    };
  }));
  await visit.page.goto("about:blank");
  visit.relay.honest();
  await visit.open();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("settled-damaged");
  await visit.press("Seguir");
  await visit.at("home");
  await visit.ballot();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  assert.deepEqual(await visit.cast(), [true]);
  await visit.close();
});
