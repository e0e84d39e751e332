/** The browser's button for going back where there is nothing to go back to: the page says why, and stays. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { BUSY, json } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

/** Again and again, as somebody does for whom nothing happens. @param {RegExp} why */
async function stays(visit, state, why) {
  for (let tried = 0; tried < 3; tried += 1) {
    await visit.back();
    await visit.says("#live", why);
    await visit.says(".stay", why);
    await visit.at(state, { name: `${state}-back` });
  }
  assert.equal(await visit.page.locator(".stay").count(), 1);
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
  const hold = (path) => {
    let answered = () => {};
    visit.relay.next(path, { hold: new Promise((resolve) => { answered = () => resolve(undefined); }) });
    return answered;
  };
  await visit.at("digits");
  await visit.type("Últimos cuatro dígitos", visit.voter.digits);
  const checked = hold("/api/v1/access/digits");
  await visit.press("Seguir");
  await stays(visit, "digits", /Un momento/);
  checked();
  await visit.factor("sms");
  await visit.at("password");
  await visit.type("Contraseña nueva", visit.voter.password);
  const answered = hold("/api/v1/session/half");
  await visit.press("Guardar y entrar");
  await visit.at("preparing");
  await stays(visit, "preparing", /Un momento/);
  answered();
  await visit.at("home");
  await stays(visit, "home", /Salir/);
  assert.deepEqual(await visit.cast(), [false], "the session goes on");
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
  await visit.at("start");
  await visit.until(() => document.querySelector(".clock")?.textContent === "");
  assert.equal(visit.relay.log.filter(({ method, path, status }) => method === "DELETE" && path === "/api/v1/session" && status < 300).length, 1);
  await assert.rejects(visit.cast(), /the session is known/);
  await visit.close();
});
