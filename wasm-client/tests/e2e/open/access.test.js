/** Ways in, and ways that are closed. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { json } from "../relay.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const wrong = (digits) => String((Number(digits) + 1) % 10 ** digits.length).padStart(digits.length, "0");

test("the link leaves address and history before anything is asked", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.at("digits");
  assert.equal(new URL(visit.page.url()).hash, "");
  const [half, token] = visit.fragment.slice(1).split(".");
  assert.ok(visit.relay.log.some(({ body }) => body.includes(token)), "the token is asked about");
  assert.ok(!visit.relay.log.some(({ path, body }) => path.includes(half) || body.includes(half)), "the half never leaves");
  await visit.close();
});

test("R-AUTH-03 R-AUTH-16 wrong digits: said in plain words, focus is there, and after five the link is locked", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.at("digits");
  await visit.press("Seguir");
  await visit.page.waitForFunction(() => document.activeElement?.matches("[data-errors]"));
  await visit.look("digits-empty");
  for (let tries = 0; tries < 5; tries += 1) {
    await visit.type("Últimos cuatro dígitos", wrong(visit.voter.digits));
    await visit.press("Seguir");
    await visit.says(".errors", /no son los dígitos/);
    if (tries === 0) await visit.axe("wrong digits");
  }
  await visit.type("Últimos cuatro dígitos", visit.voter.digits);
  await visit.press("Seguir");
  await visit.says(".errors", /La liga se bloqueó.*INETEL/);
  await visit.look("digits-locked");
  await visit.close();
});

test("R-AUTH-16 wrong codes lock the account, and its link says so", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.digits();
  const code = await visit.message(async () => {
    await visit.choose("sms");
    await visit.at("code-entry", { name: "code-sms" });
  });
  for (let tries = 0; tries < 5; tries += 1) {
    await visit.type("Código del mensaje de texto", wrong(code));
    await visit.press("Seguir");
    await visit.says(".errors", tries < 4 ? /no es correcto o ya venció/ : /.+/);
    if (tries === 0) await visit.look("code-wrong");
  }
  await visit.page.goto("about:blank");
  await visit.open(visit.fragment);
  await visit.at("trouble", { name: "trouble-locked" });
  assert.match(await visit.text(), /La cuenta se bloqueó.*INETEL/s);
  await visit.close();
});

test("R-AUTH-16 five wrong passwords: the right one is refused in the same words, with where help is", async () => {
  const visit = await here.visit();
  await visit.first();
  const other = await here.visit({ voter: visit.voter });
  await other.open();
  await other.at("start");
  await other.press("Entrar");
  await other.at("login");
  await other.press("Seguir");
  await other.says(".errors", /Escriba su usuario.*Escriba su contraseña/);
  await other.look("login-empty");
  await other.type("Usuario", visit.voter.user);
  for (const password of ["a", "b", "c", "d", "e", visit.voter.password]) {
    await other.type("Contraseña", password);
    await other.press("Seguir");
    await other.page.waitForFunction(() => !document.querySelector("[aria-busy=true], button[aria-disabled=true]"));
    await other.says(".errors", /no son correctos.*INETEL/);
  }
  await other.look("login-locked");
  assert.deepEqual(await visit.cast(), [false], "a session that is alive goes on");
  await other.close();
  await visit.close();
});

test("a link that was used makes a new device ready", async () => {
  const first = await here.visit();
  await first.first();
  await first.close();
  const visit = await here.visit({ voter: first.voter });
  await visit.open(visit.fragment);
  await visit.at("login", { name: "login-linked" });
  await visit.login();
  await visit.at("home");
  await visit.ballot();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.close();
});

test("a new device without its link asks for it, and takes one that is pasted, but no other voter's", async () => {
  const first = await here.visit();
  await first.first();
  await first.close();
  const visit = await here.visit({ voter: first.voter });
  await visit.open();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("need-link");
  await visit.type("Su liga de acceso", "https://voto.example/");
  await visit.press("Seguir");
  await visit.page.waitForSelector(".errors");
  await visit.look("need-link-wrong");
  await visit.type("Su liga de acceso", visit.voter.link);
  await visit.press("Seguir");
  await visit.at("home");
  await visit.close();

  const stranger = await here.visit({ voter: first.voter });
  await stranger.open();
  await stranger.at("start");
  await stranger.press("Entrar");
  await stranger.login();
  await stranger.at("need-link");
  await stranger.type("Su liga de acceso", here.place.voter().link);
  await stranger.press("Seguir");
  await stranger.says("#main", /es de otra persona/);
  await stranger.at("need-link", { name: "need-link-stranger" });
  await stranger.close();
});

test("R-AUTH-07 a forgotten password, with an application that was prepared before", async () => {
  const first = await here.visit();
  await first.first({ factor: "totp" });
  await first.close();
  const visit = await here.visit({ voter: first.voter, width: 320 });
  await visit.open();
  await visit.at("start");
  await visit.press("Olvidé mi contraseña");
  await visit.at("recover");
  await visit.type("Usuario", visit.voter.user);
  const before = (await here.place.mails.to(visit.voter.email)).length;
  await visit.press("Enviar el código");
  await visit.at("recover-code");
  await visit.type("Código del correo", await here.place.mails.code(visit.voter.email, before));
  await visit.press("Seguir");
  await visit.code("totp");
  await visit.at("password");
  await visit.type("Contraseña nueva", "corta");
  await visit.press("Guardar y entrar");
  await visit.page.waitForSelector(".errors");
  await visit.look("password-short");
  visit.voter.password = "otra frase muy larga";
  await visit.type("Contraseña nueva", visit.voter.password);
  await visit.press("Guardar y entrar");
  await visit.at("need-link");
  await visit.type("Su liga de acceso", visit.voter.link);
  await visit.press("Seguir");
  await visit.at("home");
  await visit.close();

  // What the first device keeps is sealed under the password before: it asks for the link again.
  const again = await here.visit({ voter: visit.voter });
  await again.open(again.fragment);
  await again.login();
  await again.at("home");
  await again.close();
});

test("a password changed elsewhere: the half that is kept here does not open, and the link gives it again", async () => {
  const visit = await here.visit();
  await visit.first();
  const elsewhere = await here.visit({ voter: visit.voter });
  await elsewhere.open();
  await elsewhere.at("start");
  await elsewhere.press("Olvidé mi contraseña");
  await elsewhere.at("recover");
  await elsewhere.type("Usuario", visit.voter.user);
  const before = (await here.place.mails.to(visit.voter.email)).length;
  await elsewhere.press("Enviar el código");
  await elsewhere.at("recover-code");
  await elsewhere.type("Código del correo", await here.place.mails.code(visit.voter.email, before));
  await elsewhere.press("Seguir");
  await elsewhere.code("sms");
  await elsewhere.at("password");
  visit.voter.password = "otra frase muy larga";
  await elsewhere.type("Contraseña nueva", visit.voter.password);
  await elsewhere.press("Guardar y entrar");
  await elsewhere.at("need-link");
  await elsewhere.close();
  await visit.open();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.login();
  await visit.at("need-link");
  await visit.type("Su liga de acceso", visit.voter.link);
  await visit.press("Seguir");
  await visit.at("home");
  await visit.close();
});

// Before it opens nobody can be there; the other phases are looked at when they come (`closing/`).
for (const phase of ["loaded", "opened"]) {
  test(`R-AUTH-10 nobody enters: ${phase}`, async () => {
    const visit = await here.visit();
    visit.relay.always("/api/v1/election", json((answer) => ({ ...answer, phase })));
    await visit.open(phase === "opened" ? visit.fragment : "");
    await visit.at("start", { name: `start-${phase}` });
    assert.equal(await visit.page.getByRole("button", { name: "Entrar" }).count(), 0);
    assert.equal(visit.relay.log.filter(({ path }) => path.includes("/access/")).length, 0);
    await visit.close();
  });
}

test("R-AUTH-20 a clock of the device that is wrong changes nothing", async () => {
  const visit = await here.visit();
  await visit.page.clock.setSystemTime(new Date("2031-01-01"));
  await visit.first();
  assert.match(await visit.text(".clock"), /(30:00|29:[345]\d)/);
  await visit.close();
});

test("R-ACCS-08 without JavaScript or WebAssembly the page says what is needed", async () => {
  const without = await here.visit({ javaScriptEnabled: false });
  await without.open();
  assert.match(await without.text("main"), /necesita JavaScript/);
  await without.close();
  const visit = await here.visit();
  await visit.page.addInitScript(() => { Object.defineProperty(globalThis, "WebAssembly", { value: undefined }); });
  await visit.open(visit.fragment);
  await visit.at("unsupported");
  await visit.close();
});

test("the server cannot be reached: it is said, and what was typed stays", async () => {
  const visit = await here.visit();
  await visit.open(visit.fragment);
  await visit.at("digits");
  visit.relay.next("/api/v1/access/digits", { cut: "before" });
  await visit.type("Últimos cuatro dígitos", visit.voter.digits);
  await visit.press("Seguir");
  await visit.says(".errors", /No hay conexión/);
  await visit.look("digits-unreachable");
  await visit.press("Seguir");
  await visit.at("factor");
  await visit.close();
});
