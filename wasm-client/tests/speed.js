/**
 * How fast it is, with the page that is served and the server that answers: `npm run speed`. Figures, and no test, as
 * they are those of a machine. `RATE` slows the processor (6 by default).
 */

import { information, stage } from "./e2e/browser.js";

const RATE = Number(process.env.RATE ?? 6);
/** What browsers' own tools call slow 4G. */
const SLOW_4G = { offline: false, latency: 562.5, downloadThroughput: (1.44 * 1024 * 1024) / 8, uploadThroughput: (675 * 1024) / 8 };
const TIMES = 50;

const here = await stage();
const info = await information(here);
const [senate, , migrant] = info.contests;
const writeIn = senate.options.find(({ kind }) => kind === "write-in");
const figures = [];
const say = (what, limit, value) => figures.push({ what, "at most": limit, ms: Number(value.toFixed(1)), holds: limit === undefined ? "" : value <= limit });

/** Medians of encrypting and proving, as the page calls it. */
const encrypting = (visit) => visit.page.evaluate(async ({ calls, times }) => {
  const crypto = await import("/src/crypto.js");
  const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  const medians = [];
  for (const call of calls) {
    const taken = [];
    for (let n = 0; n < times + 10; n += 1) {
      const begun = performance.now();
      await crypto.prepare(call);
      if (n >= 10) taken.push(performance.now() - begun);
    }
    medians.push(median(taken));
  }
  return medians;
}, { calls: [{ contest: 0, option: writeIn.index, text: "María de los Ángeles Núñez Ñandú" }, { contest: migrant.index, option: 20 }], times: TIMES });

/** What the browser's emulation slows in the page it must slow in the worker, where the work is done. */
async function slowed(visit) {
  const page = await visit.context.newCDPSession(visit.page);
  await page.send("Network.enable");
  await page.send("Network.emulateNetworkConditions", SLOW_4G);
  await page.send("Emulation.setCPUThrottlingRate", { rate: RATE });
  return page;
}

const visit = await here.visit({ style: "all", width: 320 });
await visit.first();
const [seventeen, fortyOne] = await encrypting(visit);
say(`1 of ${senate.options.length} with a written name, median of ${TIMES}`, 25, seventeen);
say(`1 of ${migrant.options.length}, median of ${TIMES}`, 45, fortyOne);

const device = await slowed(visit);
const [slowSeventeen, slowFortyOne] = await encrypting(visit);
say(`the same at a ${RATE}th of the speed`, undefined, slowSeventeen);
say("", undefined, slowFortyOne);
/** The emulation of some browsers leaves workers alone: what is missing is added. */
const missing = (quick, slow) => Math.max(0, RATE * quick - slow);

for (const [contest, choose] of [[senate, async () => {
  await visit.page.getByRole("checkbox", { name: "Candidatura no registrada" }).check();
  await visit.page.getByLabel("Nombre de la candidatura no registrada").fill("Núñez Ñandú");
}], [migrant, () => visit.page.getByRole("checkbox", { name: "Partido Alba" }).check()]]) {
  const tap = (name) => visit.page.evaluate((wanted) => new Promise((resolve) => {
    const main = document.getElementById("main");
    const begun = performance.now();
    const watch = new MutationObserver(() => {
      if (!["code", "receipt"].includes(main.dataset.state)) return;
      watch.disconnect();
      // It is there when it is drawn.
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begun)));
    });
    watch.observe(main, { attributes: true });
    [...document.querySelectorAll("#main button")].find((one) => one.textContent === wanted).click();
  }), name);
  await visit.page.getByRole("button", { name: `Ver la boleta: ${contest.office}` }).click();
  await visit.at("ballot", { look: false });
  await choose();
  await visit.page.getByRole("button", { name: "Revisar mi elección" }).click();
  await visit.at("review", { look: false });
  const quick = contest === senate ? seventeen : fortyOne;
  const slow = contest === senate ? slowSeventeen : slowFortyOne;
  say(`1 of ${contest.options.length}: from the tap to the code, ${RATE} times slower, slow 4G`, 2000, (await tap("Sí, cifrar mi voto")) + missing(quick, slow));
  say("  and from the next tap to the receipt", undefined, await tap("Emitir mi voto"));
  await visit.page.getByRole("button", { name: "Seguir con la próxima boleta" }).click();
  await visit.at("ballot", { look: false });
  await visit.page.goBack();
  await visit.at("home", { look: false });
}
await device.detach();
await visit.close();

// A telephone that comes for the first time, on the same line.
const cold = await here.visit({ width: 320 });
await slowed(cold);
const begun = Date.now();
await cold.open(cold.fragment);
await cold.at("digits", { look: false });
say(`page, wasm and election on an empty device, ${RATE} times slower, slow 4G`, undefined, Date.now() - begun);
await cold.close();
await here.close();
console.table(figures);
process.exitCode = figures.some(({ holds }) => holds === false) ? 1 : 0;
