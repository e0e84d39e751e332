/** Voting closes while people are at it. One test after the other: time goes on for everybody. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { DROP, LOSE } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

/** Who is at it, by what becomes of the ballot. @type {Record<string, import("../browser.js").InChromium>} */
const visits = {};
const codes = {};
const until = async (moment) => here.place.later(moment - (await here.place.now()));

test("R-CLOSE-02 grace: who entered before the close may finish, and is told so", async () => {
  const { calendar } = await here.place.state();
  await until(calendar.voting_close - 600);
  // On a device without the link: entered, and not in the booth yet.
  const device = await here.visit();
  await device.first();
  const entered = await here.visit({ voter: device.voter });
  await entered.open();
  await entered.at("start");
  await entered.press("Entrar");
  await entered.login();
  await entered.at("need-link");
  const waits = await here.visit();
  await waits.first();
  for (const name of ["finishes", "lost", "late"]) {
    visits[name] = await here.visit();
    codes[name] = await visits[name].sealed();
  }
  visits.lost.relay.next(BALLOTS, LOSE);
  for (const name of ["lost", "late"]) {
    visits[name].relay.always(BALLOTS, DROP);
    await visits[name].press("Emitir mi voto");
    await visits[name].says(".doing", /otra vez/);
  }
  await until(calendar.voting_close + 60);
  await here.place.reaches("grace");
  await visits.finishes.press("Emitir mi voto");
  await visits.finishes.at("receipt");
  assert.equal(await visits.finishes.tracking(), codes.finishes);
  assert.deepEqual(await visits.finishes.cast(), [true]);
  assert.deepEqual(await visits.lost.cast(), [true]);
  assert.deepEqual(await visits.late.cast(), [false]);
  const told = /La votación ya cerró. Usted entró a tiempo y puede acabar/;
  await entered.type("Su liga de acceso", entered.voter.link);
  await entered.press("Seguir");
  await entered.at("home", { name: "home-grace" });
  assert.match(await entered.text(), told);
  await entered.ballot();
  const code = await entered.seal();
  await entered.press("Emitir mi voto");
  await entered.at("receipt");
  assert.equal(await entered.tracking(), code);
  // Who was in the booth when voting closed is told when the device asks the server again.
  assert.doesNotMatch(await waits.text(), told);
  const asked = waits.page.waitForResponse(/\/api\/v1\/session$/);
  await waits.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await asked;
  await waits.ballot();
  await waits.page.goBack();
  await waits.at("home", { look: false });
  assert.match(await waits.text(), told);
  for (const visit of [device, entered, waits]) await visit.close();
});

test("R-AUTH-10 grace: nobody enters any more", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.at("start", { name: "start-grace" });
  assert.match(await visit.text(), /Quien entró antes del cierre puede acabar/);
  assert.equal(await visit.page.getByRole("button", { name: "Entrar" }).count(), 0);
  assert.equal(visit.relay.log.filter(({ path }) => path.includes("/access/")).length, 0);
  await visit.close();
});

test("reception ends while answers are lost: the page asks whether the ballot had arrived", async () => {
  here.place.close();
  await here.place.reaches("closed");
  for (const name of ["lost", "late"]) visits[name].relay.honest();
  await visits.lost.at("settled-arrived");
  await visits.late.at("settled-late");
  for (const name of ["lost", "late"]) assert.equal(await visits[name].tracking(), codes[name]);
  assert.ok(here.place.promises.some((line) => line.includes(codes.lost)));
  assert.ok(!here.place.promises.some((line) => line.includes(codes.late)));
  for (const visit of Object.values(visits)) await visit.close();
});

test("R-AUTH-10 closed: nobody enters", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.at("start", { name: "start-closed" });
  assert.equal(await visit.page.getByRole("button", { name: "Entrar" }).count(), 0);
  await visit.close();
});
