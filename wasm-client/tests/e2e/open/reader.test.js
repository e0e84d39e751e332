/**
 * What a screen reader has to read: the script of `PAGE.md`, on the accessibility tree that Chromium hands to one.
 * Names of parties are taken from the ballot itself, so that any election may stand behind.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { json } from "../relay.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

/** A visit that writes down whatever is said aloud by itself. */
async function listening(how) {
  const visit = await here.visit(how);
  await visit.page.addInitScript(() => {
    globalThis.heard = [];
    document.addEventListener("DOMContentLoaded", () => {
      const live = document.getElementById("live");
      new MutationObserver(() => { if (live.textContent) globalThis.heard.push(live.textContent); }).observe(live, { childList: true, characterData: true, subtree: true });
    });
  });
  return visit;
}
const heard = (visit) => visit.page.evaluate(() => globalThis.heard);
const says = (visit, text) => visit.page.waitForFunction((wanted) => globalThis.heard.some((one) => one.includes(wanted)), text);

/** The accessibility tree in reading order, without what no reader stops at. */
async function tree(visit) {
  const client = await visit.context.newCDPSession(visit.page);
  const { nodes } = await client.send("Accessibility.getFullAXTree");
  await client.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const read = [];
  const walk = (node, within) => {
    const one = {
      role: node.role?.value ?? "", name: node.name?.value ?? "", description: node.description?.value ?? "", within,
      ...Object.fromEntries((node.properties ?? []).map(({ name, value }) => [name, value.value])),
    };
    if (!node.ignored && !["none", "generic", "InlineTextBox", "RootWebArea"].includes(one.role)) read.push(one);
    for (const id of node.childIds ?? []) if (byId.has(id)) walk(byId.get(id), node.ignored || one.role === "generic" ? within : [...within, one]);
  };
  walk(nodes[0], []);
  return read;
}
const inside = (all, role) => all.filter((node) => node.within.some((around) => around.role === role));
const words = (nodes) => nodes.filter(({ role }) => role === "StaticText").map(({ name }) => name).join(" ");
const focused = (all) => all.filter((node) => node.focused).at(-1);

async function headingIsRead(visit, name) {
  const { role, name: read, level } = focused(await tree(visit));
  assert.deepEqual({ role, read, level }, { role: "heading", read: name, level: 1 });
}

/** At the ballot, and the names of its spaces as they stand there. */
async function ballot(how) {
  const visit = await listening(how);
  await visit.first();
  await visit.page.getByRole("button", { name: /^Ver la boleta/ }).first().press("Enter");
  await visit.at("ballot", { look: false });
  const names = await visit.page.locator("[data-space] .name").allTextContents();
  return { visit, names };
}
const box = (visit, name) => visit.page.getByRole("checkbox", { name, exact: true });

/** Marks the first two spaces that are no vote together. */
async function wrongMarks(visit, names) {
  await box(visit, names[0]).press("Space");
  for (const name of names.slice(1)) {
    await box(visit, name).press("Space");
    await visit.page.waitForFunction((wanted) => globalThis.heard.at(-1)?.includes(wanted) || document.querySelector(".now.wrong"), name.slice(0, 4)).catch(() => undefined);
    if (await visit.page.locator(".now.wrong").count()) return [names[0], name];
    await box(visit, name).press("Space");
  }
  throw new Error("all spaces go together");
}

test("R-ACCS-04 the link: the heading is read first, and a refused step says what to correct and where", async () => {
  const visit = await listening();
  await visit.open(visit.fragment);
  await visit.at("digits", { look: false });
  await headingIsRead(visit, "Su teléfono");
  assert.equal(new URL(visit.page.url()).hash, "");

  await visit.page.getByRole("button", { name: "Seguir" }).press("Enter");
  await visit.page.waitForSelector("[data-errors]");
  const all = await tree(visit);
  const alert = all.find(({ role }) => role === "alert");
  assert.ok(alert, "it is said without being looked for");
  assert.ok(focused(all)?.role === "alert", "and is where the reader is");
  assert.match(words(inside(all, "alert")), /^Hay algo por corregir/);
  const [link] = inside(all, "alert").filter(({ role }) => role === "link");
  assert.equal(link.name, "Escriba cuatro dígitos");
  await visit.page.getByRole("link", { name: link.name }).press("Enter");
  const field = focused(await tree(visit));
  assert.deepEqual([field.role, field.name, field.invalid], ["textbox", "Últimos cuatro dígitos", "true"]);
  assert.match(field.description, /Por ejemplo.*Escriba cuatro dígitos/, "the field says its hint and its fault");
  assert.equal(new URL(visit.page.url()).hash, "", "the summary's link leaves the address alone");
  await visit.close();
});

