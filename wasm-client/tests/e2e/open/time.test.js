/** The last minutes of a session, whichever screen they come upon. What the server says of the time is changed here; `clock/` has the real one. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { DROP, json } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const SESSION = "GET /api/v1/session";
const refusal = { instead: { status: 422, type: "application/problem+json", body: '{"type":"urn:escrutinio:problem:ballot-proof","status":422}' } };

/** The device wakes up, and is told that so many seconds are left. */
async function left(visit, seconds) {
  visit.relay.next(SESSION, json((state) => ({ ...state, remaining: seconds })));
  const before = visit.relay.to("/api/v1/session", "GET").length;
  await visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  while (visit.relay.to("/api/v1/session", "GET").length === before) await visit.page.waitForTimeout(20);
}

const asked = (visit) => visit.page.waitForSelector("dialog[open]");
async function goOn(visit) {
  await visit.page.keyboard.press("Escape");
  await visit.page.waitForSelector("dialog", { state: "detached" });
}

/** Everything that the page says aloud from now on. */
const listen = (visit) => visit.page.evaluate(() => {
  globalThis.aloud = [];
  new MutationObserver(() => {
    const text = document.getElementById("live").textContent;
    if (text) globalThis.aloud.push(text);
  }).observe(document.getElementById("live"), { childList: true, characterData: true, subtree: true });
});

test("R-AUTH-18 what is left is seen all the time, and said at 15, 10, 5, 2 and 1 minutes, each once", async () => {
  const visit = await here.visit();
  await visit.first();
  await listen(visit);
  for (const minutes of [20, 15, 12, 10, 7, 5, 3, 2, 1]) {
    await left(visit, minutes * 60 + 1);
    await visit.says(".clock", new RegExp(`${minutes}:0[01]`));
    await visit.page.waitForTimeout(1600);
    await visit.says(".clock", new RegExp(`${minutes - 1}:5\\d|${minutes}:00`));
    assert.equal(await visit.page.locator("dialog[open]").count(), minutes === 5 ? 1 : 0, `a dialog at ${minutes}`);
    if (minutes === 5) await goOn(visit);
  }
  assert.deepEqual(await visit.page.evaluate(() => globalThis.aloud.filter((text) => /Minutos/.test(text))), [15, 10, 5, 2, 1].map((minutes) => `Minutos que le quedan: ${minutes}`));
  await visit.close();
});

test("R-AUTH-09 R-AUTH-18 five minutes left on a receipt: the question waits for the next screen, as late as it is", async () => {
  const visit = await here.visit({ style: "all" });
  await visit.sealed();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await left(visit, 300);
  await visit.says("#live", /quedan: 5/);
  await visit.page.waitForTimeout(1100);
  assert.equal(await visit.page.locator("dialog").count(), 0, "nothing leads away from a receipt");
  await left(visit, 59);
  await visit.press("Seguir con la próxima boleta");
  await asked(visit);
  assert.equal(await visit.text("dialog h2"), "Le queda un minuto");
  await visit.axe("clock, one minute");
  // The way back leads out of the question only.
  await visit.back();
  await visit.page.waitForSelector("dialog", { state: "detached" });
  await visit.at("ballot", { look: false });
  await visit.page.waitForTimeout(1100);
  assert.equal(await visit.page.locator("dialog").count(), 0, "it asks once");
  await visit.close();
});

test("R-AUTH-18 five minutes left while a ballot is on its way: the question comes where the page stops", async () => {
  const visit = await here.visit();
  await visit.sealed();
  const code = await visit.tracking();
  await left(visit, 305);
  visit.relay.next(BALLOTS, DROP, DROP, DROP, refusal);
  await visit.press("Emitir mi voto");
  await visit.says("#live", /quedan: 5|otra vez/);
  await visit.at("stopped", { look: false });
  await asked(visit);
  assert.match(await visit.text("dialog"), /El voto que ya firmó sigue guardado/);
  await visit.look("clock-signed");
  // Nothing is lost by taking more time: the same ballot is there, and is sent.
  await visit.press("Entrar otra vez");
  await visit.login();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  assert.equal(new Set(visit.ballots).size, 1);
  assert.deepEqual(await visit.cast(), [true]);
  await visit.close();
});

test("R-AUTH-18 five minutes left where a signed ballot is to be taken away: nothing is, by taking more time", async () => {
  const visit = await here.visit();
  await visit.sealed();
  const code = await visit.tracking();
  visit.relay.next(BALLOTS, refusal);
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { look: false });
  await visit.press("Quitar de aquí este voto firmado");
  await visit.at("discard");
  await left(visit, 300);
  await asked(visit);
  await visit.press("Entrar otra vez");
  await visit.login();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  await visit.close();
});

test("R-AUTH-18 five minutes left where the link is asked for, and the session's time goes on in the booth", async () => {
  const first = await here.visit();
  await first.first();
  await first.close();
  const visit = await here.visit({ voter: first.voter });
  await visit.open();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("need-link");
  await left(visit, 300);
  await asked(visit);
  await goOn(visit);
  visit.relay.next(SESSION, json((state) => ({ ...state, remaining: 280 })));
  await visit.type("Su liga de acceso", visit.voter.link);
  await visit.press("Seguir");
  await visit.at("home");
  await visit.says(".clock", /4:[0-4]\d/);
  await visit.close();
});
