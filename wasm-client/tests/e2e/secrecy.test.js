/** Of a choice nothing leaves: not by requests, storage, address, history or log; and all choices look alike. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { INFO } from "../standin/election.js";
import { stage } from "./browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());
beforeEach(() => here.server.reset());

test("R-AUTH-17 R-CAST-02 a written name is found nowhere outside of the screen", async () => {
  const canary = "Zacatlán Quetzalli";
  const visit = await here.visit();
  const said = [];
  visit.page.on("console", (message) => said.push(message.text()));
  await visit.first();
  await visit.press("Ver la boleta: Senaduría de Mayoría Relativa");
  await visit.at("ballot", { axe: false });
  await visit.mark("Candidatura no registrada");
  await visit.type("Nombre de la candidatura no registrada", canary);
  await visit.press("Revisar mi elección");
  await visit.at("review", { axe: false });
  assert.match(await visit.page.textContent("#chosen"), /Zacatlán Quetzalli/, "it is on the screen");
  await visit.press("Sí, cifrar mi voto");
  await visit.at("code", { axe: false });
  const kept = () => visit.page.evaluate(async () => {
    const stores = await Promise.all((await indexedDB.databases()).map(({ name }) => new Promise((resolve) => {
      const opening = indexedDB.open(name);
      opening.onsuccess = () => {
        const names = [...opening.result.objectStoreNames];
        if (names.length === 0) return resolve("");
        const transaction = opening.result.transaction(names);
        const all = names.map((one) => transaction.objectStore(one).getAll());
        transaction.oncomplete = () => resolve(all.map(({ result }) => result.map((value) => [...Object.values(value)].map((part) => (part instanceof Uint8Array ? new TextDecoder().decode(part) : String(part))).join(" ") + (value instanceof Uint8Array ? new TextDecoder().decode(value) : "")).join(" ")).join(" "));
      };
    })));
    return JSON.stringify([stores, { ...localStorage }, { ...sessionStorage }, location.href, history.state, document.cookie, document.title, await caches.keys(), performance.getEntries().map(({ name }) => name)]);
  });
  here.server.state.ballots = ["busy"];
  const stored = [await kept()];
  await visit.press("Emitir mi voto");
  await visit.page.waitForFunction(() => document.querySelector(".doing")?.textContent?.includes("otra vez"));
  stored.push(await kept());
  assert.match(stored[1], /23456-cfhkm-rtx22/, "the signed ballot is seen in the store");
  await visit.at("receipt", { axe: false });
  stored.push(await kept());
  const sent = here.server.state.log.map(({ path, body }) => `${path} ${body.toString("latin1")} ${body.toString("utf8")}`).join("\n");
  for (const text of [...stored, sent, said.join("\n")]) {
    for (const form of [canary, "Zacatl", "Quetzalli", encodeURIComponent(canary), Buffer.from(canary).toString("base64").slice(2, 20)]) assert.ok(!text.includes(form), form);
  }
  await visit.close();
});

test("R-BAL-30 requests between login and receipt are equal in number, order and length for every option", async () => {
  /** @type {Map<string, string>} */
  const seen = new Map();
  const { options, spaces } = INFO.contests[0];
  const wanted = [...options.filter(({ kind }) => kind !== "write-in").map((option) => ({ option, text: "" })),
    ...["A", "Ana Núñez", "María de los Ángeles Xicoténcatl Peñaloza"].map((text) => ({ option: options.find(({ kind }) => kind === "write-in"), text }))];
  for (const { option, text } of wanted) {
    here.server.reset();
    const visit = await here.visit();
    await visit.first();
    here.server.state.log.length = 0;
    await visit.press("Ver la boleta: Senaduría de Mayoría Relativa");
    await visit.at("ballot", { axe: false });
    for (const mark of option.marks) {
      const space = spaces.find((one) => one.mark === mark);
      const name = { "write-in": "Candidatura no registrada", null: "Voto nulo" }[space.kind] ?? space.name;
      await visit.page.getByRole("checkbox", { name, exact: true }).check();
    }
    if (text) await visit.page.getByLabel("Nombre de la candidatura no registrada").fill(text);
    await visit.page.getByRole("button", { name: "Revisar mi elección" }).click();
    await visit.at("review", { axe: false });
    await visit.page.getByRole("button", { name: "Sí, cifrar mi voto" }).click();
    await visit.at("code", { axe: false });
    await visit.page.getByRole("button", { name: "Emitir mi voto" }).click();
    await visit.at("receipt", { axe: false });
    seen.set(`${option.name} ${text}`, here.server.state.log.map(({ method, path, body }) => `${method} ${path} ${body.length}`).join(", "));
    await visit.close();
  }
  assert.equal(seen.size, options.length + 2);
  assert.deepEqual([...new Set(seen.values())], ["POST /api/v1/session/ballots 1600"]);
});
