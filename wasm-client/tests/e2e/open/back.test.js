/** The browser's button for going back where there is nothing to go back to: the page says why, and stays. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { BUSY, DROP, json } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

/** Again and again, as somebody does for whom nothing happens. @param {RegExp} why */
async function stays(visit, state, why, look = true) {
  for (let tried = 0; tried < 3; tried += 1) {
    await visit.page.evaluate(() => {
      document.querySelector(".stay")?.remove();
      document.getElementById("live").textContent = "";
    });
    await visit.back();
    await visit.says("#live", why);
    await visit.says(".stay", why);
    await visit.at(state, { name: `${state}-back`, look });
  }
}

/** @returns {() => void} lets the next request of the path go on */
function held(visit, path, deed = {}) {
  let on = () => {};
  visit.relay.next(path, { ...deed, hold: new Promise((resolve) => { on = () => resolve(undefined); }) });
  return on;
}

test("R-CAST-10 a ballot that is on its way, and one in doubt, with its code", async () => {
  const visit = await here.visit();
  visit.page.on("dialog", (dialog) => dialog.accept());
  const code = await visit.sealed();
  visit.relay.always(BALLOTS, BUSY);
  await visit.press("Emitir mi voto");
  await visit.says(".tracking .groups", /\w/);
  await stays(visit, "casting", /va en camino/);
  await visit.press("Dejar de esperar");
  await visit.at("settled-unknown");
  await stays(visit, "settled-unknown", /uno de los botones/);
  assert.equal(await visit.tracking(), code);
  visit.relay.next("GET /api/v1/session", json((answer) => ({ ...answer, remaining: 1 })));
  await visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visit.at("interrupted");
  await stays(visit, "interrupted", /uno de los botones/);
  assert.equal(await visit.tracking(), code);
  visit.relay.honest();
  await visit.press("Entrar");
  await visit.login();
  await visit.at("receipt");
  await stays(visit, "receipt", /ya se emitió/);
  assert.equal(await visit.tracking(), code);
  assert.deepEqual(await visit.cast(), [true]);
  await visit.close();
});

test("while an answer is awaited, while a session begins, and out of the list of ballots", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.at("digits");
  await visit.type("Últimos cuatro dígitos", visit.voter.digits);
  const refused = held(visit, "/api/v1/access/digits", BUSY);
  await visit.press("Seguir");
  await stays(visit, "digits", /Un momento/);
  refused();
  await visit.says(".errors", /ocupado/);
  assert.equal(await visit.page.locator(".stay").count(), 0, "it is over");
  const checked = held(visit, "/api/v1/access/digits");
  await visit.press("Seguir");
  await stays(visit, "digits", /Un momento/);
  // Another language, and the answer is awaited all the same, for as long as a page waits.
  await visit.press("English");
  await visit.until(() => document.documentElement.lang === "en");
  await stays(visit, "digits", /One moment/, false);
  await visit.press("Español");
  await visit.until(() => document.documentElement.lang === "es");
  checked();
  await visit.factor("sms");
  await visit.at("password");
  await visit.type("Contraseña nueva", visit.voter.password);
  const answered = held(visit, "/api/v1/session/half");
  await visit.press("Guardar y entrar");
  await visit.at("preparing");
  await stays(visit, "preparing", /Un momento/);
  answered();
  await visit.at("home");
  await stays(visit, "home", /Salir/);
  assert.deepEqual(await visit.cast(), [false], "the session goes on");
  await visit.close();
});

test("R-CAST-10 a reload while a ballot is on its way: there is no way back from what it waits for, nor from a fault", async () => {
  const visit = await here.visit();
  visit.page.on("dialog", (dialog) => dialog.accept());
  const code = await visit.sealed();
  visit.relay.always(BALLOTS, BUSY);
  await visit.press("Emitir mi voto");
  await visit.says(".doing", /otra vez/);
  const lost = held(visit, "/api/v1/election", DROP);
  visit.relay.always("/api/v1/election", DROP);
  await visit.page.reload();
  await visit.at("preparing");
  await stays(visit, "preparing", /Un momento/);
  lost();
  await visit.at("trouble");
  await stays(visit, "trouble", /uno de los botones/);
  visit.relay.honest();
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  assert.deepEqual(await visit.cast(), [true]);
  await visit.close();
});

test("away from a fault in the middle of a session: the session is closed", async () => {
  const visit = await here.visit();
  visit.relay.always("/api/v1/session/half", { answered: (bytes) => bytes.subarray(1) });
  await visit.open(visit.fragment);
  await visit.digits();
  await visit.factor("sms");
  await visit.at("password");
  await visit.type("Contraseña nueva", visit.voter.password);
  await visit.press("Guardar y entrar");
  await visit.at("trouble", { name: "trouble-half" });
  await visit.back();
  await visit.at("left");
  assert.equal(await visit.text(".clock"), "");
  while (!visit.relay.to("/api/v1/session", "DELETE").some(({ status }) => status === 204)) await visit.page.waitForTimeout(20);
  await assert.rejects(visit.cast(), /the session is known/);
  await visit.close();
});
