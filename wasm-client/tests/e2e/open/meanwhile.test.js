/** What stands on the page while something is done, each held until it was looked at. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

/** A promise and what fulfils it. */
function gate() {
  let open = () => {};
  const closed = new Promise((resolve) => { open = () => resolve(undefined); });
  return { closed, open };
}

/** The bar that is shown: where it stands, or -1 while nobody knows, and whether it is seen and has a name. */
const bar = (visit) => visit.page.locator("progress").evaluate((one) => ({ position: one.position, width: one.getBoundingClientRect().width > 100, named: Boolean(one.getAttribute("aria-label")) }));

test("R-ACCS-04 the election is being prepared: it is said, and a bar is seen", async () => {
  const visit = await here.visit();
  const { closed, open } = gate();
  visit.relay.next("/api/v1/election", { hold: closed });
  await visit.open();
  await visit.at("preparing");
  assert.deepEqual(await bar(visit), { position: -1, width: true, named: true });
  open();
  await visit.at("start");
  await visit.close();
});

test("R-BAL-17 R-ACCS-04 the ballot is being encrypted: the bar goes from nothing to the end, and the way back is open", async () => {
  const visit = await here.visit({ width: 320 });
  await visit.page.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    globalThis.held = [];
    Worker.prototype.postMessage = function ask(message, ...rest) {
      if (message.name === "prepare" && globalThis.hold) globalThis.held.push(() => post.call(this, message, ...rest));
      else post.call(this, message, ...rest);
    };
    globalThis.bars = [];
    new MutationObserver((all) => { for (const { target } of all) if (target instanceof HTMLProgressElement) globalThis.bars.push(target.value / target.max); })
      .observe(document, { attributes: true, attributeFilter: ["value"], subtree: true });
  });
  await visit.first();
  const seal = async () => {
    await visit.press("Revisar mi elección");
    await visit.at("review");
    await visit.page.evaluate(() => { globalThis.hold = true; });
    await visit.press("Sí, cifrar mi voto");
    await visit.at("sealing");
  };
  await visit.ballot();
  await visit.mark("Partido Alba");
  await seal();
  assert.deepEqual(await bar(visit), { position: -1, width: true, named: true });
  assert.match(await visit.text(".doing"), /\S/);
  await visit.page.goBack();
  await visit.at("ballot", { look: false });
  assert.equal(await visit.text(".now"), "Marcó: ALBA");
  await seal();
  await visit.page.evaluate(() => {
    globalThis.hold = false;
    globalThis.bars.length = 0;
    for (const go of globalThis.held.splice(0)) go();
  });
  await visit.at("code");
  assert.deepEqual(await visit.page.evaluate(() => globalThis.bars), [0, 1]);
  assert.equal(visit.ballots.length, 0);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.close();
});

test("R-ACCS-04 board and log are on their way", async () => {
  const visit = await here.visit();
  const { closed, open } = gate();
  visit.relay.next("/acts/checkpoint", { hold: closed });
  await visit.open("board.html");
  await visit.at("board", { name: "board-loading" });
  assert.deepEqual(await bar(visit), { position: -1, width: true, named: true });
  open();
  await visit.at("board-done", { look: false });
  await visit.close();
});
