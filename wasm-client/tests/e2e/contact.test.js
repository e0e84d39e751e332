/** New contact data, in a session. The two requests are answered here, so that any server may stand behind. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "./browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

/** Answers both requests as the server would; what was asked is in `asked`. */
async function desk(visit, refusal = null) {
  const asked = [];
  const problem = (name, status) => ({ status, contentType: "application/problem+json", body: JSON.stringify({ type: `urn:escrutinio:problem:${name}`, title: name, status }) });
  await visit.page.route("**/api/v1/session/contact", async (route) => {
    asked.push(route.request().postDataJSON());
    await route.fulfill(refusal ? problem(refusal, 403) : { json: { attempt: "an-attempt" } });
  });
  await visit.page.route("**/api/v1/session/contact/confirm", async (route) => {
    asked.push(route.request().postDataJSON());
    await route.fulfill(asked.at(-1).code === "123456" ? { status: 204 } : problem("code", 401));
  });
  return asked;
}

const OPEN = "Cambiar mi correo o mi teléfono";
const said = (visit, text) => visit.page.waitForFunction((wanted) => document.querySelector("[data-errors]")?.textContent?.includes(wanted), text);

/** The server's election, in which contact data may still be changed, or not any more. */
async function until(visit, seconds) {
  await visit.page.route("**/api/v1/election", async (route) => {
    const election = await (await route.fetch()).json();
    election.calendar.contact_updates_until = election.now + seconds;
    await route.fulfill({ json: election });
  });
}

for (const width of [320, 768, 1280]) {
  test(`R-ROLL-11 R-AUTH-19 a new telephone, with both codes, by keyboard, ${width} px`, async () => {
    const visit = await here.visit({ width });
    const asked = await desk(visit);
    await until(visit, 3600);
    await visit.first();
    await visit.press(OPEN);
    await visit.at("contact", { shot: `${width}-80-contact` });
    await visit.press("Seguir");
    await said(visit, "Elija qué quiere cambiar");
    await visit.tabTo("Mi correo");
    await visit.page.keyboard.press("ArrowDown");
    await visit.press("Seguir");
    await visit.at("contact-value", { shot: `${width}-81-contact-value` });
    assert.match(await visit.page.textContent("#main"), /Su aplicación de códigos dejará de valer/);
    await visit.type("Teléfono nuevo", "312 555");
    await visit.press("Enviar los códigos");
    await said(visit, "con la clave del país");
    await visit.axe("faults of a new telephone");
    await visit.type("Teléfono nuevo", "+1 312 555 0147");
    await visit.mark("Con una aplicación de códigos");
    await visit.press("Enviar los códigos");
    await visit.at("contact-code", { shot: `${width}-82-contact-code` });
    await visit.type("Código que llegó al teléfono nuevo", "999999");
    await visit.type("Código de la aplicación", "654321");
    await visit.press("Guardar el cambio");
    await said(visit, "El código no es correcto");
    await visit.type("Código que llegó al teléfono nuevo", "123 456");
    await visit.press("Guardar el cambio");
    await visit.at("contact-done", { shot: `${width}-83-contact-done` });
    assert.deepEqual(asked, [
      { kind: "phone", value: "+1 312 555 0147", factor: "totp" },
      { attempt: "an-attempt", code: "999999", factor_code: "654321" },
      { attempt: "an-attempt", code: "123456", factor_code: "654321" },
    ]);
    await visit.press("Seguir");
    await visit.at("home", { axe: false });
    // The authenticator ended with the telephone: only the message is left, and nothing is asked.
    await visit.press(OPEN);
    await visit.mark("Mi correo");
    await visit.press("Seguir");
    await visit.at("contact-value");
    assert.equal(await visit.page.locator("input[type=radio]").count(), 0);
    await visit.type("Correo nuevo", "ana@correo.example");
    await visit.press("Enviar los códigos");
    await visit.at("contact-code");
    assert.deepEqual(asked.at(-1), { kind: "email", value: "ana@correo.example", factor: "sms" });
    await visit.press("Volver sin cambiar nada");
    await visit.at("home", { axe: false });
    await visit.close();
  });
}

test("R-ROLL-11 after the set instant the way is not shown, and a server that says so earlier is understood", async () => {
  const late = await here.visit();
  await until(late, 0);
  await late.first();
  assert.equal(await late.page.getByRole("button", { name: OPEN }).count(), 0);
  await late.close();

  const visit = await here.visit();
  await desk(visit, "contact-closed");
  await until(visit, 5);
  await visit.first();
  await visit.press(OPEN);
  await visit.mark("Mi correo");
  await visit.press("Seguir");
  await visit.type("Correo nuevo", "ana@correo.example");
  await visit.mark("Con una aplicación de códigos");
  await visit.press("Enviar los códigos");
  await said(visit, "Ya no se pueden cambiar");
  await visit.close();
});
