/**
 * The picture tour of the documents: `npm run tour` makes the pictures of `docs/recorrido.md` anew. Parties and people
 * are invented; the page and the election are real.
 */

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { stage } from "./e2e/browser.js";

const OUT = fileURLToPath(new URL("../../docs/recorrido/", import.meta.url));
await mkdir(OUT, { recursive: true });
const here = await stage();
const visit = await here.visit({ viewport: { width: 390, height: 800 }, deviceScaleFactor: 1.5, reducedMotion: "reduce" });
const { page, voter } = visit;
let number = 0;

/** The screen as a phone shows it, or all of it. */
async function picture(name, { whole = false } = {}) {
  number += 1;
  await page.evaluate(() => { if (document.activeElement instanceof HTMLElement) document.activeElement.blur(); });
  await page.screenshot({ path: `${OUT}${String(number).padStart(2, "0")}-${name}.png`, fullPage: whole });
}
const press = (name) => page.getByRole("button", { name, exact: true }).click();
const at = (state) => visit.at(state, { look: false });

await visit.open();
await at("start");
await picture("inicio");
await page.goto("about:blank");
await visit.open(visit.fragment);
await at("digits");
await picture("telefono");
await page.getByLabel("Últimos cuatro dígitos").fill(voter.digits);
await press("Seguir");
await at("factor");
await page.getByLabel("Con una aplicación de códigos").check();
await picture("codigo");
const sent = await visit.message(async () => {
  await press("Seguir");
  await at("enrol");
});
await picture("aplicacion");
const application = await visit.authenticator();
await page.getByLabel("Código de la aplicación").fill(application.code(await here.place.now()));
await page.getByLabel("Código del mensaje de texto").fill(sent);
await press("Seguir");
await at("password");
await page.getByLabel("Contraseña nueva").fill(voter.password);
await picture("contrasena");
await press("Guardar y entrar");
await at("home");
await page.getByRole("button", { name: /^Ver la boleta/ }).click();
await at("ballot");
await page.waitForFunction(() => document.querySelectorAll(".emblem img").length === 6);
await page.getByRole("checkbox", { name: "Partido Alba", exact: true }).check();
await page.getByRole("checkbox", { name: "Partido Duna", exact: true }).check();
await press("Revisar mi elección");
await page.waitForSelector(".errors");
await picture("combinacion-invalida");
await page.getByRole("checkbox", { name: "Partido Alba", exact: true }).uncheck();
await page.getByRole("checkbox", { name: "Partido Encino", exact: true }).check();
await visit.says(".now", "Marcó: DUNA-ENCINO");
await page.evaluate(() => document.querySelector(".sheet-of-paper .space:nth-child(3)")?.scrollIntoView());
await picture("boleta");
await press("Revisar mi elección");
await at("review");
await picture("revisar");
await press("Sí, cifrar mi voto");
await at("code");
await picture("cifrado");
await press("Emitir mi voto");
await at("receipt");
await picture("comprobante", { whole: true });
await press("Ya lo guardé. Salir");
await at("end");
await picture("fin");
await visit.close();
await here.close();