test("R-ACCS-04 R-AUTH-04 the second factor by arrows, and the authenticator without the camera", async () => {
  const visit = await listening();
  await visit.open(visit.fragment);
  await visit.at("digits", { look: false });
  await visit.type("Últimos cuatro dígitos", visit.voter.digits);
  await visit.press("Seguir");
  await visit.at("factor", { look: false });
  const group = (await tree(visit)).find(({ role }) => role === "radiogroup");
  assert.equal(group.name, "Elija una forma");
  const radios = async () => (await tree(visit)).filter(({ role }) => role === "radio");
  assert.deepEqual((await radios()).map(({ name, checked }) => [name, checked]), [["Con una aplicación de códigos", "false"], ["Con un mensaje de texto", "false"]]);
  assert.ok((await radios()).every(({ description }) => description.length > 10), "each says what it is");
  await visit.tabTo("Con una aplicación de códigos");
  await visit.page.keyboard.press("ArrowDown");
  await visit.page.keyboard.press("ArrowUp");
  assert.deepEqual((await radios()).map(({ checked, focused: at }) => [checked, Boolean(at)]), [["true", true], ["false", false]]);
  await visit.press("Seguir");
  await visit.at("enrol", { look: false });
  const image = (await tree(visit)).find(({ role, name }) => role === "image" && name.startsWith("Código QR"));
  assert.match(image.name, /También puede escribir la clave/, "who does not see the square is told of another way");
  await visit.tabTo("No puedo leer el cuadro: ver la clave");
  await visit.page.keyboard.press("Enter");
  const secret = await visit.page.locator(".secret").evaluate((one) => one.textContent?.trim() ?? "");
  assert.match(secret, /^([A-Z2-7]{4} )*[A-Z2-7]{1,4}$/, "in groups of four");
  await visit.close();
});

test("R-ACCS-04 R-ACCS-06 R-BAL-32 the ballot: how many spaces, then each by name, kind, state and candidates, in order", async () => {
  const { visit, names } = await ballot();
  await headingIsRead(visit, "Marque su boleta");
  const all = await tree(visit);
  const group = all.find(({ role, name }) => role === "group" && name.startsWith("Marque el recuadro"));
  const parties = await visit.page.locator(".spaces:not(.special) [data-space]").count();
  assert.match(group.description, new RegExp(`La boleta tiene ${parties} recuadros y ${names.length - parties} opciones más`), "the number is said before the spaces");
  const spaces = all.filter(({ role }) => role === "checkbox");
  assert.deepEqual(spaces.map(({ name }) => name), names, "names only, in the order of the ballot");
  assert.ok(spaces.every(({ checked }) => checked === "false"), "nothing is marked");
  const who = await visit.page.locator("[data-space] .who").evaluateAll((list) => list.map((one) => one.innerText.replace(/\s+/g, " ").trim()));
  assert.deepEqual(spaces.map(({ description }) => description.replace(/\s+/g, " ").trim()), who, "each says who stands, substitutes too");
  const emblems = (await visit.page.locator(".emblem").allTextContents()).filter((text) => text && !names.includes(text));
  assert.deepEqual(inside(all, "listitem").filter(({ role, name }) => role === "image" || emblems.includes(name)), [], "emblems say nothing that the name does not");
  const sheet = all.find(({ role, name }) => role === "region" && name.length > 0);
  assert.ok(sheet, "the sheet is a region named by its office");
  await box(visit, names[0]).press("Space");
  assert.equal((await tree(visit)).find(({ role, name }) => role === "checkbox" && name === names[0]).checked, "true");
  await says(visit, "Marcó:");
  await visit.close();
});

