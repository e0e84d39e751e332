/** The tests see what they are there to see: each planted fault is found. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

test("axe finds a planted fault of contrast and a field without a label", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start", { look: false });
  await visit.page.evaluate(() => {
    const input = document.createElement("input");
    const pale = document.createElement("p");
    pale.textContent = "pale";
    pale.style.color = "#f0eeea";
    document.querySelector("main")?.append(input, pale);
  });
  await assert.rejects(visit.axe("planted"), /color-contrast[\s\S]*label|label[\s\S]*color-contrast/);
  await visit.close();
});

test("a chosen width is that of every path, unless the width is what is tested", async () => {
  const before = process.env.ESCRUTINIO_WIDTH;
  const seen = async (how) => {
    const visit = await here.visit(how);
    const { width } = visit.page.viewportSize();
    await visit.close();
    return width;
  };
  try {
    process.env.ESCRUTINIO_WIDTH = "768";
    assert.deepEqual([await seen({}), await seen({ width: 320 }), await seen({ width: 320, fixed: true })], [768, 768, 320]);
    delete process.env.ESCRUTINIO_WIDTH;
    assert.equal(await seen({ width: 1280 }), 1280);
  } finally {
    if (before !== undefined) process.env.ESCRUTINIO_WIDTH = before;
  }
});

test("a script error and a violated policy fail a visit", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start", { look: false });
  await visit.page.evaluate(() => setTimeout(() => { throw new Error("planted"); }));
  await visit.page.evaluate(() => {
    const image = document.createElement("img");
    image.src = "https://elsewhere.example/pixel.png";
    document.body.append(image);
  });
  await visit.page.waitForTimeout(200);
  assert.match(visit.faults.join("\n"), /script: planted/);
  assert.match(visit.faults.join("\n"), /Content Security Policy/);
  visit.faults.length = 0;
  await visit.close();
});

test("something that is wider than the window, or left in the address, fails a screen", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start", { look: false });
  await visit.page.evaluate(() => { history.replaceState(null, "", "#left"); });
  await assert.rejects(visit.fits("start"), /left in the address/);
  await visit.page.evaluate(() => {
    history.replaceState(null, "", "/");
    const wide = document.createElement("div");
    wide.style.width = "3000px";
    wide.style.height = "1px";
    document.querySelector("main").append(wide);
  });
  await assert.rejects(visit.fits("start"), /wider than the window/);
  await visit.close();
});
