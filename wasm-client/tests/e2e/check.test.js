/** How a ballot is looked for after the count: everything is fetched, and a long board is not fetched unasked. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { stage } from "./browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());
beforeEach(() => here.server.reset());

const CODES = ["05X4-9AQH-DVS2-TVVP-REAB-C8X4-W1BR-EY94-3W42-HY9S-QYHH-GNZK-15YN-E", "7KM2-AVX8-QYHH-GNZK-15YN-C8X4-W1BR-EY94-3W42-HY9S-05X4-9AQH-DVS2-T"];

/** A visit of the page, with a board of so many ballots. */
async function visitOf(size) {
  Object.assign(here.server.state, { published: true, receipts: CODES.map((code) => `${code}\n`).join("") });
  const visit = await here.visit();
  await visit.page.route("**/board/checkpoint", (route) => route.fulfill({ body: `log\n${size}\nroot\n` }));
  await visit.page.goto(`${here.server.base}/check.html`);
  await visit.at("check", { axe: false });
  return visit;
}

test("R-PUB-06 the requests are the same ones whichever ballot is looked for", async () => {
  const asked = [];
  for (const code of CODES) {
    const visit = await visitOf(600);
    // Files of the page come side by side, in any order; what follows the question comes one after the other.
    await visit.page.waitForLoadState("networkidle");
    const requests = [];
    visit.page.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname} ${request.postData() ?? ""}`));
    await visit.type("Código de comprobación", code);
    await visit.press("Comprobar");
    await visit.at("checked", { axe: false });
    await visit.close();
    asked.push(requests);
  }
  assert.deepEqual(asked[0].filter((path) => path.includes("/board/tile/")), ["000", "001", "002.p/88"].map((bundle) => `GET /board/tile/entries/${bundle} `), "every entry");
  assert.ok(asked[0].includes("GET /receipts.txt "));
  assert.deepEqual(asked[0], asked[1]);
});

test("R-PUB-03 a long board is offered, not fetched; what the list alone says is said as that", async () => {
  const visit = await visitOf(30_000);
  const fetched = () => here.server.state.log.filter(({ path }) => path.startsWith("/board/tile/")).length;
  await visit.type("Código de comprobación", CODES[0]);
  await visit.press("Comprobar");
  await visit.at("checked", { shot: "320-71-large" });
  assert.equal(await visit.page.textContent("h1"), "La lista del servidor tiene su código");
  assert.match(await visit.page.textContent("#main"), /La urna mide unos \d+ MB/);
  assert.equal(fetched(), 0);
  await visit.press("Bajar la urna y buscar");
  await visit.page.waitForFunction(() => document.querySelector("h1")?.textContent === "Su voto se contó");
  assert.equal(fetched(), 118);
  await visit.axe("found after all");
  await visit.close();
});

test("a file that is neither receipt nor key is said to be so, and a slip of the fingers costs no request", async () => {
  const visit = await visitOf(3);
  const published = () => here.server.state.log.filter(({ path }) => /receipts|board/.test(path)).length;
  await visit.type("Código de comprobación", CODES[0].slice(3));
  await visit.press("Comprobar");
  await visit.page.waitForFunction(() => document.querySelector("[data-errors]")?.textContent?.includes("algún signo mal"));
  assert.equal(published(), 0);
  await visit.page.setInputFiles("#file", { name: "x.txt", mimeType: "text/plain", buffer: Buffer.from("nada") });
  await visit.press("Comprobar");
  await visit.page.waitForFunction(() => document.querySelector("[data-errors]")?.textContent?.includes("no es un comprobante ni una clave"));
  await visit.close();
});
