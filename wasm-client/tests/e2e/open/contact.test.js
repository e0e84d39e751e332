/** New contact data, in a session: what is asked, what both codes confirm, and what the server then has. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { WIDTHS, stage } from "../browser.js";
import { json } from "../relay.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const OPEN = "Cambiar mi correo o mi teléfono";
const said = (visit, text) => visit.says("[data-errors]", text);
const wrong = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, "0");

for (const width of Object.keys(WIDTHS).map(Number)) {
  test(`R-ROLL-11 R-AUTH-19 a new telephone, with both codes, by keyboard, ${width} px`, async () => {
    const visit = await here.visit({ width, fixed: true });
    const phone = `+1 415 555 0${width.toString().slice(0, 3)}`;
    await visit.first({ factor: "totp" });
    await visit.press(OPEN);
    await visit.at("contact");
    await visit.press("Seguir");
    await said(visit, /Elija qué quiere cambiar/);
    await visit.tabTo("Mi correo");
    await visit.page.keyboard.press("ArrowDown");
    await visit.press("Seguir");
    await visit.at("contact-value");
    assert.match(await visit.text(), /Su aplicación de códigos dejará de valer/);
    await visit.type("Teléfono nuevo", "312 555");
    await visit.press("Enviar los códigos");
    await said(visit, /con la clave del país/);
    await visit.axe("faults of a new telephone");
    await visit.type("Teléfono nuevo", phone);
    await visit.mark("Con una aplicación de códigos");
    const before = (await here.place.phones.to(phone)).length;
    await visit.press("Enviar los códigos");
    await visit.at("contact-code");
    const code = await here.place.phones.code(phone, before);
    await visit.type("Código que llegó al teléfono nuevo", wrong(code));
    await visit.type("Código de la aplicación", visit.voter.application.code(await here.place.now()));
    await visit.press("Guardar el cambio");
    await said(visit, /El código no es correcto/);
    // An application's code is used once, also beside one that was wrong.
    await visit.type("Código que llegó al teléfono nuevo", code);
    await visit.press("Guardar el cambio");
    await visit.at("contact-done");
    await visit.press("Seguir");
    await visit.at("home");
    // The authenticator ended with the telephone: only the message is left, and nothing is asked.
    await visit.press(OPEN);
    await visit.mark("Mi correo");
    await visit.press("Seguir");
    await visit.at("contact-value", { name: "contact-mail" });
    assert.equal(await visit.page.locator("input[type=radio]").count(), 0);
    await visit.press("Volver sin cambiar nada").catch(() => visit.page.goBack());
    await visit.close();
  });
}

test("R-ROLL-11 after the set instant the way is not shown, and a server that says so earlier is understood", async () => {
  // The instant passes for everybody in `closing/`; here it is the page's view of it that differs.
  const until = (visit, seconds) => visit.relay.always("/api/v1/election", json((election) => ({ ...election, calendar: { ...election.calendar, contact_updates_until: election.now + seconds } })));
  const late = await here.visit();
  until(late, 0);
  await late.first();
  assert.equal(await late.page.getByRole("button", { name: OPEN }).count(), 0);
  await late.close();
});
