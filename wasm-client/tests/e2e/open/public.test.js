/** What the public pages say while voting is open. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { flip } from "../relay.js";
import { BALLOTS } from "../visit.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

test("before the list is published only the promise of a receipt is checked", async () => {
  const voter = await here.visit();
  await voter.sealed();
  await voter.press("Emitir mi voto");
  await voter.at("receipt");
  const [{ answer }] = voter.relay.to(BALLOTS);
  await voter.close();
  const visit = await here.visit();
  await visit.open("check.html");
  await visit.at("check");
  await visit.page.setInputFiles("#file", { name: "comprobante.txt", mimeType: "text/plain", buffer: answer });
  await visit.press("Comprobar");
  await visit.at("checked", { name: "checked-early" });
  assert.match(await visit.text(), /La promesa del servidor está bien firmada.*Vuelva entonces/s);
  await visit.press("Revisar otro");
  await visit.at("check");
  await visit.type("Código de comprobación", "no es un código");
  await visit.press("Comprobar");
  await visit.says(".errors", /algún signo mal/);
  await visit.close();
});

test("the board and the log of acts, while the election goes on", async () => {
  const visit = await here.visit({ width: 768 });
  await visit.open("board.html");
  await visit.at("board-done", { name: "board-open" });
  assert.match(await visit.text(), /testigo-a\.example/);
  await visit.close();
});

test("R-CAST-19 the hash at the foot of the page is that of the list of its files, and stands in the log of acts", async () => {
  const hash = createHash("sha256").update(await here.place.file("/client.manifest")).digest("hex");
  const visit = await here.visit();
  await visit.open();
  await visit.at("start", { look: false });
  await visit.says(".build", /Huella de esta página/);
  assert.equal(await visit.text(".build span"), `Huella de esta página: ${hash}`);
  await visit.open("board.html");
  await visit.at("board-done", { look: false });
  const acts = await visit.page.locator("tr", { has: visit.page.locator("th", { hasText: /^Página para votar$/ }) }).locator("td.hash").allTextContents();
  assert.ok(acts.length > 0, "the act is there");
  for (const values of acts) assert.ok(values.includes(hash), values);
  await visit.close();
});

test("who comes back to board and log is told whether they are the same; kept is what was seen, and nothing of who saw it", async () => {
  const visit = await here.visit({ width: 320 });
  const grown = () => visit.page.$$eval("[data-log]", (all) => all.map((one) => one.dataset.growth));
  // The empty board, as others may vote meanwhile.
  const empty = await here.place.file("/board/checkpoints/000000");
  visit.relay.always("/board/checkpoint", { answered: () => empty });
  await visit.open("board.html");
  await visit.at("board-done", { name: "board-first" });
  assert.deepEqual(await grown(), ["first", "first"]);
  await visit.page.reload();
  await visit.at("board-done", { name: "board-same" });
  assert.deepEqual(await grown(), ["same", "same"]);
  assert.deepEqual(await visit.page.evaluate(() => Object.keys(localStorage).map((key) => key.replace(/[0-9a-f]{64}$/, "<election>")).sort()), ["escrutinio.seen.acts.<election>", "escrutinio.seen.board.<election>"]);
  assert.ok((await visit.page.evaluate(() => Object.values(localStorage).join(""))).includes(JSON.stringify(empty.toString()).slice(1, -1)));
  await visit.close();
});

test("a checkpoint of which a signature does not hold is not shown, nor who should have signed it", async () => {
  const visit = await here.visit();
  visit.relay.always("/board/checkpoint", { answered: flip(-10) });
  await visit.open("board.html");
  await visit.at("board-failed", { name: "board-forged" });
  assert.doesNotMatch(await visit.text(), /testigo-/);
  await visit.close();
});

test("R-PUB-03 a file of another election is called that, and is not told to be missing from the list", async () => {
  const visit = await here.visit();
  await visit.open("check.html");
  await visit.at("check");
  const election = "e2".repeat(32);
  for (const text of [`escrutinio/voter-key/v1\nelection ${election}\nlist 0\nkey ${"c4".repeat(32)}\n`, `escrutinio/receipt/v1\nelection ${election}\ncontest 0\n`]) {
    await visit.page.setInputFiles("#file", { name: "x.txt", mimeType: "text/plain", buffer: Buffer.from(text) });
    await visit.press("Comprobar");
    await visit.says(".errors", /es de otra elección/);
  }
  await visit.close();
});

test("nothing is public yet that has to be verified", async () => {
  const visit = await here.visit();
  await visit.open("verify.html");
  await visit.at("verify", { name: "verify-early" });
  await visit.press("Bajar el expediente y verificar");
  await visit.page.waitForSelector(".errors");
  await visit.look("verify-unpublished");
  await visit.close();
});
