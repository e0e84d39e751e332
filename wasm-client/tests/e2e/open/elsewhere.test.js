/** Firefox and WebKit: what voters do there, by keyboard, on a narrow screen and a wide one. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { NAMES, elsewhere } from "../elsewhere.js";
import { place } from "../place.js";
import { BUSY, DROP, LOSE } from "../relay.js";

const here = place();

for (const name of NAMES) {
  /** @param {string} title @param {Parameters<typeof elsewhere>[2]} how @param {(visit: Awaited<ReturnType<typeof elsewhere>>) => Promise<void>} path */
  const walk = (title, how, path) => test(`${title}, ${name}`, { timeout: 240_000 }, async () => {
    const visit = await elsewhere(here, name, how);
    try {
      await path(visit);
      await visit.well();
    } finally {
      await visit.close();
    }
  });

  walk("R-ACCS-04 R-CAST-05 R-CAST-18 from the link to the receipt, with an opened ballot on the way", { narrow: true }, async (visit) => {
    await visit.first({ factor: "totp" });
    await visit.press("Guardar mi clave de comprobación");
    const key = await visit.saved(() => visit.press("Guardar la clave"));
    assert.match(key.toString(), /^escrutinio\/voter-key\/v1\nelection [0-9a-f]{64}\nlist 0\nkey [0-9a-f]{64}\n$/);
    await visit.key("Shift+Tab");
    await visit.ballot();
    const opened = await visit.seal(["Candidatura no registrada"], "Núñez Ñandú");
    await visit.press("Quiero probar que este dispositivo no hace trampa");
    await visit.press("Abrir y no emitir");
    await visit.at("audit");
    here.keep(`opening-${name}.bin`, await visit.saved(() => visit.press("Guardar el archivo")));
    await visit.press("Marcar una boleta nueva");
    await visit.at("ballot");
    const code = await visit.seal(["Partido Duna", "Girasol"]);
    assert.notEqual(code, opened);
    assert.equal(visit.ballots.length, 0, "nothing is sent before");
    await visit.press("Emitir mi voto");
    await visit.at("receipt");
    assert.equal(await visit.tracking(), code);
    assert.equal(visit.ballots.length, 1);
    assert.deepEqual(await visit.cast(), [true]);
    const file = await visit.saved(() => visit.press("Guardar mi comprobante"));
    assert.match(file.toString(), /<svg.*escrutinio\/receipt\/v1/s);
    await visit.press("Ya lo guardé. Salir");
    await visit.at("end");
    assert.deepEqual(await visit.evaluate(() => ({ ...sessionStorage })), {}, "nothing is left in the tab");
    await visit.reload();
    await visit.at("start");
    assert.ok(!(await visit.text("body")).includes(code.slice(0, 9)));

    await visit.open("audit.html");
    await visit.at("opening");
    await visit.files([join(here.folder, "kept", `opening-${name}.bin`)]);
    await visit.press("Revisar");
    await visit.at("opened");
    assert.match(await visit.text(), /Candidaturas no registradas.*Núñez Ñandú/s);
    assert.equal(await visit.tracking(), opened);
    here.keep(`receipt-${name}.html`, file);
    here.keep(`key-${name}.txt`, key);
    here.keep(`code-${name}.txt`, code);
  });

  walk("R-CAST-10 R-BAL-13 four ballots on a line that breaks, with a step back and a reload in the middle: each is cast once", { style: "all" }, async (visit) => {
    await visit.first();
    await visit.ballot();
    const mishaps = [[LOSE, BUSY], [BUSY, BUSY, BUSY], [DROP, BUSY], [LOSE, BUSY, BUSY]];
    for (const [at, deeds] of mishaps.entries()) {
      const last = at === mishaps.length - 1;
      await visit.at("ballot");
      const code = await visit.seal([["Movimiento Faro"], ["Candidatura común Duna y Encino"], ["Voto nulo"], ["Sí"]][at]);
      visit.relay.next("/api/v1/session/ballots", ...deeds);
      await visit.press("Emitir mi voto");
      await visit.says(".doing", /otra vez/);
      if (at === 1) {
        await visit.back();
        await visit.says(".stay", /va en camino/);
      }
      if (last) await visit.reload();
      await visit.at("receipt");
      assert.equal(await visit.tracking(), code);
      assert.equal(new Set(visit.ballots).size, at + 1, "the same bytes until there is a promise");
      if (!last) await visit.press("Seguir con la próxima boleta");
    }
    assert.deepEqual(await visit.cast(), [true, true, true, true]);
    await visit.press("Ya lo guardé. Salir");
    await visit.at("end");
  });

  walk("R-BAL-14 the back button, again and again: to the questions before, with what was marked, and no further than the list of ballots", {}, async (visit) => {
    await visit.first();
    await visit.ballot();
    await visit.mark("Partido Alba");
    await visit.press("Revisar mi elección");
    await visit.at("review");
    await visit.back();
    await visit.at("ballot");
    await visit.says(".now", "Marcó: ALBA");
    await visit.back();
    await visit.at("home");
    await visit.back();
    await visit.at("home");
    await visit.says(".stay", /Salir/);
    assert.deepEqual(await visit.cast(), [false], "the session goes on");
  });

  walk("R-CAST-20 a second tab waits, takes over, and the first says so", {}, async (visit) => {
    await visit.first();
    const first = await visit.tab();
    await visit.open();
    await visit.at("elsewhere");
    await visit.press("Usar esta pestaña");
    await visit.at("start");
    await visit.press("Entrar");
    await visit.login();
    await visit.at("home");
    await visit.turnTo(first);
    await visit.at("moved");
  });
}