test("R-ACCS-04 R-BAL-23 marks that do not go together: said at once, and the summary says which and why", async () => {
  const { visit, names } = await ballot();
  const [one, two] = await wrongMarks(visit, names);
  await says(visit, "Esas marcas no van juntas");
  await visit.page.getByRole("button", { name: "Revisar mi elección" }).press("Enter");
  await visit.page.waitForSelector("[data-errors]");
  const all = await tree(visit);
  assert.equal(focused(all).role, "alert");
  const read = words(inside(all, "alert"));
  assert.match(read, /^Hay algo por corregir/);
  for (const name of [one, two]) assert.ok(read.includes(name), `${name} is named in «${read}»`);
  assert.match(read, /coalición|se marca solo/);
  assert.deepEqual((await tree(visit)).filter(({ role, checked }) => role === "checkbox" && checked === "true").map(({ name }) => name), [one, two], "the marks are still there, to be changed");
  await visit.close();
});

test("R-ACCS-04 R-BAL-26 the null vote takes marks away, and says which", async () => {
  const { visit, names } = await ballot();
  await box(visit, names[0]).press("Space");
  await box(visit, "Voto nulo").press("Space");
  await says(visit, `Marcó Voto nulo. Se quitó la marca de ${names[0]}.`);
  await says(visit, "Marcó: voto nulo");
  await visit.close();
});

test("R-ACCS-04 from the review to the receipt: headings, one word of progress, the code in groups, every try", async () => {
  const { visit, names } = await ballot();
  await box(visit, names[0]).press("Space");
  await visit.page.getByRole("button", { name: "Revisar mi elección" }).press("Enter");
  await visit.at("review", { look: false });
  await headingIsRead(visit, "¿Es esta su elección?");
  const chosen = inside(await tree(visit), "region");
  assert.ok(chosen.some(({ role }) => role === "heading"), "the choice is a heading of its own");
  const before = (await heard(visit)).length;
  await visit.page.getByRole("button", { name: "Sí, cifrar mi voto" }).press("Enter");
  await visit.at("code", { look: false });
  await headingIsRead(visit, "Su voto está cifrado");
  assert.ok((await heard(visit)).length - before <= 1, "progress is not said at each step");
  const code = inside(await tree(visit), "group").filter((node) => node.role === "StaticText" && node.within.some(({ name }) => name === "Su código de comprobación"));
  assert.equal(code.length, 14);
  assert.ok(code.every(({ name }) => /^[0-9A-HJKMNP-Z*~$=]{1,4}$/.test(name)), "group by group");

  await visit.context.setOffline(true);
  await visit.page.getByRole("button", { name: "Emitir mi voto" }).press("Enter");
  await says(visit, "No hay conexión");
  await visit.context.setOffline(false);
  await visit.at("receipt", { look: false });
  await headingIsRead(visit, "Su voto está en la urna");
  await visit.close();
});

test("R-ACCS-04 R-AUTH-18 five minutes left: a dialog that is read, that Escape closes, and focus where it was", async () => {
  const visit = await listening();
  // What the server says of the time is changed here; with its own time this is in `clock/`.
  visit.relay.always("GET /api/v1/session", json((state) => ({ ...state, remaining: 301 })));
  await visit.first();
  const open = visit.page.getByRole("button", { name: /^Ver la boleta/ }).first();
  await open.focus();
  await visit.page.waitForSelector("dialog[open]");
  const all = await tree(visit);
  const dialog = all.find(({ role }) => role === "dialog");
  assert.deepEqual([dialog.name, dialog.modal], ["Le quedan 5 minutos", true]);
  assert.ok(focused(all).within.some(({ role }) => role === "dialog"), "the reader is in it");
  assert.ok((await heard(visit)).some((one) => one.includes("5")));
  await visit.page.keyboard.press("Escape");
  await visit.page.waitForFunction(() => !document.querySelector("dialog"));
  assert.match(focused(await tree(visit)).name, /^Ver la boleta/);
  await visit.close();
});
