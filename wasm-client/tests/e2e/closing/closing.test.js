/** Voting closes while people are at it. One test after the other: time goes on for everybody. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { BALLOTS, stage } from "../browser.js";
import { DROP, LOSE } from "../relay.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

/** Who is at it, by what becomes of the ballot. @type {Record<string, import("../browser.js").Visit>} */
const visits = {};
const codes = {};
const until = async (moment) => here.place.later(moment - (await here.place.now()));

test("R-CAST-19 grace: who entered before the close may finish", async () => {
  const { calendar } = await here.place.state();
  await until(calendar.voting_close - 600);
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
