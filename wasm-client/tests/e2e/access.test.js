/** Ways in, ways that are closed, and the clock. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { stage } from "./browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());
beforeEach(() => here.server.reset());

test("the link leaves address and history before anything is asked", async () => {
  const visit = await here.visit();
  await visit.open("#aGFsZg.dG9rZW4");
  await visit.at("digits");
  assert.equal(new URL(visit.page.url()).hash, "");
  assert.ok(!here.server.state.log.some(({ path, body }) => path.includes("aGFsZg") || body.includes("aGFsZg")), "the half never leaves");
  await visit.close();
});

test("R-AUTH-03 R-AUTH-16 wrong digits, wrong codes, locks: said in plain words, and focus is there", async () => {
  const visit = await here.visit();
  await visit.open("#aGFsZg.dG9rZW4");
  await visit.at("digits");
  await visit.press("Seguir");
  await visit.page.waitForFunction(() => document.activeElement?.matches("[data-errors]"));
  await visit.at("digits", { shot: "320-40-digits-empty" });
  await visit.type("Últimos cuatro dígitos", "0000");
  await visit.press("Seguir");
  await visit.page.waitForFunction(() => document.querySelector(".errors")?.textContent?.includes("no son los dígitos"));
  await visit.axe("wrong digits");
  await visit.page.goBack();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.at("login");
  await visit.type("Usuario", "locked");
  await visit.type("Contraseña", "x");
  await visit.press("Seguir");
  await visit.page.waitForFunction(() => document.querySelector(".errors")?.textContent?.includes("866 986 8306"));
  await visit.at("login", { shot: "320-41-locked" });
  await visit.close();
});

test("a link that was used makes a new device ready", async () => {
  const visit = await here.visit();
  await visit.open("#aGFsZg.used");
  await visit.at("login", { shot: "320-42-linked" });
  await visit.login();
  await visit.at("home");
  await visit.close();
});

test("a new device without its link asks for it, and takes one that is pasted", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("need-link");
  await visit.type("Su liga de acceso", "https://voto.example/");
  await visit.press("Seguir");
  await visit.page.waitForSelector(".errors");
  await visit.type("Su liga de acceso", "https://voto.example/#aGFsZg.dG9rZW4");
  await visit.press("Seguir");
  await visit.at("home");
  await visit.close();
});

test("R-AUTH-07 a forgotten password", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start");
  await visit.press("Olvidé mi contraseña");
  await visit.at("recover", { shot: "320-43-recover" });
  await visit.type("Usuario", "23456-cfhkm-rtx22");
  await visit.press("Enviar el código");
  await visit.at("recover-code");
  await visit.type("Código del correo", "123456");
  await visit.press("Seguir");
  await visit.at("factor");
  await visit.mark("Con una aplicación de códigos");
  await visit.press("Seguir");
  await visit.at("code-entry");
  await visit.type("Código de la aplicación", "123456");
  await visit.press("Seguir");
  await visit.at("password");
  await visit.type("Contraseña nueva", "corta");
  await visit.press("Guardar y entrar");
  await visit.page.waitForSelector(".errors");
  await visit.axe("short password");
  await visit.type("Contraseña nueva", "otra frase muy larga");
  await visit.press("Guardar y entrar");
  await visit.at("need-link");
  await visit.close();
});

for (const phase of ["loaded", "opened", "grace", "closed", "published"]) {
  test(`R-AUTH-10 nobody enters: ${phase}`, async () => {
    here.server.state.phase = phase;
    const visit = await here.visit();
    await visit.open(phase === "closed" ? "#aGFsZg.dG9rZW4" : "");
    await visit.at("start", { shot: `320-44-${phase}` });
    assert.equal(await visit.page.getByRole("button", { name: "Entrar" }).count(), 0);
    await visit.close();
  });
}

test("a server with another election is stopped before a password is asked for", async () => {
  here.server.state.manifest = "00".repeat(32);
  const visit = await here.visit();
  await visit.open("#aGFsZg.dG9rZW4");
  await visit.at("trouble", { shot: "320-45-other-election" });
  assert.match(await visit.page.textContent("#main"), /otra elección/);
  assert.ok(!here.server.state.log.some(({ path }) => path.includes("/access/")));
  await visit.close();
});

test("R-AUTH-08 R-AUTH-18 the clock is said, asks at five minutes, and is reached by keyboard", async () => {
  here.server.state.remaining = 302;
  const visit = await here.visit();
  await visit.first();
  await visit.page.waitForSelector("dialog[open]", { timeout: 8000 });
  await visit.axe("clock");
  await visit.shot("320-46-clock");
  assert.equal(await visit.page.evaluate(() => document.activeElement?.closest("dialog") !== null), true, "focus is in the dialog");
  await visit.page.keyboard.press("Escape");
  await visit.page.waitForSelector("dialog", { state: "detached" });
  await visit.at("home");
  await visit.close();
});

test("R-AUTH-09 more time: both factors again, the full time, nothing was cast", async () => {
  here.server.state.remaining = 301;
  const visit = await here.visit();
  await visit.first();
  await visit.page.waitForSelector("dialog[open]", { timeout: 8000 });
  here.server.state.remaining = 1800;
  await visit.press("Entrar otra vez");
  await visit.at("login", { shot: "320-47-again" });
  await visit.login();
  await visit.at("home");
  assert.match(await visit.page.textContent(".clock"), /(30:00|29:5\d)/);
  await visit.close();
});

test("R-AUTH-09 R-AUTH-17 R-CAST-20 at the end of time everything is wiped, and nothing was sent", async () => {
  here.server.state.remaining = 4;
  const visit = await here.visit();
  await visit.first();
  await visit.press("Ver la boleta: Senaduría de Mayoría Relativa");
  await visit.at("ballot", { axe: false });
  await visit.mark("Partido Alba");
  await visit.at("expired", { shot: "320-48-expired" });
  await visit.page.goBack();
  await visit.at("start");
  assert.ok(!here.server.state.log.some(({ path }) => path.includes("ballots")));
  await visit.close();
});

test("R-AUTH-20 a clock of the device that is wrong changes nothing", async () => {
  const visit = await here.visit();
  await visit.page.clock.setSystemTime(new Date("2031-01-01"));
  await visit.first();
  assert.match(await visit.page.textContent(".clock"), /(30:00|29:5\d)/);
  await visit.close();
});

test("R-ACCS-08 without JavaScript or WebAssembly the page says what is needed", async () => {
  const without = await here.visit({ javaScriptEnabled: false });
  await without.open();
  assert.match(await without.page.textContent("main"), /necesita JavaScript/);
  await without.context.close();
  const visit = await here.visit();
  await visit.page.addInitScript(() => { Object.defineProperty(globalThis, "WebAssembly", { value: undefined }); });
  await visit.open("#aGFsZg.dG9rZW4");
  await visit.at("unsupported", { shot: "320-49-unsupported" });
  await visit.close();
});
