/** The page is loaded again before anything is cast: it is clear where the voter is, nothing was sent, and the way leads on. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const kept = (visit) => visit.page.evaluate(() => ({ ...sessionStorage }));

/** From wherever a voter is to the receipt, beginning with both factors. */
async function votes(visit) {
  await visit.press("Entrar");
  await visit.login();
  await visit.at("home");
  assert.deepEqual(await visit.cast(), [false]);
  await visit.ballot();
  assert.equal(await visit.page.locator("[data-space] input:checked").count(), 0, "nobody finds what was marked");
  const code = await visit.seal(["Partido Brisa"]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  assert.equal(visit.ballots.length, 1);
  assert.deepEqual(await visit.cast(), [true]);
  return code;
}

test("R-CAST-20 a reload where the digits are asked for: the link opens again", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.at("digits");
  await visit.page.reload();
  await visit.at("start");
  assert.deepEqual(await kept(visit), {});
  await visit.page.goto("about:blank");
  await visit.first();
  assert.deepEqual(await visit.cast(), [false]);
  await visit.close();
});

for (const [state, there] of /** @type {const} */ ([
  ["ballot", async () => undefined],
  ["review", async (visit) => visit.press("Revisar mi elección")],
  ["code", async (visit) => {
    await visit.press("Revisar mi elección");
    await visit.at("review");
    await visit.press("Sí, cifrar mi voto");
  }],
])) {
  test(`R-CAST-20 a reload at «${state}»: nothing is cast, nothing that was marked is left, and the voter goes on`, async () => {
    const visit = await here.visit();
    await visit.first();
    await visit.ballot();
    await visit.mark("Partido Alba");
    await there(visit);
    await visit.at(state, { look: false });
    const before = state === "code" ? await visit.tracking() : "";
    await visit.page.reload();
    await visit.at("start");
    assert.deepEqual(await kept(visit), {});
    assert.equal(visit.ballots.length, 0);
    assert.doesNotMatch(await visit.text("body"), /ALBA|Partido Alba/);
    assert.notEqual(await votes(visit), before);
    await visit.close();
  });
}
