/** Firefox and WebKit: what anyone checks there when everything is published. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";

import { NAMES, elsewhere } from "../elsewhere.js";
import { place } from "../place.js";

const here = place();
before(() => here.reaches("published"));
const file = (/** @type {string} */ name) => join(here.folder, "kept", name);

for (const name of NAMES) {
  test(`R-PUB-03 R-PUB-06 ${name}: the receipt and the key of who voted there, the whole election, results, board`, { timeout: 240_000 }, async () => {
    const visit = await elsewhere(here, name);
    try {
      const code = here.kept(`code-${name}.txt`).toString();
      await visit.open("check.html");
      await visit.at("check");
      await visit.files([file(`receipt-${name}.html`)]);
      await visit.press("Comprobar");
      await visit.at("checked");
      assert.equal(await visit.text("h1"), "Su voto se contó");
      assert.equal(await visit.tracking(), code);
      await visit.press("Revisar otro");
      await visit.at("check");
      await visit.files([file(`key-${name}.txt`)]);
      await visit.press("Comprobar");
      await visit.at("checked");
      assert.equal(await visit.text("h1"), "Votos con su clave en la urna: 1");
      assert.equal(await visit.tracking(), code);

      await visit.open("verify.html");
      await visit.at("verify");
      await visit.press("Bajar el expediente y verificar");
      await visit.at("verify-done", { within: 180 });
      assert.equal(await visit.text("h1"), "La elección es correcta");
      assert.match(await visit.text(".verdict"), new RegExp(`Boletas contadas: ${here.promises.length}$`));

      await visit.open("board.html");
      await visit.at("board-done");
      assert.match(await visit.text(), /testigo-a\.example/);
      await visit.well();
    } finally {
      await visit.close();
    }
  });
}
