/**
 * The picture tour of the documents: `node tour.js` makes the pictures of `docs/recorrido.md` anew. The election
 * is the invented one of the tests; the page is the real one.
 */

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { stage } from "./e2e/browser.js";

const OUT = fileURLToPath(new URL("../../docs/recorrido/", import.meta.url));
await mkdir(OUT, { recursive: true });
const here = await stage();
const visit = await here.visit({ viewport: { width: 390, height: 800 }, deviceScaleFactor: 1.5, reducedMotion: "reduce" });
const { page } = visit;
let number = 0;

/** The screen as a phone shows it, or all of it. */
async function picture(name, { whole = false } = {}) {
  number += 1;
  await page.evaluate(() => { if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); });
  await page.screenshot({ path: `${OUT}${String(number).padStart(2, "0")}-${name}.png`, fullPage: whole });
}
const press = (name) => page.getByRole("button", { name, exact: true }).click();

await visit.open();
await visit.at("start", { axe: false });
await picture("inicio");
await page.goto("about:blank");
await visit.open("#aGFsZg.dG9rZW4");
await visit.at("digits", { axe: false });
await picture("telefono");
await page.getByLabel("Últimos cuatro dígitos").fill("4821");
await press("Seguir");
await visit.at("factor", { axe: false });
await page.getByLabel("Con una aplicación de códigos").check();
await picture("codigo");
await press("Seguir");
await visit.at("enrol", { axe: false });
await picture("aplicacion");
await page.getByLabel("Código de la aplicación").fill("123456");
await page.getByLabel("Código del mensaje de texto").fill("123456");
await press("Seguir");
await visit.at("password", { axe: false });
await picture("contrasena");
await page.getByLabel("Contraseña nueva").fill("caballo verde lento");
await press("Guardar y entrar");
await visit.at("home", { axe: false });
await page.getByRole("button", { name: /^Ver la boleta/ }).click();
await visit.at("ballot", { axe: false });
await page.getByRole("checkbox", { name: "Partido Alba", exact: true }).check();
await page.getByRole("checkbox", { name: "Partido Duna", exact: true }).check();
await press("Revisar mi elección");
await page.waitForSelector(".errors");
await picture("combinacion-invalida");
await page.getByRole("checkbox", { name: "Partido Alba", exact: true }).uncheck();
await page.getByRole("checkbox", { name: "Partido Encino", exact: true }).check();
await page.waitForFunction(() => document.querySelector(".now")?.textContent === "Marcó: DUNA-ENCINO");
await page.evaluate(() => document.querySelector(".sheet-of-paper .space:nth-child(3)")?.scrollIntoView());
await picture("boleta");
await press("Revisar mi elección");
await visit.at("review", { axe: false });
await picture("revisar");
await press("Sí, cifrar mi voto");
await visit.at("code", { axe: false });
await picture("cifrado");
await press("Emitir mi voto");
await visit.at("receipt", { axe: false });
await picture("comprobante", { whole: true });
await press("Ya lo guardé. Salir");
await visit.at("end", { axe: false });
await picture("fin");
await visit.close();
await here.close();
