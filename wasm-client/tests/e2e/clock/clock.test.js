/** The session's time, by the server's clock, which these tests move for everybody: one after the other. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { DROP } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const MINUTE = 60;

/** The device looks at the time again, as after a pause. */
const woken = (visit) => visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

/** So many seconds are left of the visit's session. */
async function left(visit, seconds) {
  const [{ answer }] = visit.relay.log.filter(({ path, method }) => path === "/api/v1/session" && method === "GET").slice(-1);
  const { expires } = JSON.parse(answer);
  await here.place.later(expires - seconds - (await here.place.now()));
  await woken(visit);
}

test("R-AUTH-08 R-AUTH-18 the clock is said, asks at five minutes, and is reached by keyboard", async () => {
  const visit = await here.visit({ width: 320 });
  await visit.first();
  assert.match(await visit.text(".clock"), /(30:00|29:\d\d)/);
  await left(visit, 5 * MINUTE + 2);
  await visit.page.waitForSelector("dialog[open]");
  await visit.look("clock");
  assert.equal(await visit.page.evaluate(() => document.activeElement?.closest("dialog") !== null), true, "focus is in the dialog");
  await visit.says("#live", /Minutos que le quedan: 5/);
  await visit.page.keyboard.press("Escape");
  await visit.page.waitForSelector("dialog", { state: "detached" });
  await visit.at("home");
  await visit.ballot();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.close();
});

test("R-AUTH-09 more time: both factors again, the full time, nothing was cast", async () => {
  const visit = await here.visit();
  await visit.first();
  await left(visit, 5 * MINUTE);
  await visit.page.waitForSelector("dialog[open]");
  await visit.press("Entrar otra vez");
  await visit.at("login", { name: "login-again" });
  await visit.login();
  await visit.at("home");
  assert.match(await visit.text(".clock"), /(30:00|29:[345]\d)/);
  assert.deepEqual(await visit.cast(), [false]);
  await visit.close();
});

test("R-AUTH-09 R-AUTH-17 R-CAST-20 at the end of time everything is wiped, and nothing was sent", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.ballot();
  await visit.mark("Partido Alba");
  await left(visit, 3);
  await visit.at("expired");
  assert.equal(await visit.page.evaluate(() => import("/src/crypto.js").then((crypto) => crypto.state()).then(({ half, entered }) => half || entered)), false);
  await visit.page.goBack();
  await visit.at("start");
  assert.equal(visit.ballots.length, 0);
  await visit.press("Entrar");
  await visit.login();
  await visit.at("home");
  await visit.ballot();
  assert.equal(await visit.page.locator("[data-space] input:checked").count(), 0);
  assert.deepEqual(await visit.cast(), [false]);
  await visit.close();
});

test("a device that slept through the end of its session finds it over", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.ballot();
  await here.place.later(31 * MINUTE);
  await woken(visit);
  await visit.at("expired");
  await visit.close();
});

test("the session ends while the ballot is on its way: entering again sends the same one", async () => {
  const visit = await here.visit();
  const code = await visit.sealed();
  visit.relay.next(BALLOTS, DROP, DROP);
  await visit.press("Emitir mi voto");
  await visit.says(".doing", /otra vez/);
  await here.place.later(31 * MINUTE);
  await visit.at("interrupted");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  assert.equal(new Set(visit.ballots).size, 1);
  assert.deepEqual(await visit.cast(), [true]);
  await visit.close();
});

test("a code that is too old is refused, and another is sent", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.digits();
  const code = await visit.message(async () => {
    await visit.choose("sms");
    await visit.at("code-entry", { name: "code-sms" });
  });
  await here.place.later(5 * MINUTE + 5);
  await visit.type("Código del mensaje de texto", code);
  await visit.press("Seguir");
  await visit.says(".errors", /no es correcto o ya venció/);
  await visit.page.goBack();
  await visit.at("start");
  await visit.page.goto("about:blank");
  await visit.first();
  await visit.close();
});
