/** An election whose rules take an empty ballot and a wrong combination, once the voter has said so. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { lenient } from "../place.js";

let here;
before(async () => { here = await stage(await lenient()); });
after(() => here.close());

test("R-BAL-33 where the rules allow it, an empty ballot and a wrong combination ask for a word", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.at("digits", { name: "digits-test" });
  assert.match(await visit.text(".alarm"), /SIMULACRO/);
  await visit.first();
  await visit.ballot("Presidencia del Consejo");
  await visit.press("Revisar mi elección");
  await visit.at("confirm", { name: "confirm-empty" });
  assert.match(await visit.page.title(), /^¿Es esta su elección\? · /);
  await visit.press("Cambiar mi elección");
  await visit.at("ballot");
  await visit.mark("Partido Alba");
  await visit.mark("Partido Brisa");
  await visit.press("Revisar mi elección");
  await visit.at("confirm", { name: "confirm-combination" });
  assert.match(await visit.page.title(), /^¿Es esta su elección\? · /, "the browser's list of visited pages says nothing of the choice");
  await visit.press("Sí, eso es lo que quiero");
  await visit.at("review");
  await visit.press("Sí, cifrar mi voto");
  await visit.at("code");
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.close();
});

test("R-BAL-33 an empty ballot that was confirmed is shown back as what it counts as, and cast", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.ballot("Presidencia del Consejo");
  await visit.press("Revisar mi elección");
  await visit.at("confirm", { name: "confirm-empty" });
  assert.match(await visit.text(), /su boleta contará como Votos nulos/);
  await visit.press("Sí, eso es lo que quiero");
  await visit.at("review", { name: "review-empty" });
  assert.equal(await visit.text("#chosen"), "Votos nulos");
  await visit.press("Sí, cifrar mi voto");
  await visit.at("code");
  const code = await visit.tracking();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  assert.equal(await visit.tracking(), code);
  assert.deepEqual(await visit.cast(), [true]);
  await visit.close();
});
