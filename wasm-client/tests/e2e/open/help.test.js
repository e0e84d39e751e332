/** What is on every screen: help, the language, and no way out to anybody else's. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

/** @returns what the present screen offers */
function seen(visit) {
  return visit.page.evaluate(() => {
    const links = [...document.querySelectorAll("a[href], form[action], iframe, object, embed")];
    return {
      title: document.title,
      foot: [...document.querySelectorAll("#foot a")].map((link) => link.protocol),
      language: document.querySelector("button.language")?.getAttribute("lang"),
      out: links.filter((link) => !(link instanceof HTMLAnchorElement) || (!["tel:", "mailto:", "otpauth:"].includes(link.protocol) && link.origin !== location.origin)).map((link) => link.outerHTML),
      unnamed: [...document.querySelectorAll("a, button, input, textarea, svg[role=img]")].filter((one) => one.checkVisibility() && !one.closest("[aria-hidden=true]") && !(one.textContent?.trim() || one.getAttribute("aria-label") || one.labels?.length || one.getAttribute("aria-labelledby"))).map((one) => one.outerHTML),
    };
  });
}

async function everywhere(visit) {
  const { title, foot, language, out, unnamed } = await seen(visit);
  assert.deepEqual(foot, ["tel:", "mailto:"], `${title}: help`);
  assert.equal(language, "en", title);
  assert.deepEqual(out, [], `${title}: nothing leads elsewhere`);
  assert.deepEqual(unnamed, [], `${title}: everything has a name`);
}

test("R-ACCS-03 R-ACCS-07 R-DOC-04 the voting page: help and language on every screen, no way out, an illustration with words", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start", { look: false });
  await everywhere(visit);
  const at = visit.at.bind(visit);
  const states = [];
  // Every screen that the whole way comes through is looked at.
  visit.at = async (state, how) => {
    await at(state, how);
    states.push(state);
    await everywhere(visit);
  };
  await visit.page.goto("about:blank");
  await visit.first();
  await visit.page.getByRole("button", { name: /^Ver la boleta/ }).first().press("Enter");
  await visit.at("ballot", { look: false });
  await visit.page.getByText("¿Cómo se marca?").press("Enter");
  await visit.page.getByRole("img", { name: /^Dibujo: un recuadro vacío, un toque/ }).waitFor();
  await visit.page.locator("[data-space] input").first().press("Space");
  for (const [button, state] of [["Revisar mi elección", "review"], ["Sí, cifrar mi voto", "code"], ["Emitir mi voto", "receipt"], ["Ya lo guardé. Salir", "end"]]) {
    await visit.page.getByRole("button", { name: button }).press("Enter");
    await visit.at(state, { look: false });
  }
  assert.ok(states.length >= 10, states.join(" "));
  await visit.close();
});

test("R-ACCS-07 R-DOC-04 the public pages, too", async () => {
  const visit = await here.visit();
  for (const page of ["check", "audit", "verify", "results", "board"]) {
    await visit.open(`${page}.html`);
    await visit.page.waitForSelector("#foot a");
    await everywhere(visit);
  }
  await visit.close();
});
